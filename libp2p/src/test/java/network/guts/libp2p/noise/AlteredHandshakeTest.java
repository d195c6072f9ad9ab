package network.guts.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.upgrade.Pair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Somebody in the middle alters a handshake, or a remote proves less than it should. */
class AlteredHandshakeTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] NOTHING = new byte[0];
    private final PrivateKey alice = PrivateKey.generate(RANDOM);
    private final PrivateKey bob = PrivateKey.generate(RANDOM);

    /**
     * Each message is behind two bytes of length. The first is the dialer's ephemeral key (32 bytes); the second the
     * listener's, its static key with a tag (48), and its payload; the third, at 34, the dialer's static key with a tag,
     * and its payload.
     */
    @ParameterizedTest
    @CsvSource({
        "true, 2", "true, 20", "true, 36", "true, 70", "true, 83", "true, 84", "true, 120", "true, 200",
        "false, 2", "false, 20", "false, 34", "false, 70", "false, 81", "false, 82", "false, 120", "false, 200",
    })
    void anAlteredByteIsNoticedByWhoReadsIt(boolean dialersByte, int at) throws Exception {
        Pair.Sockets near = Pair.Sockets.connect();
        Pair.Sockets far = Pair.Sockets.connect();
        CompletableFuture<Boolean> there =
                Pair.started(() -> copy(near.accepted(), far.dialed(), dialersByte ? at : -1));
        CompletableFuture<Boolean> back =
                Pair.started(() -> copy(far.dialed(), near.accepted(), dialersByte ? -1 : at));
        CompletableFuture<SecureConnection> listener = Pair.inBackground(
                () -> new NoiseProtocol(bob, RANDOM).inbound(new RawConnection(far.accepted()), List.of("/y")));
        CompletableFuture<SecureConnection> dialer = Pair.inBackground(() -> new NoiseProtocol(alice, RANDOM)
                .outbound(new RawConnection(near.dialed()), Optional.of(bob.peerId()), List.of("/y")));
        // The dialer's last message is read by the listener, everything before by the dialer.
        CompletableFuture<SecureConnection> reader = dialersByte && at > 34 ? listener : dialer;
        assertThatThrownBy(reader::get).hasCauseInstanceOf(MalformedException.class);
        near.dialed().close();
        far.accepted().close();
        assertThat(listener.handle((connection, failure) -> failure != null))
                .succeedsWithin(Pair.TIMEOUT)
                .isEqualTo(true);
        assertThat(CompletableFuture.allOf(there, back).handle((done, failure) -> true))
                .succeedsWithin(Pair.TIMEOUT);
    }

    /** Copies until the end; flips a bit of one byte on the way. */
    private static void copy(SocketChannel from, SocketChannel to, int altered) throws IOException {
        try (from;
                to) {
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            int passed = 0;
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip();
                if (altered >= passed && altered < passed + buffer.limit()) {
                    buffer.put(altered - passed, (byte) (buffer.get(altered - passed) ^ 1));
                }
                passed += buffer.limit();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
        }
    }

    @Test
    void aDialerThatProvesNothingIsRefused() throws Exception {
        byte[] another = KeyPair.generate(RANDOM).publicKey();
        byte[] good = NoisePayload.encode(alice, another, List.of());
        byte[] flipped = good.clone();
        flipped[flipped.length - 1] ^= 0x40;
        refuses(good, "not signed by " + alice.peerId());
        refuses(flipped, "");
        refuses(NOTHING, "without an identity key");
        refuses(new byte[] {1, 2, 3}, "no protobuf");
    }

    /** A dialer that completes the handshake and sends this payload, whatever it proves. */
    private void refuses(byte[] payload, String reason) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<Boolean> dialer = Pair.started(() -> {
            HandshakeState handshake =
                    new HandshakeState(true, NOTHING, KeyPair.generate(RANDOM), KeyPair.generate(RANDOM));
            RawConnection raw = new RawConnection(sockets.dialed());
            send(raw, handshake.write(NOTHING));
            assertThat(raw.fill(NoiseConnection.LENGTH)).isTrue();
            byte[] second = new byte[Short.toUnsignedInt(raw.buffered().getShort())];
            assertThat(raw.fill(second.length)).isTrue();
            raw.buffered().get(second);
            handshake.read(second);
            send(raw, handshake.write(payload));
        });
        try (RawConnection raw = new RawConnection(sockets.accepted())) {
            assertThatThrownBy(() -> new NoiseProtocol(bob, RANDOM).inbound(raw, List.of()))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining(reason);
        } finally {
            assertThat(dialer.get()).isTrue();
            sockets.dialed().close();
        }
    }

    private static void send(RawConnection raw, byte[] message) throws IOException {
        byte[] framed = new byte[NoiseConnection.LENGTH + message.length];
        framed[0] = (byte) (message.length >>> 8);
        framed[1] = (byte) message.length;
        System.arraycopy(message, 0, framed, NoiseConnection.LENGTH, message.length);
        raw.write(framed, 0, framed.length);
    }
}
