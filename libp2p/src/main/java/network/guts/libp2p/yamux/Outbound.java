package network.guts.libp2p.yamux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.tcp.BufferPool;
import network.guts.libp2p.timing.TimedCondition;
import org.jspecify.annotations.Nullable;

/**
 * What goes out: frames are appended to one buffer, in order, and a thread of its own writes all of it at once, so that
 * what was appended meanwhile shares records and system calls. Only that thread ever waits for the socket: writers wait
 * here, each no longer than it wants, and frames without data never wait.
 *
 * <p>{@link #lock} also guards what streams know about sending.
 */
final class Outbound {
    /** Four full records of Noise. */
    private static final int CAPACITY = 4 * (65535 - 16);

    /** Room that data leaves for frames without data. */
    private static final int RESERVE = 4096;

    private static final int DATA_LIMIT = CAPACITY - RESERVE;

    /** A writer takes its turn when it can send a frame worth the header. */
    private static final int LEAST_ROOM = 4096;

    /** Frames without data that may wait for a remote that does not read: more means that it provokes them. */
    private static final int MAX_OVERFLOW = 5000 * Frame.HEADER;

    private static final int KEEP = 32;

    /** Direct, for the cipher below. */
    private static final BufferPool<ByteBuffer> BUFFERS =
            new BufferPool<>(KEEP, () -> ByteBuffer.allocateDirect(CAPACITY));

    final ReentrantLock lock = new ReentrantLock();

    private final SecureConnection connection;
    private final Consumer<String> onFailure;
    private final Condition work = lock.newCondition();
    private final ArrayDeque<TimedCondition> turns = new ArrayDeque<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable ByteBuffer buffer;
    private int filled;
    private byte[] overflow = new byte[0];
    private int overflowed;
    private boolean waiting;
    private boolean wake;
    private boolean finishing;

    /**
     * @param onFailure told why, if the remote cannot be written to any more; called on any thread, without the lock
     */
    Outbound(SecureConnection connection, Consumer<String> onFailure) {
        this.connection = connection;
        this.onFailure = onFailure;
    }

    void start(String name) {
        Thread.ofVirtual().name(name).start(this::run);
    }

    /**
     * Appends a frame without data; never blocks.
     *
     * @param now false if it may wait for whatever is sent next
     */
    void control(int type, int flags, int stream, int length, boolean now) {
        boolean overrun = false;
        lock.lock();
        try {
            if (finishing) {
                return;
            }
            if (overflowed == 0 && filled + Frame.HEADER <= CAPACITY) {
                Frame.put(buffer(), filled, type, flags, stream, length);
                filled += Frame.HEADER;
            } else if (overflowed + Frame.HEADER <= MAX_OVERFLOW) {
                if (overflowed + Frame.HEADER > overflow.length) {
                    overflow = Arrays.copyOf(overflow, Math.min(MAX_OVERFLOW, 2 * overflow.length + 1024));
                }
                Frame.put(overflow, overflowed, type, flags, stream, length);
                overflowed += Frame.HEADER;
            } else {
                overrun = true;
            }
            if (now) {
                wake();
            }
        } finally {
            lock.unlock();
        }
        if (overrun) {
            onFailure.accept("the remote does not read, and asks for more and more answers");
        }
    }

    /** Makes sure that what was appended goes out now. */
    void flush() {
        lock.lock();
        try {
            wake();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until it is this writer's turn and there is room; the lock must be held.
     *
     * @param turn the writer's own condition
     * @param deadline in {@link System#nanoTime}
     * @return false if time ran out
     */
    boolean awaitRoom(TimedCondition turn, long deadline) throws InterruptedException {
        if (turns.isEmpty() && hasRoom()) {
            return true;
        }
        turns.addLast(turn);
        try {
            while (!finishing && !(turn.equals(turns.peekFirst()) && hasRoom())) {
                if (deadline - System.nanoTime() <= 0) {
                    return false;
                }
                turn.await(deadline);
            }
            return true;
        } finally {
            turns.remove(turn);
            signalNext();
        }
    }

    /**
     * Appends a data frame with as many of the bytes as there is room for, behind a successful {@link #awaitRoom}; the
     * lock must be held.
     *
     * @param more true if the writer appends more at once, or else calls {@link #flush}
     * @return how many bytes were taken
     */
    int data(int stream, byte[] bytes, int offset, int length, boolean more) {
        int count = Math.min(length, DATA_LIMIT - filled - Frame.HEADER);
        if (finishing || count <= 0) {
            return 0;
        }
        ByteBuffer target = buffer();
        Frame.put(target, filled, Frame.DATA, 0, stream, count);
        target.put(filled + Frame.HEADER, bytes, offset, count);
        filled += Frame.HEADER + count;
        if (!more || !hasRoom()) {
            wake();
        }
        return count;
    }

    /** Appends a last frame, sends all that was appended, and ends the outgoing side. Never blocks. */
    void finish(int goAwayCode) {
        control(Frame.GO_AWAY, 0, 0, goAwayCode, true);
        lock.lock();
        try {
            finishing = true;
            wake();
            for (TimedCondition turn : turns) {
                turn.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the end of the thread; false if that takes longer. */
    boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    private boolean hasRoom() {
        return overflowed == 0 && DATA_LIMIT - filled >= LEAST_ROOM;
    }

    private void signalNext() {
        TimedCondition next = turns.peekFirst();
        if (next != null && hasRoom()) {
            next.signal();
        }
    }

    private void wake() {
        wake = true;
        if (waiting) {
            work.signal();
        }
    }

    private ByteBuffer buffer() {
        if (buffer == null) {
            buffer = BUFFERS.take().clear();
        }
        return buffer;
    }

    private void run() {
        try {
            while (true) {
                ByteBuffer batch;
                lock.lock();
                try {
                    while (!(wake && filled > 0) && !finishing) {
                        waiting = true;
                        work.await();
                        waiting = false;
                    }
                    if (filled == 0) {
                        break;
                    }
                    batch = buffer().position(0).limit(filled);
                    swap();
                } finally {
                    lock.unlock();
                }
                connection.write(batch);
                BUFFERS.give(batch);
            }
            connection.shutdownOutput();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            onFailure.accept("writing failed: " + e.getMessage());
        } finally {
            ended.countDown();
        }
    }

    /** Empties the buffer for whoever waits for room, and brings in what did not fit before. */
    private void swap() {
        buffer = null;
        filled = 0;
        wake = overflowed > 0;
        if (overflowed > 0) {
            buffer().put(0, overflow, 0, overflowed);
            filled = overflowed;
            overflowed = 0;
            overflow = new byte[0];
        }
        signalNext();
    }
}
