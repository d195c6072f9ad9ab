package network.guts.libp2p.swarm;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Resource;

/** The connections that are there, who is protected, and which of several to one peer is preferred. */
public final class Connections {
    /**
     * A connection that lost against another one to the same peer is closed this long after, once nothing uses it: by
     * then the remote knows of the other one too.
     */
    private static final Duration RETIRE_AFTER = Duration.ofSeconds(2);

    /** Trimming begins below the limit of connections, in percent of it: else there would be none to trim. */
    private static final int MOST_PERCENT = 75;

    private final PeerId self;
    private final HostConfig config;
    private final int lowWater;
    private final int highWater;
    private final InstantSource clock;
    private final Events events;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PeerId, List<Connection>> byPeer = new LinkedHashMap<>();
    private final Map<PeerId, Set<String>> tags = new HashMap<>();
    private final Condition emptied = lock.newCondition();
    private final Condition arrived = lock.newCondition();
    private int count;
    private boolean closed;

    Connections(PeerId self, HostConfig config, InstantSource clock, Events events) {
        this.self = self;
        this.config = config;
        int most = (int) Math.max(1, config.limits().get(Level.SYSTEM, Resource.CONNECTIONS) * MOST_PERCENT / 100);
        this.highWater = Math.min(config.highWater(), most);
        this.lowWater = Math.min(config.lowWater(), highWater);
        this.clock = clock;
        this.events = events;
    }

    /**
     * Takes a new connection in.
     *
     * @return why not; empty if it is in
     */
    Optional<String> add(Connection connection) {
        PeerId peer = connection.info().peer();
        lock.lock();
        try {
            Optional<String> refusal = refusal(connection);
            if (refusal.isPresent()) {
                return refusal;
            }
            List<Connection> all = byPeer.computeIfAbsent(peer, key -> new ArrayList<>());
            all.add(connection);
            count++;
            arrived.signalAll();
            if (all.size() == 1) {
                events.add(listener -> listener.connected(connection.info()));
            } else {
                prefer(all);
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private Optional<String> refusal(Connection connection) {
        PeerId peer = connection.info().peer();
        if (closed) {
            return Optional.of("this host is closing");
        }
        if (peer.equals(self)) {
            return Optional.of("a connection to this host itself");
        }
        return Optional.empty();
    }

    /** One of them stays, the others are retired. */
    private void prefer(List<Connection> all) {
        Connection best = all.getFirst();
        for (Connection next : all.subList(1, all.size())) {
            best = better(best, next);
        }
        for (Connection connection : all) {
            if (connection == best) {
                connection.retire(Optional.empty());
            } else if (connection.retiring().isEmpty()) {
                connection.retire(Optional.of(clock.instant()));
            }
        }
    }

    /**
     * A direct one before a relayed one. Two connections of one time that were dialled from both ends: the one whose
     * dialer has the smaller peer id stays, which both ends find alike. Otherwise the newer one: who dials again has lost
     * the older.
     */
    private Connection better(Connection older, Connection newer) {
        if (!older.isOpen()) {
            return newer;
        }
        if (older.relayed() != newer.relayed() && newer.isOpen()) {
            return older.relayed() ? newer : older;
        }
        Duration apart =
                Duration.between(older.info().since(), newer.info().since()).abs();
        boolean crossed = older.outbound() != newer.outbound() && apart.compareTo(config.connectionTimeout()) <= 0;
        if (!crossed) {
            return newer;
        }
        return older.outbound() == prefersOwnDial(newer.info().peer()) ? older : newer;
    }

    /** True if of two crossed dials this host's own one stays. */
    boolean prefersOwnDial(PeerId peer) {
        return self.compareTo(peer) < 0;
    }

    /** The connection is over. */
    void remove(Connection connection) {
        PeerId peer = connection.info().peer();
        lock.lock();
        try {
            List<Connection> all = byPeer.get(peer);
            if (all == null || !all.remove(connection)) {
                return;
            }
            count--;
            emptied.signalAll();
            if (all.isEmpty()) {
                byPeer.remove(peer);
                events.add(listener -> listener.disconnected(peer));
            } else {
                prefer(all);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The preferred connection to {@code peer}. */
    public Optional<Connection> best(PeerId peer) {
        lock.lock();
        try {
            List<Connection> all = byPeer.getOrDefault(peer, List.of());
            return all.stream()
                    .filter(Connection::isOpen)
                    .min(Comparator.comparing(
                            connection -> connection.retiring().isPresent()));
        } finally {
            lock.unlock();
        }
    }

    /** The preferred connection to {@code peer} that does not go through a relay. */
    public Optional<Connection> direct(PeerId peer) {
        return best(peer).filter(connection -> !connection.relayed());
    }

    /** Waits for a connection to {@code peer} that does not go through a relay. */
    Optional<Connection> awaitDirect(PeerId peer, Duration timeout) {
        lock.lock();
        try {
            long nanos = timeout.toNanos();
            Optional<Connection> there = direct(peer);
            while (there.isEmpty() && nanos > 0 && !closed) {
                nanos = arrived.awaitNanos(nanos);
                there = direct(peer);
            }
            return there;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    public boolean isConnected(PeerId peer) {
        lock.lock();
        try {
            return byPeer.containsKey(peer);
        } finally {
            lock.unlock();
        }
    }

    /** The connection of {@link ConnectionInfo#id}, if it is still there. */
    public Optional<Connection> find(long id) {
        return all().stream().filter(c -> c.info().id() == id).findFirst();
    }

    /** Connections of which nothing was heard for a while and whose remotes should be asked for a sign of life. */
    public List<Connection> silent() {
        return all().stream()
                .filter(connection -> connection.muxed().keepAliveDue())
                .toList();
    }

    /** The connections to {@code peer}, the oldest first. */
    public List<Connection> of(PeerId peer) {
        lock.lock();
        try {
            return List.copyOf(byPeer.getOrDefault(peer, List.of()));
        } finally {
            lock.unlock();
        }
    }

    /** All, the oldest first. */
    public List<Connection> all() {
        lock.lock();
        try {
            return byPeer.values().stream()
                    .flatMap(List::stream)
                    .sorted(Comparator.comparingLong(c -> c.info().id()))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    void protect(PeerId peer, String tag) {
        lock.lock();
        try {
            tags.computeIfAbsent(peer, key -> new TreeSet<>()).add(tag);
        } finally {
            lock.unlock();
        }
    }

    void unprotect(PeerId peer, String tag) {
        lock.lock();
        try {
            tags.computeIfPresent(peer, (key, set) -> {
                set.remove(tag);
                return set.isEmpty() ? null : set;
            });
        } finally {
            lock.unlock();
        }
    }

    boolean isProtected(PeerId peer) {
        lock.lock();
        try {
            return tags.containsKey(peer);
        } finally {
            lock.unlock();
        }
    }

    /** No more are let in; returns those that are there. */
    List<Connection> close() {
        lock.lock();
        try {
            closed = true;
            arrived.signalAll();
            return all();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all are gone, for a bounded time. */
    void awaitEmpty(Duration timeout) {
        lock.lock();
        try {
            long nanos = timeout.toNanos();
            while (count > 0 && nanos > 0) {
                nanos = emptied.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Closes what was retired and is not used any more. */
    void closeRetired() {
        Instant before = clock.instant().minus(RETIRE_AFTER);
        for (Connection connection : all()) {
            if (connection.idle()
                    && connection
                            .retiring()
                            .filter(since -> !since.isAfter(before))
                            .isPresent()) {
                connection.muxed().close("another connection to this peer is used");
            }
        }
    }

    /** Brings the connections down to low water if there are more than high water. */
    void trim() {
        List<Connection> all = all();
        if (all.size() > highWater) {
            Instant young = clock.instant().minus(config.trimGrace());
            List<Connection> candidates = all.stream()
                    .filter(c ->
                            !isProtected(c.info().peer()) && !c.info().since().isAfter(young))
                    .sorted(Comparator.comparing((Connection c) -> !c.idle()).thenComparing(Connection::lastActive))
                    .toList();
            close(candidates, all.size() - lowWater, "trimmed: too many connections");
        }
    }

    /** Closes idle connections that this host dialled, beyond those that it keeps. */
    void trimKept() {
        List<Connection> dialled = all().stream().filter(Connection::outbound).toList();
        int over = dialled.size() - config.maxConnections();
        if (over > 0) {
            Instant young = clock.instant().minus(config.trimGrace());
            List<Connection> candidates = dialled.stream()
                    .filter(c -> c.idle()
                            && !isProtected(c.info().peer())
                            && !c.lastActive().isAfter(young))
                    .sorted(Comparator.comparing(Connection::lastActive))
                    .toList();
            close(candidates, over, "trimmed: idle");
        }
    }

    private static void close(List<Connection> candidates, int wanted, String reason) {
        candidates.stream()
                .limit(wanted)
                .forEach(connection -> connection.muxed().close(reason));
    }

    /** What is fixed about them, the oldest first. */
    public List<ConnectionInfo> infos() {
        return all().stream().map(Connection::info).toList();
    }
}
