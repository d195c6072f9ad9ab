package network.guts.libp2p.metrics;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the streams of one transport, protocol and direction, and the bytes of their payload. A stream looks its meter up
 * once; then counting takes no lock.
 */
public final class StreamMeter {
    private final LongAdder opened = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final LongAdder read = new LongAdder();
    private final LongAdder written = new LongAdder();

    StreamMeter() {}

    public void opened() {
        opened.increment();
    }

    public void ended() {
        ended.increment();
    }

    public void read(int bytes) {
        read.add(bytes);
    }

    public void written(int bytes) {
        written.add(bytes);
    }

    long openedSoFar() {
        return opened.sum();
    }

    /** Streams that are open now. */
    long open() {
        // What has ended has been opened: asked for in this order, the difference is not negative.
        long over = ended.sum();
        return opened.sum() - over;
    }

    long bytesRead() {
        return read.sum();
    }

    long bytesWritten() {
        return written.sum();
    }
}
