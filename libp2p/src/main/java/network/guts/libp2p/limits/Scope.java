package network.guts.libp2p.limits;

import java.util.Optional;

/** What one scope has in use, beside its limits. Guarded by the manager's lock. */
final class Scope {
    /** Allowed and protected peers may go so much, in percent, beyond the limits of connections. */
    private static final int EXEMPT_PERCENT = 125;

    private final Key key;
    private final long[] limits = new long[Resource.COUNT];
    private final long[] used = new long[Resource.COUNT];

    /**
     * @param name of the protocol or service; empty where there is none
     * @param peer whose scope it is, if it is a peer's
     */
    record Key(Level level, String name, Optional<network.guts.core.PeerId> peer) {}

    Scope(Key key) {
        this.key = key;
    }

    Key key() {
        return key;
    }

    void limit(Resource resource, long value) {
        limits[resource.ordinal()] = value;
    }

    long limit(Resource resource) {
        return limits[resource.ordinal()];
    }

    long used(Resource resource) {
        return used[resource.ordinal()];
    }

    /** Which limit forbids {@code amount}, if one does. */
    Optional<Resource> refusal(Amount amount, Priority priority, boolean exempt) {
        for (Resource resource : key.level.resources()) {
            long more = amount.of(resource);
            long limit = limits[resource.ordinal()];
            long most = switch (resource) {
                case MEMORY -> priority.of(limit);
                case CONNECTIONS, CONNECTIONS_INBOUND, CONNECTIONS_OUTBOUND ->
                    exempt ? limit + limit * (EXEMPT_PERCENT - 100) / 100 : limit;
                default -> limit;
            };
            if (more > 0 && used[resource.ordinal()] > most - more) {
                return Optional.of(resource);
            }
        }
        return Optional.empty();
    }

    void add(Amount amount) {
        for (Resource resource : key.level.resources()) {
            used[resource.ordinal()] += amount.of(resource);
        }
    }

    void remove(Amount amount) {
        for (Resource resource : key.level.resources()) {
            used[resource.ordinal()] -= amount.of(resource);
        }
    }

    boolean isEmpty() {
        for (long each : used) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }
}
