package network.guts.libp2p.limits;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo.Direction;

/**
 * Counts what a host has in use against its limits. Whatever begins (a connection, a stream, a larger window) reserves in
 * all the scopes that it belongs to, or in none, and gives back when it ends. There is one lock, which is taken when
 * something begins, changes or ends, and never for a read or a write. Thread-safe.
 */
public final class ResourceManager {
    /** What an idle connection costs, either end: measured, see docs/benchmarks.md. */
    static final long CONNECTION_MEMORY = 64 << 10;

    /** A virtual thread, its stack, and a small buffer. */
    static final long STREAM_MEMORY = 8 << 10;

    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Scope system;
    private final Scope transients;

    /** Scopes that are in use; an empty one is let go of, so that there are no more than connections and streams. */
    private final Map<Scope.Key, Scope> scopes = new LinkedHashMap<>();

    private final Map<String, Long> refusals = new TreeMap<>();
    private final Consumer<String> listener;

    public ResourceManager(Limits limits) {
        this(limits, name -> {});
    }

    /**
     * @param listener told of each refusal the name under which it is counted; must neither block nor call back
     */
    public ResourceManager(Limits limits, Consumer<String> listener) {
        this.limits = limits;
        this.listener = listener;
        this.system = make(new Scope.Key(Level.SYSTEM, "", Optional.empty()));
        this.transients = make(new Scope.Key(Level.TRANSIENT, "", Optional.empty()));
    }

    public Limits limits() {
        return limits;
    }

    private Scope make(Scope.Key key) {
        Scope scope = new Scope(key);
        for (Resource resource : key.level().resources()) {
            scope.limit(resource, limits.get(key.level(), resource));
        }
        return scope;
    }

    private Scope scope(Level level, String name, Optional<PeerId> peer) {
        return scopes.computeIfAbsent(new Scope.Key(level, name, peer), this::make);
    }

    /**
     * A connection whose peer is not known yet.
     *
     * @param exempt true if it is known to be one of those that may go a little beyond the limits of connections
     * @throws LimitExceededException if there may be no more
     */
    public ConnectionScope openConnection(Direction direction, boolean exempt) throws LimitExceededException {
        Amount amount = Amount.connection(direction, CONNECTION_MEMORY);
        List<Scope> into = List.of(system, transients);
        lock.lock();
        try {
            reserve(into, amount, priority(direction), exempt);
            return new ConnectionScope(this, direction, CONNECTION_MEMORY, into);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A stream whose protocol is not known yet.
     *
     * @throws LimitExceededException if there may be no more
     */
    public StreamScope openStream(PeerId peer, Direction direction) throws LimitExceededException {
        Amount amount = Amount.stream(direction, STREAM_MEMORY);
        lock.lock();
        try {
            List<Scope> into = List.of(system, transients, scope(Level.PEER, "", Optional.of(peer)));
            try {
                reserve(into, amount, priority(direction), false);
            } finally {
                letGo(into);
            }
            return new StreamScope(this, peer, amount, into);
        } finally {
            lock.unlock();
        }
    }

    private static Priority priority(Direction direction) {
        return direction == Direction.INBOUND ? Priority.MEDIUM : Priority.HIGH;
    }

    // ---- what scopes of connections and streams do; they hold no lock

    ReentrantLock lock() {
        return lock;
    }

    /** From a connection without a peer to one of {@code peer}; the lock must be held. */
    List<Scope> assign(List<Scope> from, PeerId peer, Amount amount, boolean exempt) throws LimitExceededException {
        Scope own = scope(Level.PEER, "", Optional.of(peer));
        try {
            reserve(List.of(own), amount, priority(amount.direction()), exempt);
        } finally {
            letGo(List.of(own));
        }
        giveBack(List.of(transients), amount);
        List<Scope> into = new ArrayList<>(from);
        into.remove(transients);
        into.add(own);
        return List.copyOf(into);
    }

    /** From a stream without a protocol to one with; the lock must be held. */
    List<Scope> assign(List<Scope> from, PeerId peer, String protocol, OptionalInt perPeer, Amount amount)
            throws LimitExceededException {
        List<Scope> more = new ArrayList<>();
        more.add(scope(Level.PROTOCOL, protocol, Optional.empty()));
        Scope ofBoth = scope(Level.PROTOCOL_PEER, protocol, Optional.of(peer));
        perPeer.ifPresent(most -> ofBoth.limit(
                Resource.STREAMS_INBOUND, Math.min(most, limits.get(Level.PROTOCOL_PEER, Resource.STREAMS_INBOUND))));
        more.add(ofBoth);
        limits.serviceOf(protocol).ifPresent(service -> {
            for (Level level : List.of(Level.SERVICE, Level.SERVICE_PEER)) {
                Scope scope =
                        scope(level, service.name(), level == Level.SERVICE ? Optional.empty() : Optional.of(peer));
                service.limits().forEach((limit, value) -> {
                    if (limit.level() == level) {
                        scope.limit(limit.resource(), value);
                    }
                });
                more.add(scope);
            }
        });
        try {
            reserve(more, amount, priority(amount.direction()), false);
        } finally {
            letGo(more);
        }
        giveBack(List.of(transients), amount);
        List<Scope> into = new ArrayList<>(from);
        into.remove(transients);
        into.addAll(more);
        return List.copyOf(into);
    }

    /** All of them or none; the lock must be held. */
    void reserve(List<Scope> into, Amount amount, Priority priority, boolean exempt) throws LimitExceededException {
        for (Scope scope : into) {
            Optional<Resource> over = scope.refusal(amount, priority, exempt);
            if (over.isPresent()) {
                Limit limit = new Limit(scope.key().level(), over.get());
                count(limit.name());
                throw new LimitExceededException(limit, scope.limit(over.get()));
            }
        }
        into.forEach(scope -> scope.add(amount));
    }

    /** The lock must be held. */
    void giveBack(List<Scope> from, Amount amount) {
        from.forEach(scope -> scope.remove(amount));
        letGo(from);
    }

    private void letGo(List<Scope> all) {
        for (Scope scope : all) {
            if (scope != system && scope != transients && scope.isEmpty()) {
                scopes.remove(scope.key(), scope);
            }
        }
    }

    // ---- for people and metrics

    /** Counts something that was refused by a limit that is counted elsewhere, or for another reason. */
    public void refused(String name) {
        lock.lock();
        try {
            count(name);
        } finally {
            lock.unlock();
        }
    }

    private void count(String name) {
        refusals.merge(name, 1L, Long::sum);
        listener.accept(name);
    }

    /** How often something was refused, by the name of the limit; only rises. */
    public Map<String, Long> refusals() {
        lock.lock();
        try {
            return Map.copyOf(refusals);
        } finally {
            lock.unlock();
        }
    }

    /** How much of {@code resource} all together use. */
    public long used(Resource resource) {
        lock.lock();
        try {
            return system.used(resource);
        } finally {
            lock.unlock();
        }
    }

    /** How much is in use of the limits that are there once: those of the system and the transient scope, by name. */
    public Map<String, Long> inUse() {
        lock.lock();
        try {
            Map<String, Long> all = new LinkedHashMap<>();
            for (Scope scope : List.of(system, transients)) {
                Level level = scope.key().level();
                level.resources().forEach(resource -> all.put(new Limit(level, resource).name(), scope.used(resource)));
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** What is in use in each scope, and what was refused. */
    public LimitsSnapshot snapshot() {
        lock.lock();
        try {
            List<LimitsSnapshot.ScopeUsage> all = new ArrayList<>();
            all.add(usage(system));
            all.add(usage(transients));
            scopes.values().forEach(scope -> all.add(usage(scope)));
            return new LimitsSnapshot(all, refusals);
        } finally {
            lock.unlock();
        }
    }

    private static LimitsSnapshot.ScopeUsage usage(Scope scope) {
        Map<Resource, LimitsSnapshot.Usage> resources = new LinkedHashMap<>();
        for (Resource resource : scope.key().level().resources()) {
            resources.put(resource, new LimitsSnapshot.Usage(scope.used(resource), scope.limit(resource)));
        }
        return new LimitsSnapshot.ScopeUsage(
                scope.key().level(), scope.key().name(), scope.key().peer(), resources);
    }
}
