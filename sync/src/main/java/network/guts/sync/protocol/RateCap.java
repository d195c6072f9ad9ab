package network.guts.sync.protocol;

import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Bytes a second over all streams of a node. Waiters are let through in turn. */
public final class RateCap {
    /** Writes are cut to pieces this long, so that streams share the rate and nobody seems silent. */
    static final int SLICE = 32 * 1024;

    private final long bytesPerSecond;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition time = lock.newCondition();
    private long free = System.nanoTime();

    /**
     * @param bytesPerSecond 0 for no cap
     */
    public RateCap(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    boolean isOff() {
        return bytesPerSecond <= 0;
    }

    /** Waits until {@code bytes} may be sent. */
    void take(int bytes) throws InterruptedIOException {
        if (isOff()) {
            return;
        }
        lock.lock();
        try {
            long now = System.nanoTime();
            free = Math.max(free, now) + bytes * 1_000_000_000L / bytesPerSecond;
            long wait = free - now;
            while (wait > 0) {
                wait = time.awaitNanos(wait);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            lock.unlock();
        }
    }
}
