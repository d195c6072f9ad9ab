package network.guts.libp2p.timing;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The timer of all time-outs. The JDK's own wakes a thread whenever a virtual thread begins, or ends, a wait with a
 * time-out; this one wakes its thread when something is due, and for what is due before everything else.
 */
public final class Alarms {
    /** With nothing to wait for, the thread ends after so long. */
    private static final long IDLE_SECONDS = 60;

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private Alarms() {}

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("alarms").factory());
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    /**
     * Runs {@code task} after so many nanoseconds unless it is cancelled before. The task must not block, not even for the
     * network: others wait behind it.
     */
    public static Future<?> after(long nanos, Runnable task) {
        return TIMER.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }
}
