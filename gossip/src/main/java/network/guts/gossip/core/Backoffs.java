package network.guts.gossip.core;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import network.guts.core.PeerId;

/** Who must not be grafted, nor graft, in which topic, until when. At most {@link Limits#MAX_BACKOFFS}. */
final class Backoffs {
    private record Key(String topic, PeerId peer) {}

    private final Map<Key, Instant> ends = new LinkedHashMap<>();

    /** Sets or lengthens a back-off. */
    void extend(String topic, PeerId peer, Instant until) {
        Key key = new Key(topic, peer);
        Instant old = ends.remove(key);
        ends.put(key, old != null && old.isAfter(until) ? old : until);
        if (ends.size() > Limits.MAX_BACKOFFS) {
            ends.remove(ends.keySet().iterator().next());
        }
    }

    /** How much of a back-off is left; zero or less if there is none. */
    Duration left(String topic, PeerId peer, Instant now) {
        Instant end = ends.get(new Key(topic, peer));
        return end == null ? Duration.ZERO : Duration.between(now, end);
    }

    /** Whether this node should not GRAFT yet: also during the slack behind the end, since clocks and heartbeats differ. */
    boolean holds(String topic, PeerId peer) {
        return ends.containsKey(new Key(topic, peer));
    }

    /** Forgets the ones that ended {@code slack} ago. */
    void expire(Instant now, Duration slack) {
        ends.values().removeIf(end -> !end.plus(slack).isAfter(now));
    }
}
