package network.guts.sync.testing;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.StreamResetException;

/** One direction of a stream in memory: bounded, so a writer waits for its reader. */
final class MemoryPipe {
    private final byte[] buffer = new byte[256 * 1024];
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int start;
    private int size;
    private boolean closed;
    private boolean reset;

    int read(byte[] target, int offset, int length, Duration timeout) throws IOException {
        lock.lock();
        try {
            long left = timeout.toNanos();
            while (size == 0 && !closed && !reset) {
                left = await(left);
            }
            if (reset) {
                throw new StreamResetException("reset");
            }
            if (size == 0) {
                return -1;
            }
            int count = Math.min(Math.min(length, size), buffer.length - start);
            System.arraycopy(buffer, start, target, offset, count);
            start = (start + count) % buffer.length;
            size -= count;
            changed.signalAll();
            return count;
        } finally {
            lock.unlock();
        }
    }

    void write(byte[] source, int offset, int length, Duration timeout) throws IOException {
        lock.lock();
        try {
            int done = 0;
            while (done < length) {
                long left = timeout.toNanos();
                while (size == buffer.length && !reset) {
                    left = await(left);
                }
                if (reset) {
                    throw new StreamResetException("reset");
                }
                if (closed) {
                    throw new IOException("closed");
                }
                int end = (start + size) % buffer.length;
                int count = Math.min(Math.min(length - done, buffer.length - size), buffer.length - end);
                System.arraycopy(source, offset + done, buffer, end, count);
                size += count;
                done += count;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** One wait; the callers loop. */
    @SuppressWarnings("WaitNotInLoop")
    private long await(long left) throws IOException {
        if (left <= 0) {
            throw new SocketTimeoutException("timed out");
        }
        try {
            return changed.awaitNanos(left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void reset() {
        lock.lock();
        try {
            reset = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
