package network.guts.sync.local;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.Host;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.fetch.Fetcher;
import network.guts.sync.model.RepositoryId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches in the background: at once when something was announced, now and then to catch up with what was missed. One
 * fetch at a time for each repository; what comes meanwhile makes it run once more.
 */
public final class Following implements AutoCloseable {
    /** How often a followed repository is looked at without an announcement; half as long again by chance. */
    public static final Duration CATCH_UP = Duration.ofMinutes(10);

    /** A peer that comes and goes does not make this node look more often than this. */
    private static final Duration RECONNECT_PAUSE = Duration.ofMinutes(1);

    /** Background fetches at once. */
    private static final int MAX_RUNNING = 4;

    private static final int MAX_PROVIDERS = 8;

    /**
     * Whoever passes an announcement on may not have what it announces yet: all providers are asked again after a pause
     * that doubles, half a minute in all. What has not come by then comes with the next look.
     */
    private static final Duration FIRST_RETRY = Duration.ofMillis(250);

    private static final int MAX_RETRIES = 7;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(Following.class);

    private final Fetcher fetcher;
    private final Host host;
    private final RandomGenerator random;
    private final Quotas quotas;
    private final Semaphore running = new Semaphore(MAX_RUNNING);
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<RepositoryId, Job> jobs = new LinkedHashMap<>();
    private final Cache<RepositoryId, Boolean> lookedAt = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(RECONNECT_PAUSE)
            .build();
    private boolean closed;

    private static final class Job {
        Optional<PeerId> announcer = Optional.empty();
        BooleanSupplier arrived = () -> true;
        boolean again;
        Optional<Thread> thread = Optional.empty();
    }

    public Following(Fetcher fetcher, Host host, Quotas quotas, RandomGenerator random) {
        this.quotas = quotas;
        this.fetcher = fetcher;
        this.host = host;
        this.random = random;
    }

    /** A peer that holds {@code id} is back: fetches soon, unless it was looked at just now. Returns at once. */
    public void reconnected(RepositoryId id, PeerId peer) {
        if (lookedAt.getIfPresent(id) == null) {
            fetch(id, Optional.of(peer));
        }
    }

    /** Fetches {@code id} soon; returns at once. */
    public void fetch(RepositoryId id, Optional<PeerId> announcer) {
        fetch(id, announcer, () -> true);
    }

    /**
     * Fetches what was announced, from the announcer first, and from others until it has arrived. Returns at once.
     *
     * @param arrived whether this node has it; must not block
     */
    public void fetch(RepositoryId id, Optional<PeerId> announcer, BooleanSupplier arrived) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            Job job = jobs.get(id);
            if (job != null) {
                job.again = true;
                job.announcer = announcer.or(() -> job.announcer);
                BooleanSupplier before = job.arrived;
                job.arrived = () -> before.getAsBoolean() && arrived.getAsBoolean();
                return;
            }
            Job started = new Job();
            started.announcer = announcer;
            started.arrived = arrived;
            jobs.put(id, started);
            started.thread = Optional.of(Thread.ofVirtual().name("follow " + id).start(() -> run(id, started)));
        } finally {
            lock.unlock();
        }
    }

    private void run(RepositoryId id, Job job) {
        try {
            int retries = 0;
            do {
                running.acquire();
                try {
                    fetchOnce(id, take(job));
                } finally {
                    running.release();
                }
                if (retries < MAX_RETRIES && !arrived(job)) {
                    Thread.sleep(FIRST_RETRY.multipliedBy(1L << retries++));
                    askEverybody(job);
                }
            } while (wantsAgain(id, job));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.lock();
            try {
                jobs.remove(id, job);
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean arrived(Job job) {
        lock.lock();
        try {
            return job.arrived.getAsBoolean();
        } finally {
            lock.unlock();
        }
    }

    private void askEverybody(Job job) {
        lock.lock();
        try {
            if (!job.again) {
                job.again = true;
                job.announcer = Optional.empty();
            }
        } finally {
            lock.unlock();
        }
    }

    private Optional<PeerId> take(Job job) {
        lock.lock();
        try {
            job.again = false;
            return job.announcer;
        } finally {
            lock.unlock();
        }
    }

    private boolean wantsAgain(RepositoryId id, Job job) {
        lock.lock();
        try {
            boolean again = job.again && !closed;
            if (!again) {
                jobs.remove(id, job);
            }
            return again;
        } finally {
            lock.unlock();
        }
    }

    private void fetchOnce(RepositoryId id, Optional<PeerId> announcer) {
        lookedAt.put(id, true);
        List<PeerInfo> hints = announcer
                .map(peer -> List.of(new PeerInfo(peer, host.addressBook().addresses(peer))))
                .orElse(List.of());
        try {
            FetchOptions options = new FetchOptions(MAX_PROVIDERS, TIMEOUT, Optional.empty());
            quotas.refresh(id);
            int enough = announcer.isPresent() ? 1 : Fetcher.ENOUGH_ANSWERS;
            boolean changed =
                    fetcher.fetch(id, hints, options, enough, Progress.NONE).changed();
            LOG.debug("followed {}: {}", id, changed ? "moved" : "nothing new");
        } catch (IOException e) {
            LOG.info("cannot follow {} now: {}", id, e.getMessage());
        }
    }

    /** How long to wait for the next look at a repository. */
    Duration nextCatchUp() {
        return CATCH_UP.plusMillis(random.nextLong(CATCH_UP.toMillis() / 2));
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            jobs.values().forEach(job -> job.thread.ifPresent(Thread::interrupt));
        } finally {
            lock.unlock();
        }
    }
}
