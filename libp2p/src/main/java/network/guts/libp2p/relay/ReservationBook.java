package network.guts.libp2p.relay;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.libp2p.RelayReservation;

/**
 * At which relays this host wants a place, which ones it has, and when each is to be asked again. Relays that the host was
 * told are kept whatever happens; others are taken from among the connected peers while the host cannot be reached, and
 * given up when they fail. Pure, and for one thread at a time.
 */
final class ReservationBook {
    /** One relay may go away, and then another one still leads here. */
    static final int WANTED = 2;

    /** More of them would fill this host's descriptions. */
    static final int MAX_CONFIGURED = 8;

    static final Duration FIRST_BACK_OFF = Duration.ofSeconds(2);
    static final Duration LONGEST_BACK_OFF = Duration.ofMinutes(5);

    /** A peer that has refused once has no place for a while. */
    static final Duration SET_ASIDE = Duration.ofMinutes(10);

    /** Peers that have refused; the oldest are forgotten first. */
    private static final int MAX_SET_ASIDE = 256;

    /** Whom to ask. */
    record Relay(PeerId peer, List<Multiaddr> addresses) {
        Relay {
            addresses = List.copyOf(addresses);
        }
    }

    private static final class Entry {
        private final boolean configured;
        private List<Multiaddr> addresses;
        private List<Multiaddr> circuits = List.of();
        private Optional<Instant> expires = Optional.empty();
        private Optional<String> problem = Optional.empty();
        private Instant next;
        private int failures;
        private boolean asking;

        Entry(boolean configured, List<Multiaddr> addresses, Instant next) {
            this.configured = configured;
            this.addresses = addresses;
            this.next = next;
        }
    }

    private final Map<PeerId, Entry> entries = new LinkedHashMap<>();
    private final Map<PeerId, Instant> setAside = new LinkedHashMap<>();
    private boolean unreachable;

    /** Always keeps a place with {@code relay}; with several addresses of one relay, all of them are tried. */
    void configure(PeerId relay, Optional<Multiaddr> address, Instant now) {
        Entry entry = entries.get(relay);
        if (entry == null && entries.size() < MAX_CONFIGURED) {
            entry = new Entry(true, List.of(), now);
            entries.put(relay, entry);
        }
        if (entry != null && address.isPresent()) {
            List<Multiaddr> more = new ArrayList<>(entry.addresses);
            more.add(address.get());
            entry.addresses = List.copyOf(more);
        }
    }

    /** From now on this host can be reached, or not. Places that it does not need any more are left to their end. */
    void unreachable(boolean now) {
        unreachable = now;
        if (!now) {
            entries.values().removeIf(entry -> !entry.configured);
        }
    }

    /** True if one more relay is wanted. */
    boolean wantsCandidates() {
        return unreachable && entries.size() < WANTED;
    }

    /** A connected peer that relays. */
    void offer(PeerId peer, Instant now) {
        Instant until = setAside.get(peer);
        if (wantsCandidates() && !entries.containsKey(peer) && (until == null || !until.isAfter(now))) {
            entries.put(peer, new Entry(false, List.of(), now));
        }
    }

    /** Whom to ask now; each is to be told of by {@link #granted} or {@link #failed}. */
    List<Relay> due(Instant now) {
        List<Relay> due = new ArrayList<>();
        entries.forEach((peer, entry) -> {
            if (!entry.asking && !entry.next.isAfter(now)) {
                entry.asking = true;
                due.add(new Relay(peer, entry.addresses));
            }
        });
        return due;
    }

    /** True if the relay is still wanted. */
    boolean isWanted(PeerId relay) {
        return entries.containsKey(relay);
    }

    /**
     * The relay has given a place, which is asked for again after three quarters of its time.
     *
     * @param circuits where others reach this host through it
     */
    void granted(PeerId relay, Instant expires, List<Multiaddr> circuits, Instant now) {
        Entry entry = entries.get(relay);
        if (entry != null) {
            entry.asking = false;
            entry.failures = 0;
            entry.problem = Optional.empty();
            entry.expires = Optional.of(expires);
            entry.circuits = List.copyOf(circuits);
            Duration time = Duration.between(now, expires);
            entry.next = now.plus(time.multipliedBy(3).dividedBy(4));
        }
    }

    /** The relay has not given a place; one that it gave before stays until its end. */
    void failed(PeerId relay, String reason, Instant now) {
        Entry entry = entries.get(relay);
        if (entry == null) {
            return;
        }
        entry.asking = false;
        entry.problem = Optional.of(reason);
        entry.next = now.plus(backOff(entry.failures));
        entry.failures = Math.min(entry.failures + 1, 30);
        if (!entry.configured && entry.expires.isEmpty()) {
            giveUp(relay, now);
        }
    }

    private static Duration backOff(int failures) {
        Duration wait = FIRST_BACK_OFF.multipliedBy(1L << Math.min(failures, 20));
        return wait.compareTo(LONGEST_BACK_OFF) < 0 ? wait : LONGEST_BACK_OFF;
    }

    private void giveUp(PeerId relay, Instant now) {
        entries.remove(relay);
        setAside.values().removeIf(until -> !until.isAfter(now));
        if (setAside.size() >= MAX_SET_ASIDE) {
            setAside.remove(setAside.keySet().iterator().next());
        }
        setAside.put(relay, now.plus(SET_ASIDE));
    }

    /** The connection to the relay is gone, and the place with it; true if there was one. */
    boolean lost(PeerId relay, Instant now) {
        Entry entry = entries.get(relay);
        if (entry == null || entry.expires.isEmpty()) {
            return false;
        }
        drop(entry, "the connection to the relay ended");
        if (entry.configured) {
            entry.next = now;
        } else {
            entries.remove(relay);
        }
        return true;
    }

    private static void drop(Entry entry, String reason) {
        entry.expires = Optional.empty();
        entry.circuits = List.of();
        entry.problem = Optional.of(entry.problem.orElse(reason));
    }

    /** Forgets places whose time is over; true if there was one. */
    boolean expire(Instant now) {
        boolean any = false;
        for (PeerId relay : List.copyOf(entries.keySet())) {
            Entry entry = entries.get(relay);
            if (entry != null && entry.expires.filter(at -> !at.isAfter(now)).isPresent()) {
                any = true;
                drop(entry, "the reservation has expired");
                if (!entry.configured) {
                    giveUp(relay, now);
                }
            }
        }
        return any;
    }

    /** True if the relay may bring connections to this host. */
    boolean holds(PeerId relay, Instant now) {
        Entry entry = entries.get(relay);
        return entry != null && entry.expires.filter(at -> at.isAfter(now)).isPresent();
    }

    /** Where others reach this host. */
    List<Multiaddr> circuits() {
        return entries.values().stream()
                .flatMap(entry -> entry.circuits.stream())
                .distinct()
                .toList();
    }

    List<RelayReservation> all() {
        List<RelayReservation> all = new ArrayList<>();
        entries.forEach(
                (relay, entry) -> all.add(new RelayReservation(relay, entry.circuits, entry.expires, entry.problem)));
        return all;
    }
}
