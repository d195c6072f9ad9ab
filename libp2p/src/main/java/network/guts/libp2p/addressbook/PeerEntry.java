package network.guts.libp2p.addressbook;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.SignedEnvelope;

/**
 * What is known of one peer. Immutable.
 *
 * @param lastSeen when it was last connected; the epoch if never
 * @param updated when this entry last changed
 * @param addresses at most {@link #MAX_ADDRESSES}
 * @param record its newest signed record
 */
record PeerEntry(Instant lastSeen, Instant updated, Map<Multiaddr, Address> addresses, Optional<SignedRecord> record) {
    /** A host with more usable addresses than this has none that matter. */
    static final int MAX_ADDRESSES = 64;

    /**
     * @param expires when it is forgotten
     * @param worked when it was last dialled with success; the epoch if never, or if it has failed since
     */
    record Address(Instant expires, Instant worked) {}

    /** A verified record and when it is forgotten. */
    record SignedRecord(SignedEnvelope envelope, long sequence, Instant expires) {}

    private static final Comparator<Map.Entry<Multiaddr, Address>> BEST_FIRST = Comparator.comparing(
                    (Map.Entry<Multiaddr, Address> entry) -> entry.getValue().worked())
            .thenComparing(entry -> entry.getValue().expires())
            .reversed()
            .thenComparing(Map.Entry::getKey);

    static final PeerEntry NONE = new PeerEntry(Instant.EPOCH, Instant.EPOCH, Map.of(), Optional.empty());

    PeerEntry {
        Map<Multiaddr, Address> best = new LinkedHashMap<>();
        addresses.entrySet().stream()
                .sorted(BEST_FIRST)
                .limit(MAX_ADDRESSES)
                .forEach(entry -> best.put(entry.getKey(), entry.getValue()));
        addresses = java.util.Collections.unmodifiableMap(best);
    }

    /** The addresses that have not expired, the best first. */
    List<Multiaddr> usable(Instant now) {
        return addresses.entrySet().stream()
                .filter(entry -> entry.getValue().expires().isAfter(now))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** With what somebody said; an address that is known already lives as long as the longer of both. */
    PeerEntry heard(Collection<Multiaddr> said, Instant expires, Instant now) {
        Map<Multiaddr, Address> all = fresh(now);
        for (Multiaddr address : said) {
            all.merge(
                    address,
                    new Address(expires, Instant.EPOCH),
                    (old, added) -> new Address(later(old.expires, added.expires), old.worked));
        }
        return new PeerEntry(lastSeen, now, all, record);
    }

    /** With the peer's own record: of the other addresses only those stay that have been dialled with success. */
    PeerEntry signed(SignedRecord newer, Collection<Multiaddr> said, Instant now) {
        Map<Multiaddr, Address> all = fresh(now);
        all.values().removeIf(address -> address.worked.equals(Instant.EPOCH));
        PeerEntry own = new PeerEntry(lastSeen, now, all, Optional.of(newer));
        return own.heard(said, newer.expires, now);
    }

    PeerEntry worked(Multiaddr address, Instant expires, Instant now) {
        Map<Multiaddr, Address> all = fresh(now);
        Address old = all.get(address);
        all.put(address, new Address(old == null ? expires : later(old.expires, expires), now));
        return new PeerEntry(lastSeen, now, all, record);
    }

    PeerEntry failed(Multiaddr address, Instant now) {
        Map<Multiaddr, Address> all = fresh(now);
        all.computeIfPresent(address, (same, old) -> new Address(old.expires, Instant.EPOCH));
        return new PeerEntry(lastSeen, now, all, record);
    }

    PeerEntry seen(Instant now) {
        return new PeerEntry(now, now, addresses, record);
    }

    private Map<Multiaddr, Address> fresh(Instant now) {
        Map<Multiaddr, Address> all = new LinkedHashMap<>(addresses);
        all.values().removeIf(address -> !address.expires.isAfter(now));
        return all;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
