package network.guts.libp2p.multistream;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.host.UnsupportedProtocolException;

/** What a remote says while a protocol is negotiated, in both roles. */
class MultistreamFuzzTest {
    private static final List<String> PROTOCOLS = List.of("/a", "/test/echo/1", "/ipfs/id/1.0.0");

    /** A remote that says what it has to say and ends. It is read in small pieces, as a network may bring them. */
    private static final class Said implements Duplex {
        private final byte[] bytes;
        private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
        private int at;

        Said(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (at == bytes.length) {
                return -1;
            }
            int count = Math.min(Math.min(length, 7), bytes.length - at);
            System.arraycopy(bytes, at, buffer, offset, count);
            at += count;
            return count;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) {
            answers.write(buffer, offset, length);
        }
    }

    @FuzzTest
    void listener(byte[] data) throws IOException {
        Said remote = new Said(data);
        String agreed;
        try {
            agreed = Multistream.respond(remote, PROTOCOLS);
        } catch (MalformedException | EOFException refused) {
            return;
        } finally {
            int longest = Multistream.lines(PROTOCOLS.toArray(String[]::new)).length + 3;
            assertThat(remote.answers.size()).isLessThanOrEqualTo(20 + (Multistream.MAX_PROPOSALS + 1) * longest);
        }
        assertThat(PROTOCOLS).contains(agreed);
        // Nothing was read past the line that was agreed on: what follows belongs to the protocol.
        byte[] line = Multistream.lines(agreed);
        assertThat(remote.at).isGreaterThanOrEqualTo(line.length);
        assertThat(java.util.Arrays.copyOfRange(data, remote.at - agreed.length() - 1, remote.at))
                .isEqualTo((agreed + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    @FuzzTest
    void dialer(byte[] data) throws IOException {
        Said remote = new Said(data);
        try {
            assertThat(PROTOCOLS).contains(Multistream.select(remote, PROTOCOLS));
        } catch (MalformedException | EOFException | UnsupportedProtocolException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        assertThat(remote.answers.size())
                .isLessThanOrEqualTo(20 + Multistream.lines(PROTOCOLS.toArray(String[]::new)).length);
    }
}
