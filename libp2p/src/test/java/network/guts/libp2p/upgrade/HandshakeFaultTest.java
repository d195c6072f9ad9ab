package network.guts.libp2p.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import network.guts.core.PrivateKey;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.multistream.Multistream;
import network.guts.libp2p.noise.NoiseProtocol;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.tls.TlsProtocol;
import network.guts.libp2p.yamux.YamuxConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeFaultTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final String HEADER = "\23/multistream/1.0.0\n";
    private final PrivateKey identity = PrivateKey.generate(new SecureRandom());
    private final TcpUpgrader upgrader = new TcpUpgrader(identity);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\23/multi",
                HEADER,
                HEADER + "\7/no",
                HEADER + "\7/noise\n",
                HEADER + "\7/noise\n\0\40",
                HEADER + "\7/noise\n\0\40abcdefghijklmnopqrstuvwxyz012345",
                HEADER + "\7/noise\n\0\40abcdefghijklmnopqrstuvwxyz012345\0",
            })
    void aListenerEndsWhoStalls(String bytes) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        say(sockets.dialed(), bytes);
        assertThatThrownBy(() -> upgrader.inbound(sockets.accepted(), SHORT))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("300 ms");
        assertThat(sockets.accepted().isOpen()).isFalse();
        sockets.dialed().close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\23/mul", HEADER, HEADER + "\7/noise\n", HEADER + "\7/noise\n\0\140abc"})
    void aDialerEndsWhoStalls(String bytes) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        say(sockets.accepted(), bytes);
        assertThatThrownBy(() -> upgrader.outbound(sockets.dialed(), Optional.empty(), SHORT))
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(sockets.dialed().isOpen()).isFalse();
        sockets.accepted().close();
    }

    private static List<Arguments> muxers() {
        List<Arguments> all = new ArrayList<>();
        for (String bytes : List.of("", HEADER, HEADER + "\15/yamux/1")) {
            all.add(Arguments.of("noise", bytes));
            all.add(Arguments.of("tls", bytes));
        }
        return all;
    }

    private static SecurityProtocol protocol(String name, PrivateKey key) {
        return name.equals("tls")
                ? new TlsProtocol(key, InstantSource.system())
                : new NoiseProtocol(key, new SecureRandom());
    }

    /** Remotes that agree on no muxer within the handshake, and stall behind it. */
    @ParameterizedTest
    @MethodSource("muxers")
    void whoStallsInTheChoiceOfAMuxerIsEnded(String name, String bytes) throws Exception {
        SecurityProtocol theirs = protocol(name, PrivateKey.generate(new SecureRandom()));
        TcpUpgrader ours = new TcpUpgrader(List.of(protocol(name, identity)), YamuxConfig.DEFAULT);
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<Boolean> dialer = Pair.started(() -> {
            RawConnection raw = new RawConnection(sockets.dialed());
            Multistream.propose(raw, theirs.id());
            stall(theirs.outbound(raw, Optional.empty(), List.of()), bytes);
        });
        assertThatThrownBy(() -> ours.inbound(sockets.accepted(), SHORT)).isInstanceOf(SocketTimeoutException.class);
        Pair.Sockets others = Pair.Sockets.connect();
        CompletableFuture<Boolean> listener = Pair.started(() -> {
            RawConnection raw = new RawConnection(others.accepted());
            Multistream.respond(Multistream.of(raw), List.of(theirs.id()));
            stall(theirs.inbound(raw, List.of()), bytes);
        });
        assertThatThrownBy(() -> ours.outbound(others.dialed(), Optional.empty(), SHORT))
                .isInstanceOf(SocketTimeoutException.class);
        // Each saw the end of its connection, however far it had come.
        assertThat(dialer.handle((done, failure) -> true)).succeedsWithin(Pair.TIMEOUT);
        assertThat(listener.handle((done, failure) -> true)).succeedsWithin(Pair.TIMEOUT);
    }

    /** Says the bytes and no more; reads until the other side ends it. */
    private static void stall(SecureConnection connection, String bytes) throws IOException {
        try (connection) {
            if (!bytes.isEmpty()) {
                connection.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
            }
            ByteBuffer view = connection.read();
            while (view != null) {
                view.position(view.limit());
                view = connection.read();
            }
        }
    }

    @Test
    void aListenerEndsWhoTalksGarbage() throws Exception {
        for (int seed = 0; seed < 50; seed++) {
            byte[] garbage = new byte[1 + seed * 7];
            new SplittableRandom(seed).nextBytes(garbage);
            Pair.Sockets sockets = Pair.Sockets.connect();
            sockets.dialed().write(ByteBuffer.wrap(garbage));
            sockets.dialed().shutdownOutput();
            assertThatThrownBy(() -> upgrader.inbound(sockets.accepted(), Pair.TIMEOUT))
                    .as("seed " + seed)
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
            assertThat(sockets.accepted().isOpen()).isFalse();
            sockets.dialed().close();
        }
    }

    @Test
    void aDialerIsToldThatItsSecurityIsNotServed() throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        say(sockets.accepted(), HEADER + "\3na\n");
        assertThatThrownBy(() -> upgrader.outbound(sockets.dialed(), Optional.empty(), Pair.TIMEOUT))
                .isInstanceOf(UnsupportedProtocolException.class)
                .hasMessageContaining("/noise");
        sockets.accepted().close();
    }

    @Test
    void theDialerSendsItsProposalAndTheFirstMessageBeforeAnyAnswer() throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<UpgradedConnection> dialing =
                Pair.inBackground(() -> upgrader.outbound(sockets.dialed(), Optional.empty(), Pair.TIMEOUT));
        String expected = HEADER + "\7/noise\n\0\40";
        ByteBuffer flight = ByteBuffer.allocate(expected.length() + 32);
        while (flight.hasRemaining()) {
            assertThat(sockets.accepted().read(flight)).isPositive();
        }
        assertThat(new String(flight.array(), 0, expected.length(), StandardCharsets.ISO_8859_1))
                .isEqualTo(expected);
        sockets.accepted().close();
        assertThatThrownBy(dialing::get).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void somebodyElseIsRefused() throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<UpgradedConnection> listener =
                Pair.inBackground(() -> upgrader.inbound(sockets.accepted(), Pair.TIMEOUT));
        PrivateKey other = PrivateKey.generate(new SecureRandom());
        assertThatThrownBy(() ->
                        new TcpUpgrader(other).outbound(sockets.dialed(), Optional.of(other.peerId()), Pair.TIMEOUT))
                .isInstanceOf(WrongPeerException.class)
                .hasMessageContaining(identity.peerId().toString());
        assertThatThrownBy(listener::get).hasCauseInstanceOf(IOException.class);
        assertThat(List.of(sockets.dialed().isOpen(), sockets.accepted().isOpen()))
                .containsOnly(false);
    }

    private static void say(SocketChannel channel, String bytes) throws IOException {
        channel.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
    }
}
