package network.guts.libp2p;

import java.util.List;

/**
 * What a host does with relays at one moment.
 *
 * @param serving true if it relays for others
 * @param reservations places that it keeps for others
 * @param circuits that it carries for others
 * @param relays those at which it wants to be reached itself
 */
public record RelayStatus(boolean serving, int reservations, int circuits, List<RelayReservation> relays) {
    public RelayStatus {
        relays = List.copyOf(relays);
    }
}
