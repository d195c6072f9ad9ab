package network.guts.sync.via;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.Host;
import network.guts.sync.SyncException;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.records.ViaSeeder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a connection to one seeder of one repository, and asks it again whenever it may lack something: when this node has
 * signed, and when the connection was lost. On a thread of its own.
 */
final class SeederWatch implements AutoCloseable {
    /** A connection that was lost unnoticed is noticed after this. */
    private static final Duration LOOK_ROUND = Duration.ofMinutes(1);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /** A seeder that is away is tried so often at least. */
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** One that refuses is asked again when there is something new, and now and then: its owner may change his mind. */
    private static final Duration REFUSED_PAUSE = Duration.ofHours(1);

    /** In place of the sequence that the seeder has. */
    static final long UNKNOWN = -1;

    private static final Logger LOG = LoggerFactory.getLogger(SeederWatch.class);

    /** What is done for the seeder. */
    interface Work {
        /** The sequence of this node's newest header. */
        long newest(RepositoryId id) throws IOException;

        /** Asks the seeder, waits until it has everything, and returns the sequence that it has. */
        long ask(ViaSeeder one) throws IOException;
    }

    private final ViaSeeder seeder;
    private final Host host;
    private final Work work;
    private final String tag;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private long has;
    private boolean changedSince;

    SeederWatch(ViaSeeder seeder, Host host, Work work) {
        this.seeder = seeder;
        this.host = host;
        this.work = work;
        this.tag = "via:" + seeder.repository();
        this.has = seeder.sequence();
        this.thread = Thread.ofVirtual()
                .name("via " + seeder.seeder().peer().abbreviated())
                .unstarted(this::run);
    }

    void start() {
        host.protect(seeder.seeder().peer(), tag);
        thread.start();
    }

    /** The seeder was asked by somebody else here, and has this. */
    void has(long sequence) {
        lock.lock();
        try {
            has = Math.max(has, sequence);
        } finally {
            lock.unlock();
        }
    }

    /** This node has signed something, or the seeder is back. */
    void news() {
        wake(false);
    }

    /** The connection is gone: what the seeder has is not known any more. */
    void lost() {
        wake(true);
    }

    private void wake(boolean forget) {
        lock.lock();
        try {
            has = forget ? UNKNOWN : has;
            changedSince = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private long known() {
        lock.lock();
        try {
            return has;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        try {
            while (true) {
                try {
                    boolean connected = host.isConnected(seeder.seeder().peer());
                    if (!connected || known() < work.newest(seeder.repository())) {
                        has(work.ask(seeder));
                    }
                    pause = FIRST_PAUSE;
                    await(LOOK_ROUND);
                } catch (SyncException e) {
                    LOG.warn("{}", e.getMessage());
                    await(e.kind() == SyncException.Kind.REFUSED ? REFUSED_PAUSE : LONGEST_PAUSE);
                } catch (IOException e) {
                    LOG.debug("the seeder of {}: {}", seeder.repository(), e.getMessage());
                    await(pause);
                    Duration twice = pause.multipliedBy(2);
                    pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the time, or for news. */
    private void await(Duration time) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = time.toNanos();
            while (left > 0 && !changedSince) {
                left = changed.awaitNanos(left);
            }
            changedSince = false;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the connection go. */
    @Override
    public void close() {
        thread.interrupt();
        host.unprotect(seeder.seeder().peer(), tag);
    }
}
