package network.guts.libp2p.autonat;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.libp2p.tcp.IpClass;

/**
 * Which address a server dials for a client. A public one may be asked for by anybody. One that is not public means
 * something only where the client itself is: so it is dialled for a client that is connected at an address of just that
 * kind, and only if this host checks such addresses at all ({@code scope}). No peer of the public network can make this
 * host knock at doors in the network that it stands in.
 *
 * @param scope the narrowest kind of address that is dialled
 * @param dialable whether this host can dial an address: it has the transport, and a route
 */
record DialPolicy(IpClass scope, Predicate<Multiaddr> dialable) {
    /**
     * What is dialled.
     *
     * @param index of the address in the request
     * @param needsData true if it is elsewhere than where the client is: somebody else may be there, who has not asked for
     *     a handshake
     */
    record Choice(int index, Multiaddr address, boolean needsData) {}

    /**
     * The first address that may be dialled.
     *
     * @param client where the client is connected
     */
    Optional<Choice> choose(List<Optional<Multiaddr>> addresses, Multiaddr client) {
        for (int index = 0; index < addresses.size(); index++) {
            Optional<Multiaddr> address = addresses.get(index);
            if (address.isPresent() && allows(address.get(), client)) {
                boolean elsewhere = !address.get().ip().equals(client.ip());
                return Optional.of(new Choice(index, address.get(), elsewhere));
            }
        }
        return Optional.empty();
    }

    /** A name is not dialled: it could stand for an address that is refused. */
    private boolean allows(Multiaddr address, Multiaddr client) {
        if (address.ip().isEmpty() || address.has(Part.P2P_CIRCUIT) || client.has(Part.P2P_CIRCUIT)) {
            return false;
        }
        IpClass kind = IpClass.of(address);
        boolean shared = kind == IpClass.PUBLIC || kind.compareTo(scope) >= 0 && kind == IpClass.of(client);
        return shared && dialable.test(address);
    }
}
