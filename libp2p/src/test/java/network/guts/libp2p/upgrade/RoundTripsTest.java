package network.guts.libp2p.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import network.guts.core.PrivateKey;
import network.guts.libp2p.Keys;
import network.guts.libp2p.multistream.Multistream;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.noise.NoiseProtocol;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.tls.TlsProtocol;
import network.guts.libp2p.yamux.YamuxConfig;
import org.junit.jupiter.api.Test;

/**
 * How often a dialer has to wait for the remote, from the first byte to the first answered ping. A relay marks every byte
 * with the number of turns that led to it: what leaves an end after it was handed turn n belongs to turn n + 1. Two
 * turns are a round trip. An end may be handed something that its next bytes do not depend on, which only counts too
 * much: the least of several tries is what the protocols need.
 */
class RoundTripsTest {
    private static final String PING = "/ipfs/ping/1.0.0";
    private static final int TRIES = 40;
    private static final PrivateKey DIALER = Keys.key(1);
    private static final PrivateKey LISTENER = Keys.key(2);

    /**
     * go-libp2p 0.51 asks for its first security protocol and waits for the answer (one), waits for the handshake's
     * (one), and sends the ping with its last message (one). This host does not wait for the first.
     */
    private static final int OF_GO = 3;

    private static SecurityProtocol noise(PrivateKey identity) {
        return new NoiseProtocol(identity, new SecureRandom());
    }

    private static SecurityProtocol tls(PrivateKey identity) {
        return new TlsProtocol(identity, InstantSource.system());
    }

    @Test
    void noiseNeedsOneLessThanGo() throws Exception {
        assertThat(least(id -> List.of(noise(id), tls(id)), id -> List.of(noise(id), tls(id)), OF_GO - 1))
                .isEqualTo(OF_GO - 1);
    }

    @Test
    void tlsNeedsOneLessThanGo() throws Exception {
        assertThat(least(id -> List.of(tls(id), noise(id)), id -> List.of(noise(id), tls(id)), OF_GO - 1))
                .isEqualTo(OF_GO - 1);
    }

    private static int least(
            Function<PrivateKey, List<SecurityProtocol>> dialer,
            Function<PrivateKey, List<SecurityProtocol>> listener,
            int enough)
            throws Exception {
        TcpUpgrader dials = new TcpUpgrader(dialer.apply(DIALER), YamuxConfig.DEFAULT);
        TcpUpgrader listens = new TcpUpgrader(listener.apply(LISTENER), YamuxConfig.DEFAULT);
        List<Integer> counts = new ArrayList<>();
        int least = Integer.MAX_VALUE;
        while (least > enough && counts.size() < TRIES) {
            counts.add(roundTrips(dials, listens));
            least = Math.min(least, counts.getLast());
        }
        return least;
    }

    private static int roundTrips(TcpUpgrader dials, TcpUpgrader listens) throws Exception {
        Pair.Sockets near = Pair.Sockets.connect();
        Pair.Sockets far = Pair.Sockets.connect();
        Turns turns = new Turns();
        Thread.ofVirtual().start(() -> turns.relay(near.accepted(), far.dialed(), true));
        Thread.ofVirtual().start(() -> turns.relay(far.dialed(), near.accepted(), false));
        CompletableFuture<Boolean> serving = Pair.started(() -> {
            UpgradedConnection connection = listens.inbound(far.accepted(), Pair.TIMEOUT);
            MuxedStream stream =
                    Multistream.respond(connection.connection().accept(), List.of(PING), Pair.TIMEOUT).stream();
            byte[] ping = new byte[32];
            readFully(stream, ping);
            stream.write(ping, 0, ping.length);
        });
        UpgradedConnection connection = dials.outbound(near.dialed(), Optional.of(LISTENER.peerId()), Pair.TIMEOUT);
        MuxedStream stream =
                Multistream.select(connection.connection().open(Pair.TIMEOUT), List.of(PING), Pair.TIMEOUT).stream();
        byte[] ping = new byte[32];
        ping[0] = 7;
        stream.write(ping, 0, ping.length);
        byte[] pong = new byte[32];
        readFully(stream, pong);
        int seen = turns.answers();
        assertThat(pong).isEqualTo(ping);
        serving.get();
        connection.connection().close("test over");
        for (SocketChannel each : List.of(near.dialed(), near.accepted(), far.dialed(), far.accepted())) {
            each.close();
        }
        return seen;
    }

    private static void readFully(MuxedStream stream, byte[] bytes) throws IOException {
        for (int at = 0; at < bytes.length; ) {
            int count = stream.read(bytes, at, bytes.length - at);
            assertThat(count).isPositive();
            at += count;
        }
    }

    /** Counts turns; each direction has a thread. */
    private static final class Turns {
        private int toListener;
        private int toDialer;

        void relay(SocketChannel from, SocketChannel to, boolean fromDialer) {
            ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
            try {
                while (from.read(buffer.clear()) >= 0) {
                    handed(fromDialer);
                    buffer.flip();
                    while (buffer.hasRemaining()) {
                        to.write(buffer);
                    }
                }
            } catch (IOException over) {
                assertThat(over).isNotNull();
            }
        }

        /** Bytes of the dialer's nth turn come after the listener's turn before it, and the other way round. */
        private synchronized void handed(boolean fromDialer) {
            if (fromDialer) {
                toListener = toDialer + 1;
            } else {
                toDialer = toListener;
            }
        }

        /** Turns of the listener that the dialer was handed. */
        synchronized int answers() {
            return toDialer;
        }
    }
}
