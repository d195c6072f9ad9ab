package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.dht.Dht;
import network.guts.sync.model.RepositoryId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps connections to up to {@link #PROVIDERS} providers of each followed repository, so that the peers of its topic
 * find one another. One thread looks after all of them, one repository at a time.
 */
final class Followers implements AutoCloseable {
    /** As many as a mesh wants. */
    static final int PROVIDERS = 6;

    private static final Duration LOOK_UP_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration INTERVAL = Duration.ofMinutes(5);

    /** A repository that has fewer providers than wanted is looked for sooner. */
    private static final Duration SHORT_INTERVAL = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(Followers.class);

    private final Host host;
    private final Dht dht;
    private final Duration timeout;
    private final Map<RepositoryId, Followed> followed = new LinkedHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private Host.@Nullable Registration registration;
    private boolean closed;

    /** A repository, its providers that are kept, and when it is looked after next. */
    private static final class Followed {
        private final Set<PeerId> kept = new LinkedHashSet<>();
        private long dueNanos;

        private Followed(long dueNanos) {
            this.dueNanos = dueNanos;
        }
    }

    Followers(Host host, Dht dht, Duration timeout) {
        this.host = host;
        this.dht = dht;
        this.timeout = timeout;
        this.thread = Thread.ofVirtual().name("followers").unstarted(this::run);
    }

    void start() {
        registration = host.listen(new HostListener() {
            @Override
            public void disconnected(PeerId peer) {
                lost(peer);
            }
        });
        thread.start();
    }

    void follow(RepositoryId repository) {
        lock.lock();
        try {
            followed.putIfAbsent(repository, new Followed(System.nanoTime()));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void unfollow(RepositoryId repository) {
        lock.lock();
        try {
            Followed gone = followed.remove(repository);
            if (gone != null) {
                gone.kept.forEach(peer -> host.unprotect(peer, tag(repository)));
            }
        } finally {
            lock.unlock();
        }
    }

    private static String tag(RepositoryId repository) {
        return "repository:" + repository;
    }

    private void lost(PeerId peer) {
        lock.lock();
        try {
            long soon = System.nanoTime() + SHORT_INTERVAL.toNanos();
            followed.forEach((repository, state) -> {
                if (state.kept.remove(peer)) {
                    host.unprotect(peer, tag(repository));
                    state.dueNanos = Math.min(state.dueNanos - soon, 0) + soon;
                }
            });
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            for (RepositoryId next = awaitDue(); next != null; next = awaitDue()) {
                lookAfter(next);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** The repository that is due, when one is; null once closed. Its next turn is set. */
    private @Nullable RepositoryId awaitDue() throws InterruptedException {
        lock.lock();
        try {
            long rest = 0;
            while (!closed) {
                long now = System.nanoTime();
                long wait = INTERVAL.toNanos();
                for (Map.Entry<RepositoryId, Followed> entry : followed.entrySet()) {
                    rest = entry.getValue().dueNanos - now;
                    if (rest <= 0) {
                        entry.getValue().dueNanos = now + INTERVAL.toNanos();
                        return entry.getKey();
                    }
                    wait = Math.min(wait, rest);
                }
                rest = changed.awaitNanos(wait);
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void lookAfter(RepositoryId repository) {
        Set<PeerInfo> found = new LinkedHashSet<>();
        try {
            dht.findProviders(
                    repository.hash(),
                    2 * PROVIDERS,
                    LOOK_UP_TIMEOUT,
                    provider -> {
                        synchronizedAdd(found, provider.provider());
                    },
                    event -> {});
        } catch (IOException e) {
            LOG.debug("providers of {}: {}", repository, e.getMessage());
        }
        int kept = 0;
        for (PeerInfo provider : copy(found)) {
            if (kept < PROVIDERS && !provider.peer().equals(host.peerId()) && keep(repository, provider)) {
                kept++;
            }
        }
        if (kept < PROVIDERS) {
            lock.lock();
            try {
                Followed state = followed.get(repository);
                if (state != null) {
                    state.dueNanos = System.nanoTime() + (kept == 0 ? SHORT_INTERVAL : INTERVAL).toNanos();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void synchronizedAdd(Set<PeerInfo> found, PeerInfo provider) {
        lock.lock();
        try {
            found.add(provider);
        } finally {
            lock.unlock();
        }
    }

    private List<PeerInfo> copy(Set<PeerInfo> found) {
        lock.lock();
        try {
            return List.copyOf(found);
        } finally {
            lock.unlock();
        }
    }

    private boolean keep(RepositoryId repository, PeerInfo provider) {
        try {
            if (!host.isConnected(provider.peer())) {
                host.connect(provider.peer(), provider.addresses(), timeout);
            }
        } catch (IOException e) {
            LOG.debug("a provider of {}: {}", repository, e.getMessage());
            return false;
        }
        lock.lock();
        try {
            Followed state = followed.get(repository);
            if (state == null) {
                return false;
            }
            if (state.kept.add(provider.peer())) {
                host.protect(provider.peer(), tag(repository));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (registration != null) {
            registration.close();
        }
        thread.interrupt();
    }
}
