package network.guts.libp2p.identify;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.libp2p.tcp.IpClass;

/**
 * Where others say that they see this host. One that lies, or many in one place, must not be able to make this host tell
 * everybody a wrong address: an address counts once several peers from different networks have said it. Pure, and for
 * one thread at a time.
 */
final class ObservedAddresses {
    /** As go-libp2p. */
    static final int CONFIRMATIONS = 4;

    /** A home's address changes once a day; what nobody has said for this long is forgotten. */
    static final Duration TTL = Duration.ofMinutes(40);

    /** A host behind one NAT has two or three; a liar could invent any number. */
    static final int MAX_ADDRESSES = 16;

    /** So many networks are remembered for one address, and no more are needed. */
    static final int MAX_OBSERVERS = 16;

    /** By address, the networks of those who said it, and when last. */
    private final Map<Multiaddr, Map<String, Instant>> observers = new LinkedHashMap<>();

    /** When somebody has last said it. */
    private final Map<Multiaddr, Instant> seen = new LinkedHashMap<>();

    /**
     * Takes in what a peer says.
     *
     * @param observed where the peer sees this host
     * @param observer the peer's own address
     * @param reusable true if others can come to that port too: of a connection that this host has accepted, or one of a
     *     transport that dials from its listening port
     * @return true if {@link #confirmed} may have changed
     */
    boolean observed(Multiaddr observed, InetAddress observer, boolean reusable, Instant now) {
        boolean plausible = reusable
                && IpClass.of(observer) == IpClass.PUBLIC
                && observed.ip().isPresent()
                && IpClass.of(observed) == IpClass.PUBLIC
                && !observed.has(Part.P2P)
                && !observed.has(Part.P2P_CIRCUIT);
        if (!plausible) {
            return false;
        }
        List<Multiaddr> before = confirmed(now);
        Map<String, Instant> networks = observers.get(observed);
        if (networks == null) {
            makeRoom();
            networks = new HashMap<>();
            observers.put(observed, networks);
        }
        String group = IpClass.group(observer);
        if (networks.containsKey(group) || networks.size() < MAX_OBSERVERS) {
            networks.put(group, now);
        }
        return !confirmed(now).equals(before);
    }

    /** The least confirmed one goes, the oldest of them first. */
    private void makeRoom() {
        if (observers.size() < MAX_ADDRESSES) {
            return;
        }
        Optional<Multiaddr> least = observers.entrySet().stream()
                .min(Comparator.comparingInt(entry -> entry.getValue().size()))
                .map(Map.Entry::getKey);
        least.ifPresent(observers::remove);
    }

    /** A public address from which this host's packets come, as somebody has said: true or not. */
    void seen(Multiaddr address, Instant now) {
        if (address.ip().isPresent()
                && IpClass.of(address) == IpClass.PUBLIC
                && !address.has(Part.P2P)
                && !address.has(Part.P2P_CIRCUIT)) {
            seen.remove(address);
            if (seen.size() >= MAX_ADDRESSES) {
                seen.remove(seen.keySet().iterator().next());
            }
            seen.put(address, now);
        }
    }

    /** All that somebody has said, the newest first. */
    List<Multiaddr> seen(Instant now) {
        seen.values().removeIf(at -> at.plus(TTL).isBefore(now));
        return List.copyOf(seen.keySet()).reversed();
    }

    /** The addresses that enough others agree on, in an order of their own. */
    List<Multiaddr> confirmed(Instant now) {
        observers.values().forEach(by -> by.values().removeIf(at -> at.plus(TTL).isBefore(now)));
        observers.values().removeIf(Map::isEmpty);
        return observers.entrySet().stream()
                .filter(entry -> entry.getValue().size() >= CONFIRMATIONS)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }
}
