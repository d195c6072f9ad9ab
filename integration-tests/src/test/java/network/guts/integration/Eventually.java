package network.guts.integration;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for a condition on the outside of a process, where no event can be waited for. */
final class Eventually {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration BETWEEN = Duration.ofMillis(100);

    private Eventually() {}

    /** The first value that satisfies {@code condition}; fails with the last one when it takes longer than a minute. */
    static <T> T eventually(String what, Supplier<T> value, Predicate<T> condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            T last = value.get();
            if (condition.test(last)) {
                return last;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError(what + ": not within " + LIMIT + "; last seen: " + last);
            }
            LockSupport.parkNanos(BETWEEN.toNanos());
        }
    }
}
