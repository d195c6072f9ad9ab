package network.guts.libp2p;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;

/**
 * How it stands with one relay at which this host wants to be reached.
 *
 * @param addresses at which others reach this host through it; empty without a place
 * @param expires until when the place is kept; empty without one
 * @param problem why there is none, or why it was not renewed
 */
public record RelayReservation(
        PeerId relay, List<Multiaddr> addresses, Optional<Instant> expires, Optional<String> problem) {
    public RelayReservation {
        addresses = List.copyOf(addresses);
    }
}
