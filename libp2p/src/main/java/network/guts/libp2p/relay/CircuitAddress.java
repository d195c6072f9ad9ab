package network.guts.libp2p.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Component;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.libp2p.transport.UnsupportedAddressException;

/**
 * An address such as {@code /ip4/192.0.2.7/tcp/9000/p2p/12D3…/p2p-circuit}, which is that of whoever is reached through
 * that relay.
 *
 * @param relayAddress where the relay is, without {@code /p2p}; empty: somebody must know
 */
record CircuitAddress(PeerId relay, Optional<Multiaddr> relayAddress) {
    static boolean is(Multiaddr address) {
        return address.has(Part.P2P_CIRCUIT);
    }

    /**
     * @param address without the {@code /p2p} of the target
     * @throws UnsupportedAddressException if it names no relay, or goes through more than one
     */
    static CircuitAddress of(Multiaddr address) throws UnsupportedAddressException {
        List<Component> parts = address.components();
        List<Component> relay = parts.subList(0, parts.size() - 1);
        boolean once = parts.getLast().part() == Part.P2P_CIRCUIT
                && relay.stream().noneMatch(component -> component.part() == Part.P2P_CIRCUIT);
        if (!once || relay.isEmpty() || relay.getLast().part() != Part.P2P) {
            throw new UnsupportedAddressException("a relayed address is /…/p2p/<relay>/p2p-circuit");
        }
        Multiaddr whole = joined(relay);
        return new CircuitAddress(
                whole.peerId().orElseThrow(() -> new IllegalStateException("it ends in a peer id")),
                whole.withoutPeerId());
    }

    /** The address of whoever is reached through the relay at {@code address}, which has no {@code /p2p}. */
    static Multiaddr through(Multiaddr address, PeerId relay) {
        List<Component> parts = new ArrayList<>(address.withPeerId(relay).components());
        parts.add(new Component(Part.P2P_CIRCUIT, ""));
        return joined(parts);
    }

    private static Multiaddr joined(List<Component> parts) {
        try {
            return Multiaddr.parse(parts.stream().map(Component::toString).collect(Collectors.joining()));
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not an address: " + parts, e);
        }
    }
}
