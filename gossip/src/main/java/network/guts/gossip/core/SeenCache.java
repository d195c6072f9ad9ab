package network.guts.gossip.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import network.guts.core.Bytes;

/** Ids of messages that came by, for a while; at most {@link Limits#MAX_SEEN}, the oldest go first. */
final class SeenCache {
    private final Map<Bytes, Instant> expiries = new LinkedHashMap<>();
    private final Duration ttl;

    SeenCache(Duration ttl) {
        this.ttl = ttl;
    }

    boolean contains(Bytes id) {
        return expiries.containsKey(id);
    }

    /** False if it was there; then it does not live longer for that. */
    boolean add(Bytes id, Instant now) {
        if (expiries.putIfAbsent(id, now.plus(ttl)) != null) {
            return false;
        }
        if (expiries.size() > Limits.MAX_SEEN) {
            expiries.remove(expiries.keySet().iterator().next());
        }
        return true;
    }

    /** All live equally long, so the order of arrival is the order of expiry. */
    void expire(Instant now) {
        Iterator<Instant> oldest = expiries.values().iterator();
        while (oldest.hasNext() && !oldest.next().isAfter(now)) {
            oldest.remove();
        }
    }
}
