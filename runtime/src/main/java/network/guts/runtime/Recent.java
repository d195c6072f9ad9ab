package network.guts.runtime;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that costs something to find out and that may be a little old: several that ask within {@code life} share one
 * answer. Thread-safe.
 */
public final class Recent<T> implements Supplier<T> {
    private final Duration life;
    private final Supplier<T> source;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private @Nullable T value;
    private long since;

    /**
     * @param life how old the value may be
     * @param source one thread at a time asks it
     */
    public Recent(Duration life, Supplier<T> source) {
        this.life = life;
        this.source = source;
    }

    @Override
    public T get() {
        lock.lock();
        try {
            T known = value;
            if (known == null || System.nanoTime() - since > life.toNanos()) {
                known = source.get();
                value = known;
                since = System.nanoTime();
            }
            return known;
        } finally {
            lock.unlock();
        }
    }
}
