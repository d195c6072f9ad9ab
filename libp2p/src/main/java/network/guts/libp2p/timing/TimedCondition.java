package network.guts.libp2p.timing;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A condition for waits that are many, short, and bounded by time-outs that hardly ever run out. The alarm that one wait
 * sets stays for the next ones, so that most waits cost nothing but the wait. Its lock guards every method.
 */
public final class TimedCondition {
    /** A wait may last so much longer than it should: then the deadlines of waits in a row need no alarm each. */
    private static final long LATE = TimeUnit.MILLISECONDS.toNanos(10);

    private final ReentrantLock lock;
    private final Condition condition;
    private @Nullable Future<?> alarm;
    private long alarmAt;

    public TimedCondition(ReentrantLock lock) {
        this.lock = lock;
        this.condition = lock.newCondition();
    }

    /**
     * Waits for a signal, not much longer than until the deadline. As with every condition, the caller looks in a loop
     * whether what it waits for has happened, or its time has run out.
     *
     * @param deadline in {@link System#nanoTime}
     */
    @SuppressWarnings("WaitNotInLoop") // the caller's loop knows what is waited for
    public void await(long deadline) throws InterruptedException {
        if (alarm == null || alarmAt - deadline > LATE) {
            cancel();
            alarmAt = deadline;
            alarm = Alarms.after(deadline - System.nanoTime(), this::ring);
        }
        condition.await();
    }

    private void ring() {
        lock.lock();
        try {
            alarm = null;
            condition.signalAll();
        } finally {
            lock.unlock();
        }
    }

    public void signal() {
        condition.signal();
    }

    public void signalAll() {
        condition.signalAll();
    }

    /** Forgets the alarm that is left; for when nobody is going to wait any more. */
    public void cancel() {
        Future<?> left = alarm;
        alarm = null;
        if (left != null) {
            left.cancel(false);
        }
    }
}
