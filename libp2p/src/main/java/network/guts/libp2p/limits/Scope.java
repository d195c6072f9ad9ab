package network.guts.libp2p.limits;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import network.guts.core.PeerId;

/** What one scope has in use, beside its limits. Guarded by the manager's lock. */
final class Scope {
    /** Allowed and protected peers may go so much, in percent, beyond the limits of connections. */
    private static final int EXEMPT_PERCENT = 125;

    /** One resource. */
    private static final class Count {
        private long used;
        private long limit;
    }

    private final Key key;
    private final Map<Resource, Count> counts = new EnumMap<>(Resource.class);

    /**
     * @param name of the protocol or service; empty where there is none
     * @param peer whose scope it is, if it is a peer's
     */
    record Key(Level level, String name, Optional<PeerId> peer) {}

    Scope(Key key) {
        this.key = key;
        for (Resource resource : key.level.resources()) {
            counts.put(resource, new Count());
        }
    }

    Key key() {
        return key;
    }

    private Count count(Resource resource) {
        return Objects.requireNonNull(counts.get(resource), "what is counted here");
    }

    void limit(Resource resource, long value) {
        count(resource).limit = value;
    }

    long limit(Resource resource) {
        return count(resource).limit;
    }

    long used(Resource resource) {
        return count(resource).used;
    }

    /** Which limit forbids {@code amount}, if one does. */
    Optional<Resource> refusal(Amount amount, Priority priority, boolean exempt) {
        for (Map.Entry<Resource, Count> each : counts.entrySet()) {
            Resource resource = each.getKey();
            long more = amount.of(resource);
            long limit = each.getValue().limit;
            long most = switch (resource) {
                case MEMORY -> priority.of(limit);
                case CONNECTIONS, CONNECTIONS_INBOUND, CONNECTIONS_OUTBOUND ->
                    exempt ? limit + limit * (EXEMPT_PERCENT - 100) / 100 : limit;
                default -> limit;
            };
            if (more > 0 && each.getValue().used > most - more) {
                return Optional.of(resource);
            }
        }
        return Optional.empty();
    }

    void add(Amount amount) {
        counts.forEach((resource, count) -> count.used += amount.of(resource));
    }

    void remove(Amount amount) {
        counts.forEach((resource, count) -> count.used -= amount.of(resource));
    }

    boolean isEmpty() {
        return counts.values().stream().allMatch(count -> count.used == 0);
    }
}
