package network.guts.libp2p.relay;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.libp2p.RelayConfig.Limits;
import network.guts.libp2p.relay.wire.Status;

/** Who has a place with a relay, and how many circuits there are. Pure, and for one thread at a time. */
final class RelaySlots {
    /** @param group of the peer's address, if that is counted */
    private record Place(Optional<String> group, Instant expires) {}

    private final Limits limits;
    private final Map<PeerId, Place> places = new LinkedHashMap<>();
    private final Map<PeerId, Integer> circuits = new HashMap<>();
    private int total;

    RelaySlots(Limits limits) {
        this.limits = limits;
    }

    /**
     * Gives a place, or renews it: a peer has one, and renewing needs no free one.
     *
     * @param group of the peer's address, if that is counted
     * @return why not, or {@link Status#OK}
     */
    Status reserve(PeerId peer, Optional<String> group, Instant now) {
        Optional<Place> before = Optional.ofNullable(places.remove(peer));
        long sameGroup = group.isEmpty()
                ? 0
                : places.values().stream()
                        .filter(place -> place.group.equals(group) && place.expires.isAfter(now))
                        .count();
        if (places.size() >= limits.reservations() || sameGroup >= limits.reservationsPerIp()) {
            before.ifPresent(place -> places.put(peer, place));
            return Status.RESERVATION_REFUSED;
        }
        places.put(peer, new Place(group, expires(now)));
        return Status.OK;
    }

    /** When a place that is given now ends: whole seconds, which is what can be said. */
    Instant expires(Instant now) {
        return Instant.ofEpochSecond(now.plus(limits.reservationTime()).getEpochSecond());
    }

    /**
     * Takes a circuit.
     *
     * @return why not, or {@link Status#OK}: {@link #ended} then
     */
    Status connect(PeerId source, PeerId target, Instant now) {
        if (source.equals(target)) {
            return Status.PERMISSION_DENIED;
        }
        Optional<Place> place = Optional.ofNullable(places.get(target));
        if (place.isEmpty() || !place.get().expires.isAfter(now)) {
            return Status.NO_RESERVATION;
        }
        if (total >= limits.circuits()
                || circuits.getOrDefault(source, 0) >= limits.circuitsPerPeer()
                || circuits.getOrDefault(target, 0) >= limits.circuitsPerPeer()) {
            return Status.RESOURCE_LIMIT_EXCEEDED;
        }
        total++;
        circuits.merge(source, 1, Integer::sum);
        circuits.merge(target, 1, Integer::sum);
        return Status.OK;
    }

    /** The circuit is over. */
    void ended(PeerId source, PeerId target) {
        total--;
        for (PeerId peer : List.of(source, target)) {
            circuits.computeIfPresent(peer, (same, count) -> count > 1 ? count - 1 : null);
        }
    }

    /** The peer is gone, and its place with it; false if it had none. */
    boolean gone(PeerId peer) {
        return places.remove(peer) != null;
    }

    /** Takes the places back whose time is over. */
    List<PeerId> expired(Instant now) {
        List<PeerId> expired = new ArrayList<>();
        for (Iterator<Map.Entry<PeerId, Place>> all = places.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<PeerId, Place> next = all.next();
            if (!next.getValue().expires.isAfter(now)) {
                expired.add(next.getKey());
                all.remove();
            }
        }
        return expired;
    }

    /** Takes all places back. */
    List<PeerId> clear() {
        List<PeerId> all = List.copyOf(places.keySet());
        places.clear();
        return all;
    }

    int reservations() {
        return places.size();
    }

    int circuits() {
        return total;
    }
}
