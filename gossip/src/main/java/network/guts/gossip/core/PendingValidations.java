package network.guts.gossip.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.PeerId;

/** Messages that wait for their verdict, bounded in all and for each peer. */
final class PendingValidations {
    /**
     * A message that waits.
     *
     * @param senders who brought it, the first one first: it is not sent back to them, and they are blamed together
     */
    record Pending(SignedMessage message, Set<PeerId> senders, Instant since) {
        PeerId first() {
            return senders.iterator().next();
        }
    }

    private final Map<Bytes, Pending> waiting = new LinkedHashMap<>();
    private final Map<PeerId, Integer> counts = new LinkedHashMap<>();
    private long bytes;

    boolean hasRoom(SignedMessage message, PeerId peer) {
        return waiting.size() < Limits.MAX_PENDING
                && counts.getOrDefault(peer, 0) < Limits.MAX_PENDING_PER_PEER
                && bytes + message.weight() <= Limits.MAX_PENDING_BYTES;
    }

    void add(SignedMessage message, PeerId peer, Instant now) {
        Set<PeerId> senders = new LinkedHashSet<>();
        senders.add(peer);
        waiting.put(message.id(), new Pending(message, senders, now));
        counts.merge(peer, 1, Integer::sum);
        bytes += message.weight();
    }

    /** Somebody else brought a message that waits. */
    void alsoFrom(Bytes id, PeerId peer) {
        Pending pending = waiting.get(id);
        if (pending != null) {
            pending.senders.add(peer);
        }
    }

    Optional<Pending> remove(Bytes id) {
        Pending pending = waiting.remove(id);
        if (pending == null) {
            return Optional.empty();
        }
        counts.computeIfPresent(pending.first(), (peer, count) -> count == 1 ? null : count - 1);
        bytes -= pending.message.weight();
        return Optional.of(pending);
    }

    /** Lets go of the ones whose verdict never came. */
    void expire(Instant now) {
        List<Bytes> late = new ArrayList<>();
        for (Map.Entry<Bytes, Pending> entry : waiting.entrySet()) {
            if (entry.getValue().since.plus(Limits.PENDING_TTL).isAfter(now)) {
                break;
            }
            late.add(entry.getKey());
        }
        late.forEach(this::remove);
    }
}
