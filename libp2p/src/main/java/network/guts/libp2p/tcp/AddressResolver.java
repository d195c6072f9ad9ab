package network.guts.libp2p.tcp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Component;
import network.guts.core.Multiaddr.Part;
import network.guts.libp2p.transport.UnsupportedAddressException;

/** From an address to the sockets to dial; the place where names would be looked up. */
@FunctionalInterface
public interface AddressResolver {
    /** Numeric TCP addresses alone. */
    AddressResolver NUMERIC = AddressResolver::numeric;

    /**
     * The socket address of {@code address}, which has no {@code /p2p} part.
     *
     * @throws UnsupportedAddressException with the reason, if it cannot be dialled here
     */
    InetSocketAddress resolve(Multiaddr address) throws UnsupportedAddressException;

    private static InetSocketAddress numeric(Multiaddr address) throws UnsupportedAddressException {
        Component first = address.components().getFirst();
        switch (first.part()) {
            case IP4, IP6 -> {}
            case DNS, DNS4, DNS6, DNSADDR -> throw new UnsupportedAddressException("names are not supported");
            default ->
                throw new UnsupportedAddressException(
                        "addresses of " + first.part().text() + " are not supported");
        }
        if (address.has(Part.P2P_CIRCUIT)) {
            throw new UnsupportedAddressException("relays are not supported");
        }
        if (address.components().size() != 2 || address.components().get(1).part() != Part.TCP) {
            String last = address.components().getLast().part().text();
            throw new UnsupportedAddressException("only TCP is supported, not " + last);
        }
        InetAddress ip = address.ip().orElseThrow(() -> new IllegalStateException("an address of IP has one"));
        int port = address.port().orElseThrow(() -> new IllegalStateException("an address of TCP has a port"));
        return new InetSocketAddress(ip, port);
    }
}
