package network.guts.sync.pack;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The second phase: walks the trees of deltas from their roots on all cores. Each thread takes roots; one that has
 * nothing to do is given children by the others.
 */
final class DeltaResolver {
    /** Children are handed over with a copy of their base, so small ones only. */
    private static final int MAX_HANDED_OVER = 1 << 24;

    private final DeltaTrees trees;
    private final PackLimits limits;
    private final long end;
    private final AtomicLong done;
    private final AtomicLong remade = new AtomicLong();
    private final ObjectSource before;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ReentrantLock large = new ReentrantLock();
    private final Deque<Task> handed = new ArrayDeque<>();
    private List<Task> roots = List.of();
    private int nextRoot;
    private int nextEntry;
    private int busy;
    private final AtomicInteger idle = new AtomicInteger();
    private volatile int handedCount;
    private volatile boolean stopped;

    DeltaResolver(DeltaTrees trees, PackLimits limits, long end, AtomicLong done, ObjectSource before) {
        this.trees = trees;
        this.limits = limits;
        this.end = end;
        this.done = done;
        this.before = before;
    }

    /**
     * Something to resolve children of.
     *
     * @param entry whose children, or {@link DeltaTrees#NONE} for an object outside the pack
     * @param child the only child to resolve, or {@link DeltaTrees#NONE} for all
     * @param data of the entry; null: to be inflated
     * @param referring the first REF_DELTA of an object outside the pack
     * @param chain deltas that the entry is made of
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Task(int entry, int child, byte @Nullable [] data, int type, int referring, int chain) {}

    DeltaTrees trees() {
        return trees;
    }

    PackLimits limits() {
        return limits;
    }

    long end() {
        return end;
    }

    AtomicLong done() {
        return done;
    }

    ReentrantLock large() {
        return large;
    }

    /** Resolves what grows from the pack's own objects. Returns when all threads are done. */
    void resolveInside(List<References> references, Workers workers) throws IOException {
        nextEntry = 0;
        roots = List.of();
        run(references, workers);
    }

    /** Resolves what grows from objects outside. */
    void resolveFrom(List<Task> outside, List<References> references, Workers workers) throws IOException {
        nextEntry = trees.entries().count();
        roots = new ArrayList<>(outside);
        nextRoot = 0;
        run(references, workers);
    }

    private void run(List<References> references, Workers workers) throws IOException {
        int threads = Math.min(limits.threads(), references.size());
        busy = threads;
        idle.set(0);
        List<Workers.Job> jobs = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            References own = references.get(i);
            jobs.add(() -> {
                boolean finished = false;
                try (TreeWalk walk = new TreeWalk(this, own)) {
                    for (Task task = next(); task != null; task = next()) {
                        walk.resolve(task);
                    }
                    finished = true;
                } finally {
                    if (!finished) {
                        stop();
                    }
                }
            });
        }
        workers.runAll(jobs);
    }

    private void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isStopped() {
        return stopped;
    }

    /** The next task; null when no thread has any more. */
    private @Nullable Task next() {
        lock.lock();
        try {
            busy--;
            while (!stopped) {
                Task task = poll();
                if (task != null) {
                    busy++;
                    return task;
                }
                if (busy == 0) {
                    changed.signalAll();
                    return null;
                }
                idle.incrementAndGet();
                try {
                    changed.awaitNanos(100_000_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    stopped = true;
                } finally {
                    idle.decrementAndGet();
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Task poll() {
        Task task = handed.poll();
        handedCount = handed.size();
        if (task != null) {
            return task;
        }
        if (nextRoot < roots.size()) {
            return roots.get(nextRoot++);
        }
        EntryTable entries = trees.entries();
        while (nextEntry < entries.count()) {
            int entry = nextEntry++;
            // A delta's type is its base's once it is resolved; those that were resolved meanwhile are no roots.
            if (entries.base(entry) == EntryTable.ROOT && hasChildren(entry)) {
                return new Task(entry, DeltaTrees.NONE, null, entries.type(entry), DeltaTrees.NONE, 0);
            }
        }
        return null;
    }

    boolean hasChildren(int entry) {
        return trees.firstChild(entry) != DeltaTrees.NONE
                || trees.hasReferring()
                        && trees.firstReferring(trees.entries().ids(), entry * ObjectId.BYTES) != DeltaTrees.NONE;
    }

    /** Whether somebody waits for work. A hint: asked often. */
    boolean isWanted(int length) {
        return idle.get() > handedCount && length <= MAX_HANDED_OVER;
    }

    /** Gives a child to a thread that waits; the data must be a copy. */
    void handOver(Task task) {
        lock.lock();
        try {
            handed.add(task);
            handedCount = handed.size();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** An object outside the pack, for a delta whose base was dropped. */
    GitObject outside(byte[] id) throws IOException {
        ObjectId base = new ObjectId(Bytes.of(id));
        return before.read(base)
                .orElseThrow(() -> new PackException(Kind.MISSING_BASE, "the base " + base + " is no longer there"));
    }

    /** Counts what is made a second time: a pack that is built to cost too much is refused. */
    void remade(long bytes) throws PackException {
        if (remade.addAndGet(bytes) > limits.allowance(trees.pack().size())) {
            throw new PackException(
                    Kind.TOO_LARGE, "its chains of deltas need more memory than " + limits.memoryBytes() + " bytes");
        }
    }
}
