package network.guts.libp2p.yamux;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import network.guts.libp2p.tcp.BufferPool;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of one stream between the connection's reader and the stream's. Its owner's lock guards every method but the two
 * copies, so that reader and consumer copy at the same time: {@code prepare, copyIn, publish} on one thread,
 * {@code available, copyOut, consume} on another.
 */
final class ReceiveBuffer {
    private static final int SEGMENT = 64 * 1024;
    private static final int LEAST_SEGMENT = 512;
    private static final int KEEP = 64;
    private static final BufferPool<byte[]> SEGMENTS = new BufferPool<>(KEEP, () -> new byte[SEGMENT]);

    private static final class Segment {
        final byte[] bytes;
        int start;
        int end;

        Segment(int wanted, boolean whole) {
            bytes = whole ? SEGMENTS.take() : new byte[Math.max(LEAST_SEGMENT, 2 * wanted)];
        }

        void release() {
            if (bytes.length == SEGMENT) {
                SEGMENTS.give(bytes);
            }
        }
    }

    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private @Nullable Segment filling;
    private int size;

    /** In all: a stream that has moved much moves more. */
    private long received;

    /** Bytes that can be read. */
    int size() {
        return size;
    }

    /** Chooses where the next bytes go and returns how many of {@code wanted} fit there. */
    int prepare(int wanted) {
        Segment last = segments.peekLast();
        if (last == null || last.end == last.bytes.length) {
            last = new Segment(wanted, wanted > SEGMENT / 2 || received >= SEGMENT);
            segments.addLast(last);
        }
        filling = last;
        return Math.min(wanted, last.bytes.length - last.end);
    }

    /** Copies what was prepared, without the lock. */
    void copyIn(ByteBuffer source, int count) {
        Segment target = filling;
        if (target != null) {
            source.get(target.bytes, target.end, count);
        }
    }

    /** False if what was copied was dropped meanwhile. */
    boolean publish(int count) {
        Segment target = filling;
        filling = null;
        if (target == null || segments.isEmpty()) {
            return false;
        }
        target.end += count;
        size += count;
        received += count;
        return true;
    }

    /** How many bytes can be copied out at once. */
    int available() {
        Segment first = segments.peekFirst();
        return first == null ? 0 : first.end - first.start;
    }

    /** The bytes to copy from, without the lock, at {@link #start}. */
    byte[] bytes() {
        return segments.getFirst().bytes;
    }

    int start() {
        return segments.getFirst().start;
    }

    /** Drops what was copied out, and says how much that was: nothing if everything was dropped meanwhile. */
    int consume(int count) {
        Segment first = segments.peekFirst();
        if (first == null) {
            return 0;
        }
        first.start += count;
        size -= count;
        boolean drained = first.start == first.end && first != filling;
        if (drained && (first.end == first.bytes.length || segments.size() == 1)) {
            segments.removeFirst();
            first.release();
        }
        return count;
    }

    /** Drops everything, and says how much that was. Segments are left to the collector: somebody may still copy. */
    int clear() {
        int dropped = size;
        segments.clear();
        filling = null;
        size = 0;
        return dropped;
    }
}
