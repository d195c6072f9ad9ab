package network.guts.sync.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The one lock of a fetch, and waiting under it until something has changed. */
final class Monitor {
    /** Conditions that depend on the time are looked at so often. */
    private static final Duration TICK = Duration.ofMillis(200);

    /** An end that never comes, for {@link #await}. */
    static final long NEVER = Long.MAX_VALUE;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Runs {@code work} under the lock. */
    <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code work} under the lock, and wakes whoever waits. */
    void change(Runnable work) {
        lock.lock();
        try {
            work.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until {@code condition} holds, or until {@code end} ({@link System#nanoTime}), and looks at {@code result}
     * under the same lock.
     *
     * @param condition must not block
     */
    <T> T await(BooleanSupplier condition, long end, Supplier<T> result) throws IOException {
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                long left = end == NEVER ? NEVER : end - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                changed.awaitNanos(Math.min(left, TICK.toNanos()));
            }
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            lock.unlock();
        }
    }
}
