package network.guts.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.upgrade.Pair;
import org.junit.jupiter.api.Test;

class NoiseProtocolTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] NOTHING = new byte[0];
    private final PrivateKey alice = PrivateKey.generate(RANDOM);
    private final PrivateKey bob = PrivateKey.generate(RANDOM);

    @Test
    void theInitiatorsMuxerWins() throws Exception {
        List<SecureConnection> both =
                connect(Optional.of(bob.peerId()), List.of("/z", "/b", "/a"), List.of("/a", "/b"));
        assertThat(both.getFirst().earlyMuxer()).contains("/b");
        assertThat(both.getLast().earlyMuxer()).contains("/b");
        assertThat(both.getFirst().remoteKey()).isEqualTo(bob.publicKey());
        assertThat(both.getLast().remoteKey()).isEqualTo(alice.publicKey());
    }

    @Test
    void noCommonOrTooManyMuxersAgreeOnNone() throws Exception {
        assertThat(connect(Optional.empty(), List.of("/a"), List.of("/b"))
                        .getFirst()
                        .earlyMuxer())
                .isEmpty();
        List<String> many = new ArrayList<>(Collections.nCopies(NoisePayload.MAX_MUXERS, "/x"));
        many.add("/a");
        List<SecureConnection> both = connect(Optional.empty(), List.of("/a"), many);
        assertThat(both.getFirst().earlyMuxer()).isEmpty();
    }

    @Test
    void recordsOfAllSizesArriveUnchanged() throws Exception {
        List<SecureConnection> both = connect(Optional.empty(), List.of(), List.of());
        int[] sizes = {1, 2, 1000, 8189, 8190, 65518, 65519, 65520, 131_038, 262_076, 262_077, 1_000_000};
        CompletableFuture<Boolean> sent = Pair.started(() -> {
            for (int size : sizes) {
                both.getFirst().write(ByteBuffer.wrap(pattern(size)));
            }
        });
        for (int size : sizes) {
            assertThat(read(both.getLast(), size)).isEqualTo(pattern(size));
        }
        sent.get();
        both.getFirst().shutdownOutput();
        assertThat(both.getLast().read()).isNull();
    }

    @Test
    void somebodyElseIsNotWhoWasExpected() throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<SecureConnection> listener = Pair.inBackground(
                () -> new NoiseProtocol(bob, RANDOM).inbound(new RawConnection(sockets.accepted()), List.of()));
        RawConnection raw = new RawConnection(sockets.dialed());
        assertThatThrownBy(() -> new NoiseProtocol(alice, RANDOM).outbound(raw, Optional.of(alice.peerId()), List.of()))
                .isInstanceOfSatisfying(
                        WrongPeerException.class, e -> assertThat(e.actual()).isEqualTo(bob.peerId()));
        raw.close();
        assertThatThrownBy(listener::get).hasCauseInstanceOf(EOFException.class);
    }

    @Test
    void payloadsThatProveNothingAreRefused() throws Exception {
        byte[] someKey = KeyPair.generate(RANDOM).publicKey();
        byte[] good = NoisePayload.encode(bob, someKey, List.of());
        byte[] flipped = good.clone();
        flipped[flipped.length - 1] ^= 0x40;
        for (byte[] payload : List.of(NOTHING, good, flipped, new byte[] {1, 2, 3})) {
            assertThatThrownBy(() -> respondWith(payload)).isInstanceOf(MalformedException.class);
        }
    }

    /** A responder that completes the handshake and sends this payload, whatever it proves. */
    private void respondWith(byte[] payload) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<Boolean> responder = Pair.started(() -> {
            SocketChannel channel = sockets.accepted();
            HandshakeState handshake =
                    new HandshakeState(false, NOTHING, KeyPair.generate(RANDOM), KeyPair.generate(RANDOM));
            ByteBuffer first = ByteBuffer.allocate(2 + KeyPair.SIZE);
            while (first.hasRemaining()) {
                channel.read(first);
            }
            handshake.read(java.util.Arrays.copyOfRange(first.array(), 2, first.capacity()));
            byte[] second = handshake.write(payload);
            channel.write(ByteBuffer.allocate(2 + second.length)
                    .putShort((short) second.length)
                    .put(second)
                    .flip());
        });
        try (RawConnection raw = new RawConnection(sockets.dialed())) {
            new NoiseProtocol(alice, RANDOM).outbound(raw, Optional.empty(), List.of());
        } finally {
            responder.get();
            sockets.accepted().close();
        }
    }

    @Test
    void aChangedRecordAHalfOneAndOneWithoutATagEndTheConnection() throws Exception {
        for (byte[] bytes : List.of(new byte[] {0, 5, 1, 2, 3, 4, 5}, new byte[] {0, 20, 1, 2}, new byte[30])) {
            Pair.Sockets sockets = Pair.Sockets.connect();
            List<SecureConnection> both = connect(sockets, Optional.empty(), List.of(), List.of());
            sockets.dialed().write(ByteBuffer.wrap(bytes));
            sockets.dialed().shutdownOutput();
            assertThatThrownBy(() -> both.getLast().read()).isInstanceOf(IOException.class);
        }
    }

    private List<SecureConnection> connect(
            Optional<network.guts.core.PeerId> expected, List<String> dialers, List<String> listeners)
            throws Exception {
        return connect(Pair.Sockets.connect(), expected, dialers, listeners);
    }

    private List<SecureConnection> connect(
            Pair.Sockets sockets,
            Optional<network.guts.core.PeerId> expected,
            List<String> dialers,
            List<String> listeners)
            throws Exception {
        CompletableFuture<SecureConnection> listener = Pair.inBackground(
                () -> new NoiseProtocol(bob, RANDOM).inbound(new RawConnection(sockets.accepted()), listeners));
        SecureConnection dialer =
                new NoiseProtocol(alice, RANDOM).outbound(new RawConnection(sockets.dialed()), expected, dialers);
        return List.of(dialer, listener.get());
    }

    private static byte[] read(SecureConnection connection, int size) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(size);
        while (all.hasRemaining()) {
            ByteBuffer view = connection.read();
            if (view == null) {
                throw new EOFException();
            }
            int count = Math.min(view.remaining(), all.remaining());
            byte[] part = new byte[count];
            view.get(part);
            all.put(part);
        }
        return all.array();
    }

    private static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int at = 0; at < size; at++) {
            bytes[at] = (byte) (at * 31 + size);
        }
        return bytes;
    }
}
