package network.guts.libp2p;

import java.time.Duration;
import java.util.List;
import network.guts.core.Multiaddr;

/**
 * What a host does with relays.
 *
 * @param service whether it is one
 * @param limits what it allows as one
 * @param relays where it keeps places for itself whatever its own reachability: addresses with {@code /p2p/…}
 */
public record RelayConfig(Service service, Limits limits, List<Multiaddr> relays) {
    /** No relay, and none of its own choice. */
    public static final RelayConfig DEFAULT = new RelayConfig(Service.OFF, Limits.DEFAULT, List.of());

    /** Whether this host relays for others. */
    public enum Service {
        OFF,
        /** As long as the host is known to be reachable. */
        AUTO,
        ON
    }

    /**
     * What a relay allows. The defaults are those of go-libp2p.
     *
     * @param reservations places in all
     * @param reservationsPerIp places of peers at one public address (IPv6: one /56); other addresses are not counted
     * @param reservationTime how long a place is kept unless it is asked for again; whole seconds
     * @param circuits at a time, in all
     * @param circuitsPerPeer at a time, from or to one peer
     * @param duration a circuit ends after this long; whole seconds
     * @param bytes a circuit ends when one direction has carried so many
     */
    public record Limits(
            int reservations,
            int reservationsPerIp,
            Duration reservationTime,
            int circuits,
            int circuitsPerPeer,
            Duration duration,
            long bytes) {
        /** A circuit costs two streams and two threads; 256 of them move 64 MiB in two minutes. */
        public static final Limits DEFAULT =
                new Limits(128, 8, Duration.ofHours(1), 256, 16, Duration.ofMinutes(2), 128 * 1024);

        public Limits {
            if (reservations < 1 || reservationsPerIp < 1 || circuits < 1 || circuitsPerPeer < 1 || bytes < 1) {
                throw new IllegalArgumentException("a limit of a relay is at least 1");
            }
            if (reservationTime.toSeconds() < 1 || duration.toSeconds() < 1) {
                throw new IllegalArgumentException("a relay keeps nothing for less than a second");
            }
        }
    }

    /**
     * @throws IllegalArgumentException if a relay's address does not say who is there, or goes through a relay itself
     */
    public RelayConfig {
        relays = List.copyOf(relays);
        for (Multiaddr relay : relays) {
            if (relay.peerId().isEmpty() || relay.has(Multiaddr.Part.P2P_CIRCUIT)) {
                throw new IllegalArgumentException(relay + " is no address of a relay: it must end in /p2p/<peer id>");
            }
        }
    }
}
