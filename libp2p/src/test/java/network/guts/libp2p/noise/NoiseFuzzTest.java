package network.guts.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.libp2p.Keys;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.tcp.RawConnection;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * Handshakes and records. Our side's keys are always the same, and so are those of the remotes that said what the seeds
 * hold: their handshakes are good, and what is altered in them is not.
 */
class NoiseFuzzTest {
    static final PrivateKey LISTENER = Keys.key(1);
    static final PrivateKey DIALER = Keys.key(2);
    static final List<String> MUXERS = List.of("/yamux/1.0.0");
    private static final byte[] STATIC_KEY = new KeyPair(new byte[KeyPair.SIZE]).publicKey();

    /** Counts instead of guessing. */
    static final class Counting extends SecureRandom {
        private static final long serialVersionUID = 1L;
        private int next;

        Counting(int start) {
            next = start;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) next++;
            }
        }
    }

    static NoiseProtocol listener() {
        return new NoiseProtocol(LISTENER, new Counting(1));
    }

    static NoiseProtocol dialer() {
        return new NoiseProtocol(DIALER, new Counting(101));
    }

    /** The dialer's whole side of a connection with {@link #listener()}: the handshake, and some records. */
    static byte[] dialersBytes() throws IOException {
        MemoryChannel alone = new MemoryChannel(new byte[0]);
        refused(() -> dialer().outbound(new RawConnection(alone), Optional.empty(), MUXERS));
        MemoryChannel answering = new MemoryChannel(alone.sent());
        refused(() -> listener().inbound(new RawConnection(answering), MUXERS));
        MemoryChannel channel = new MemoryChannel(answering.sent());
        write(dialer().outbound(new RawConnection(channel), Optional.empty(), MUXERS));
        return channel.sent();
    }

    /** The listener's. */
    static byte[] listenersBytes() throws IOException {
        MemoryChannel channel = new MemoryChannel(dialersBytes());
        write(listener().inbound(new RawConnection(channel), MUXERS));
        return channel.sent();
    }

    /** What is said within a handshake, for the static key of {@link #payload}. */
    static byte[] listenersPayload() {
        return NoisePayload.encode(LISTENER, STATIC_KEY, List.of("/yamux/1.0.0", "/mplex/6.7.0"));
    }

    private static void refused(ThrowingCallable cutOff) {
        assertThatThrownBy(cutOff).isInstanceOf(EOFException.class);
    }

    private static void write(SecureConnection connection) throws IOException {
        int[] sizes = {1, 20, 0, 3000};
        for (int number = 0; number < sizes.length; number++) {
            byte[] letters = new byte[sizes[number]];
            Arrays.fill(letters, (byte) ('a' + number));
            connection.write(ByteBuffer.wrap(letters));
        }
    }

    private static byte[] seed(String name) throws IOException {
        try (InputStream in = NoiseFuzzTest.class.getResourceAsStream("NoiseFuzzTestInputs/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    /** Otherwise the fuzzer would not get behind a handshake. {@link NoiseSeeds} makes them anew. */
    @Test
    void theSeedsAreWhatBothSidesSay() throws IOException {
        assertThat(seed("inbound/connection")).isEqualTo(dialersBytes());
        assertThat(seed("outbound/connection")).isEqualTo(listenersBytes());
        assertThat(seed("payload/listener")).isEqualTo(listenersPayload());
    }

    /** What a dialer may say to us. */
    @FuzzTest
    void inbound(byte[] data) throws IOException {
        MemoryChannel channel = new MemoryChannel(data);
        SecureConnection secured;
        try {
            secured = listener().inbound(new RawConnection(channel), MUXERS);
        } catch (IOException refused) {
            assertThat(channel.sent()).hasSizeLessThan(1000);
            return;
        }
        assertThat(secured.remoteKey().peerId()).isEqualTo(DIALER.peerId());
        assertThat(secured.earlyMuxer()).isEqualTo(Optional.of(MUXERS.getFirst()));
        records(secured, data.length);
    }

    /** What a listener may say to us. */
    @FuzzTest
    void outbound(byte[] data) throws IOException {
        MemoryChannel channel = new MemoryChannel(data);
        SecureConnection secured;
        try {
            secured = dialer().outbound(new RawConnection(channel), Optional.empty(), MUXERS);
        } catch (IOException refused) {
            assertThat(channel.sent()).hasSizeLessThan(1000);
            return;
        }
        assertThat(secured.remoteKey().peerId()).isEqualTo(LISTENER.peerId());
        records(secured, data.length);
    }

    /** Only what the remote encrypted comes out: each record of the seeds holds one letter many times. */
    private static void records(SecureConnection secured, int most) throws IOException {
        int total = 0;
        try {
            ByteBuffer view = secured.read();
            while (view != null) {
                total += view.remaining();
                if (view.hasRemaining()) {
                    byte letter = view.get(view.position());
                    while (view.hasRemaining()) {
                        assertThat(view.get()).isEqualTo(letter);
                    }
                }
                view = secured.read();
            }
        } catch (IOException broken) {
            assertThat(broken).hasMessageNotContaining("\n");
        }
        assertThat(total).isLessThan(most);
    }

    /** What is said within a handshake. */
    @FuzzTest
    void payload(byte[] data) {
        NoisePayload payload;
        try {
            payload = NoisePayload.verified(data, STATIC_KEY);
        } catch (MalformedException refused) {
            return;
        }
        // The seeds' peer: nobody finds another's signature by chance.
        assertThat(payload.key()).isEqualTo(LISTENER.publicKey());
        assertThat(payload.muxers()).hasSizeLessThanOrEqualTo(NoisePayload.MAX_MUXERS);
    }
}
