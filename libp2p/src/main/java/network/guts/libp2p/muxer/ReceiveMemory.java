package network.guts.libp2p.muxer;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.libp2p.limits.MemoryBudget;
import network.guts.libp2p.limits.Priority;

/**
 * What the streams of one connection hold for their readers, and what the remote was promised beyond the usual windows.
 * The larger of the two is reserved, in steps, so that most bytes come and go without a lock. Thread-safe.
 */
public final class ReceiveMemory {
    /** What a connection may hold unread without reserving: part of what every connection costs. */
    static final long FREE = 32 << 10;

    /** As much is reserved at once. */
    static final long STEP = 256 << 10;

    /** More than this is given back at once. */
    private static final long SLACK = 2 * STEP;

    /** The rest once it was not needed for this long: bulk comes and goes in waves that are much shorter. */
    private static final long CALM_NANOS = 50_000_000;

    private final int maxGrowth;
    private final AtomicLong unread = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile MemoryBudget budget = MemoryBudget.UNLIMITED;
    private volatile long growth;
    private volatile long reserved;
    private volatile long lastNeeded = System.nanoTime();

    /**
     * @param maxGrowth bytes that all windows of the connection may grow by, together
     */
    public ReceiveMemory(int maxGrowth) {
        this.maxGrowth = maxGrowth;
    }

    /** From where to reserve; to be set before a stream of the connection is used. */
    public void budget(MemoryBudget source) {
        budget = source;
    }

    /** By how much of {@code wanted} windows may grow now: nothing while memory is scarce. */
    public int grow(int wanted) {
        lock.lock();
        try {
            int more = (int) Math.min(wanted, maxGrowth - growth);
            // what is reserved and not needed is for the windows that there are
            settle();
            long needed = Math.max(growth, Math.max(0, unread.get() - FREE));
            long grown = growth + more;
            if (more <= 0 || !secure(needed + more, Priority.LOW)) {
                return 0;
            }
            growth = grown;
            return more;
        } finally {
            lock.unlock();
        }
    }

    /** A stream is over: its window is no more. */
    public void shrink(int bytes) {
        lock.lock();
        try {
            long left = growth - bytes;
            growth = left;
            settle();
        } finally {
            lock.unlock();
        }
    }

    /** Counts bytes that came; false, and nothing is counted, if there is no memory for them. */
    public boolean take(int bytes) {
        if (hold(bytes)) {
            return true;
        }
        unread.addAndGet(-bytes);
        return false;
    }

    /** Counts bytes that came, whether there is memory for them or not; false if there is none. */
    public boolean hold(int bytes) {
        long now = unread.addAndGet(bytes) - FREE;
        if (now <= 0) {
            return true;
        }
        lastNeeded = System.nanoTime();
        if (now <= reserved) {
            return true;
        }
        lock.lock();
        try {
            return secure(now, Priority.HIGH);
        } finally {
            lock.unlock();
        }
    }

    /** The bytes were read, or thrown away. */
    public void give(int bytes) {
        long now = unread.addAndGet(-bytes) - FREE;
        long target = Math.max(growth, now);
        boolean calm = target <= 0 && reserved > 0 && System.nanoTime() - lastNeeded > CALM_NANOS;
        if (reserved - target > SLACK || calm) {
            settle();
        }
    }

    private boolean secure(long target, Priority priority) {
        long missing = target - reserved;
        if (missing <= 0) {
            return true;
        }
        long more = (missing + STEP - 1) / STEP * STEP;
        if (!budget.reserve(more, priority)) {
            return false;
        }
        long now = reserved + more;
        reserved = now;
        return true;
    }

    /** Gives back what is not needed now. */
    public void settle() {
        lock.lock();
        try {
            long target = Math.max(0, Math.max(growth, unread.get() - FREE));
            long wanted = (target + STEP - 1) / STEP * STEP;
            if (reserved > wanted) {
                budget.release(reserved - wanted);
                reserved = wanted;
            }
        } finally {
            lock.unlock();
        }
    }
}
