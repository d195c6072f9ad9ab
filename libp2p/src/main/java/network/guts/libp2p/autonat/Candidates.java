package network.guts.libp2p.autonat;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Component;
import network.guts.core.Multiaddr.Part;
import network.guts.core.host.ConnectionInfo;
import network.guts.libp2p.tcp.IpClass;

/**
 * The addresses worth asking about: those that this host has, and where others see it. Whether the port is open at an
 * address where others see it is a guess, and AutoNAT is there to tell. Pure, and for one thread at a time.
 */
final class Candidates {
    /** A single peer must not make this host ask around about just any address. */
    static final int OBSERVERS = 2;

    /** Connections come and go; an address at which others saw this host stays a candidate for so long. */
    static final Duration TTL = Duration.ofMinutes(40);

    /** A host behind one NAT has two or three. */
    static final int MAX_SEEN = 16;

    /**
     * Where a peer sees this host.
     *
     * @param connection over which it said so
     */
    record Observation(Multiaddr observed, ConnectionInfo connection) {}

    private final IpClass scope;
    private final Map<Multiaddr, Instant> seen = new LinkedHashMap<>();

    /**
     * @param scope the narrowest kind of address that is worth asking about
     */
    Candidates(IpClass scope) {
        this.scope = scope;
    }

    /**
     * All of them, the surest first.
     *
     * @param own this host's addresses, the surest first
     * @param listening those of its sockets
     */
    List<Multiaddr> all(List<Multiaddr> own, List<Multiaddr> listening, List<Observation> observations, Instant now) {
        observe(listening, observations, now);
        seen.values().removeIf(at -> !at.plus(TTL).isAfter(now));
        Set<Multiaddr> all = new LinkedHashSet<>();
        own.stream().filter(this::worth).forEach(all::add);
        all.addAll(seen.keySet());
        return List.copyOf(all);
    }

    /** Whether an address can be asked about, and is worth it. */
    private boolean worth(Multiaddr address) {
        IpClass kind = IpClass.of(address);
        return address.ip().isPresent()
                && kind != IpClass.LINK_LOCAL
                && kind.compareTo(scope) >= 0
                && !address.has(Part.P2P)
                && !address.has(Part.P2P_CIRCUIT);
    }

    private void observe(List<Multiaddr> listening, List<Observation> observations, Instant now) {
        Map<Multiaddr, Set<String>> observers = new HashMap<>();
        Map<InetAddress, Set<String>> ips = new LinkedHashMap<>();
        for (Observation each : observations) {
            Multiaddr observed = each.observed;
            Optional<InetAddress> ip = observed.ip();
            // Who stands nearby sees an address that means something nearby.
            if (ip.isEmpty() || !worth(observed) || IpClass.of(observed) != IpClass.of(each.connection.address())) {
                continue;
            }
            String voter = Voters.of(each.connection);
            ips.computeIfAbsent(ip.get(), key -> new HashSet<>()).add(voter);
            if (each.connection.direction() == ConnectionInfo.Direction.INBOUND || observed.has(Part.QUIC_V1)) {
                observers.computeIfAbsent(observed, key -> new HashSet<>()).add(voter);
            }
        }
        ips.forEach((ip, voters) -> {
            if (voters.size() >= OBSERVERS) {
                guesses(ip, listening).forEach(address -> remember(address, now));
            }
        });
        observers.forEach((address, voters) -> {
            if (voters.size() >= OBSERVERS) {
                remember(address, now);
            }
        });
    }

    private void remember(Multiaddr address, Instant now) {
        if (seen.containsKey(address) || seen.size() < MAX_SEEN) {
            seen.put(address, now);
        }
    }

    /** A router that was told to forward ports mostly forwards the same ones. */
    private static List<Multiaddr> guesses(InetAddress ip, List<Multiaddr> listening) {
        Set<Multiaddr> guesses = new LinkedHashSet<>();
        for (Multiaddr address : listening) {
            address.ip().filter(own -> own.getClass() == ip.getClass()).ifPresent(own -> guesses.add(at(ip, address)));
        }
        return List.copyOf(guesses);
    }

    /** {@code address} with another IP address at its front. */
    static Multiaddr at(InetAddress ip, Multiaddr address) {
        List<Component> parts = new ArrayList<>(address.components());
        parts.set(0, Multiaddr.tcp(ip, 1).components().getFirst());
        StringBuilder text = new StringBuilder();
        parts.forEach(text::append);
        try {
            return Multiaddr.parse(text.toString());
        } catch (MalformedException e) {
            throw new IllegalStateException("an address with another IP address is one", e);
        }
    }
}
