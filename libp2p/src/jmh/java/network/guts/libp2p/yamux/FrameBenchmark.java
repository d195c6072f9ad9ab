package network.guts.libp2p.yamux;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import network.guts.core.MalformedException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Yamux frames: writing a header, and cutting what came into frames. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameBenchmark {
    private static final int SMALL = 64;

    private final byte[] header = new byte[Frame.HEADER];
    private final Counter counter = new Counter();
    private final FrameParser parser = new FrameParser(counter);
    private final ByteBuffer full = frame(Frame.MAX_SENT);
    private final ByteBuffer small = frame(SMALL);

    private static ByteBuffer frame(int length) {
        ByteBuffer frame = ByteBuffer.allocateDirect(Frame.HEADER + length);
        Frame.put(frame, 0, Frame.DATA, 0, 1, length);
        return frame;
    }

    private static final class Counter implements FrameParser.Handler {
        private long bytes;

        @Override
        public void header(int type, int flags, int stream, long length) {
            bytes += type;
        }

        @Override
        public void data(ByteBuffer part) {
            bytes += part.remaining();
            part.position(part.limit());
        }

        @Override
        public void dataEnd() {
            bytes++;
        }
    }

    @Benchmark
    public byte[] write() {
        Frame.put(header, 0, Frame.DATA, Frame.ACK, 1, Frame.MAX_SENT);
        return header;
    }

    @Benchmark
    public long parseSmall() throws MalformedException {
        parser.feed(small.clear());
        return counter.bytes;
    }

    /** The data passes through: it costs what the header does. */
    @Benchmark
    public long parseFull() throws MalformedException {
        parser.feed(full.clear());
        return counter.bytes;
    }
}
