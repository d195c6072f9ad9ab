package network.guts.gossip.core;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import network.guts.core.Bytes;
import network.guts.core.PeerId;

/** mcache: accepted messages of the last heartbeats, for IHAVE and IWANT. Bounded in count and bytes, the oldest go first. */
final class MessageCache {
    private static final class Cached {
        final SignedMessage message;
        final long since;
        final Map<PeerId, Integer> sent = new TreeMap<>();

        Cached(SignedMessage message, long since) {
            this.message = message;
            this.since = since;
        }
    }

    private final Map<Bytes, Cached> messages = new LinkedHashMap<>();
    private final int length;
    private final int gossip;
    private long heartbeats;
    private long bytes;

    MessageCache(int length, int gossip) {
        this.length = length;
        this.gossip = gossip;
    }

    void put(SignedMessage message) {
        Cached old = messages.remove(message.id());
        if (old != null) {
            bytes -= old.message.weight();
        }
        messages.put(message.id(), new Cached(message, heartbeats));
        bytes += message.weight();
        Iterator<Cached> oldest = messages.values().iterator();
        while (messages.size() > Limits.MAX_CACHED_MESSAGES || bytes > Limits.MAX_CACHED_BYTES) {
            bytes -= oldest.next().message.weight();
            oldest.remove();
        }
    }

    /** The message for {@code peer}, unless it is not there or the peer had it often enough. */
    Optional<SignedMessage> retransmit(Bytes id, PeerId peer) {
        Cached cached = messages.get(id);
        if (cached == null || cached.sent.merge(peer, 1, Integer::sum) > Limits.MAX_RETRANSMISSIONS) {
            return Optional.empty();
        }
        return Optional.of(cached.message);
    }

    /** The ids that IHAVE names now, by topic. */
    Map<String, List<Bytes>> gossip() {
        Map<String, List<Bytes>> ids = new TreeMap<>();
        for (Cached cached : messages.values()) {
            if (heartbeats - cached.since < gossip) {
                ids.computeIfAbsent(cached.message.topic(), topic -> new ArrayList<>())
                        .add(cached.message.id());
            }
        }
        return ids;
    }

    /** A heartbeat has passed. */
    void shift() {
        heartbeats++;
        Iterator<Cached> oldest = messages.values().iterator();
        while (oldest.hasNext()) {
            Cached cached = oldest.next();
            if (heartbeats - cached.since < length) {
                return;
            }
            bytes -= cached.message.weight();
            oldest.remove();
        }
    }
}
