package network.guts.libp2p.swarm;

import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.StreamHandler;

/** The protocols that this host serves. */
public final class Protocols {
    /** Longer than any id in use; multistream-select's messages have a bound too. */
    private static final int MAX_ID = 256;

    /** @param perPeer inbound streams of this protocol that one peer may have open */
    record Served(StreamHandler handler, int perPeer) {}

    private final ConcurrentNavigableMap<String, Served> served = new ConcurrentSkipListMap<>();
    private final Runnable changed;

    /**
     * @param changed told when the set of protocols changes
     */
    public Protocols(Runnable changed) {
        this.changed = changed;
    }

    /**
     * Serves {@code protocol} until the registration is closed.
     *
     * @param perPeer inbound streams of it that one peer may have open
     * @throws IllegalStateException if it is served already
     */
    public Registration serve(String protocol, StreamHandler handler, int perPeer) {
        if (!protocol.startsWith("/") || protocol.length() > MAX_ID || protocol.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("not a protocol id: " + protocol);
        }
        Served entry = new Served(handler, perPeer);
        if (served.putIfAbsent(protocol, entry) != null) {
            throw new IllegalStateException(protocol + " is served already");
        }
        changed.run();
        return () -> {
            if (served.remove(protocol, entry)) {
                changed.run();
            }
        };
    }

    /** Their ids, sorted. */
    public SortedSet<String> ids() {
        return new TreeSet<>(served.keySet());
    }

    Optional<Served> find(String protocol) {
        return Optional.ofNullable(served.get(protocol));
    }
}
