package network.guts.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import network.guts.core.MalformedException;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import org.junit.jupiter.api.Test;

class FramesTest {
    private static final long SEED = 77;

    /** Bytes in, bytes out; reads come in pieces. */
    private static final class Bytes implements Stream {
        private final ByteArrayInputStream in;
        private final int piece;
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        int writes;

        Bytes(byte[] input, int piece) {
            this.in = new ByteArrayInputStream(input);
            this.piece = piece;
        }

        @Override
        public ConnectionInfo connection() {
            throw new IllegalStateException("frames do not ask who it is");
        }

        @Override
        public String protocol() {
            return "/test";
        }

        @Override
        public void readTimeout(Duration timeout) {}

        @Override
        public void writeTimeout(Duration timeout) {}

        @Override
        public int read(byte[] buffer, int offset, int length) {
            return in.read(buffer, offset, Math.min(piece, length));
        }

        @Override
        public void write(byte[] buffer, int offset, int length) {
            writes++;
            out.write(buffer, offset, length);
        }

        @Override
        public void closeWrite() {}

        @Override
        public void reset() {}

        @Override
        public void close() {}
    }

    @Test
    void whatIsWrittenIsReadHoweverItIsCut() throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 200; round++) {
            byte[] message = new byte[random.nextInt(round < 100 ? 300 : 40_000)];
            random.nextBytes(message);
            Bytes writer = new Bytes(new byte[0], 1);
            Frames.write(writer, message);
            assertThat(writer.writes).as("in one write").isEqualTo(1);
            Bytes reader = new Bytes(writer.out.toByteArray(), 1 + random.nextInt(50));
            assertThat(Frames.readRequired(reader, message.length))
                    .as("seed %d, round %d", SEED, round)
                    .isEqualTo(message);
            assertThat(Frames.read(reader, 10)).isNull();
        }
    }

    @Test
    void aMessageOverTheLimitIsRefusedBeforeItIsRead() {
        Bytes tooLong = new Bytes(new byte[] {11, 1, 2, 3}, 10);
        assertThatThrownBy(() -> Frames.read(tooLong, 10)).isInstanceOf(MalformedException.class);
        Bytes twoGigabytes = new Bytes(new byte[] {-1, -1, -1, -1, 7}, 10);
        assertThatThrownBy(() -> Frames.read(twoGigabytes, Integer.MAX_VALUE - 8))
                .isInstanceOf(MalformedException.class);
        Bytes noVarint = new Bytes(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, 10);
        assertThatThrownBy(() -> Frames.read(noVarint, 10)).isInstanceOf(MalformedException.class);
    }

    @Test
    void halfAMessageIsAnError() {
        assertThatThrownBy(() -> Frames.read(new Bytes(new byte[] {5, 1, 2}, 10), 10))
                .isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> Frames.read(new Bytes(new byte[] {-1}, 10), 10))
                .isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> Frames.readRequired(new Bytes(new byte[0], 10), 10))
                .isInstanceOf(EOFException.class);
    }
}
