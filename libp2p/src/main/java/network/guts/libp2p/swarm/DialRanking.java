package network.guts.libp2p.swarm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.libp2p.tcp.IpClass;

/**
 * In which order the addresses of a peer are dialled, and how long each waits for those before it. Pure.
 *
 * <p>Addresses that only mean something nearby and public ones are two groups that begin at once: the first costs nothing
 * where the peer is near, and must not hold the second up where it is not. In each, QUIC comes before TCP, and IPv6 and
 * IPv4 take turns. Relays come last. Within a kind the given order stays: what worked before comes first.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8305">RFC 8305, happy eyeballs</a>
 */
final class DialRanking {
    /** RFC 8305's Connection Attempt Delay: an answer from across the world comes within it. */
    static final Duration HEAD_START = Duration.ofMillis(250);

    /** Nearby, a UDP answer takes a few milliseconds; go-libp2p waits as long. */
    static final Duration NEARBY_HEAD_START = Duration.ofMillis(30);

    /** Whoever can be reached directly shall be; go-libp2p waits as long. */
    static final Duration RELAY_DELAY = Duration.ofMillis(500);

    /**
     * An address and when it is its turn.
     *
     * @param delay from the beginning of the dial, unless those before it have failed sooner
     */
    record Planned(Multiaddr address, Duration delay) {}

    private DialRanking() {}

    /** All {@code addresses}, in the order of their turns. */
    static List<Planned> rank(Collection<Multiaddr> addresses) {
        List<Multiaddr> nearby = new ArrayList<>();
        List<Multiaddr> others = new ArrayList<>();
        List<Multiaddr> relays = new ArrayList<>();
        for (Multiaddr address : addresses) {
            if (address.has(Part.P2P_CIRCUIT)) {
                relays.add(address);
            } else if (IpClass.of(address) == IpClass.PUBLIC) {
                others.add(address);
            } else {
                nearby.add(address);
            }
        }
        List<Planned> plan = new ArrayList<>();
        direct(nearby, NEARBY_HEAD_START, plan);
        direct(others, HEAD_START, plan);
        Duration relayDelay = plan.isEmpty() ? Duration.ZERO : RELAY_DELAY;
        plan.sort(Comparator.comparing(Planned::delay));
        oneByOne(relays, relayDelay, plan);
        plan.sort(Comparator.comparing(Planned::delay));
        return List.copyOf(plan);
    }

    private static void direct(List<Multiaddr> addresses, Duration headStart, List<Planned> plan) {
        List<Multiaddr> quic = addresses.stream().filter(DialRanking::isQuic).toList();
        List<Multiaddr> rest = addresses.stream().filter(a -> !isQuic(a)).toList();
        oneByOne(quic, Duration.ZERO, plan);
        oneByOne(rest, quic.isEmpty() ? Duration.ZERO : headStart, plan);
    }

    private static boolean isQuic(Multiaddr address) {
        return address.has(Part.QUIC_V1) || address.has(Part.QUIC);
    }

    /** IPv6 and the others by turns, each a head start after the one before. */
    private static void oneByOne(List<Multiaddr> addresses, Duration first, List<Planned> plan) {
        Deque<Multiaddr> six = new ArrayDeque<>();
        Deque<Multiaddr> four = new ArrayDeque<>();
        for (Multiaddr address : addresses) {
            boolean isSix = address.components().getFirst().part() == Part.IP6;
            (isSix ? six : four).add(address);
        }
        Duration delay = first;
        boolean sixNext = true;
        while (!six.isEmpty() || !four.isEmpty()) {
            boolean takeSix = four.isEmpty() || sixNext && !six.isEmpty();
            plan.add(new Planned(takeSix ? six.remove() : four.remove(), delay));
            sixNext = !takeSix;
            delay = delay.plus(HEAD_START);
        }
    }
}
