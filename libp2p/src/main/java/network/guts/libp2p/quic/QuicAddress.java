package network.guts.libp2p.quic;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Component;
import network.guts.core.Multiaddr.Part;
import network.guts.libp2p.transport.UnsupportedAddressException;

/** Addresses such as {@code /ip4/192.0.2.7/udp/9000/quic-v1}. */
final class QuicAddress {
    private QuicAddress() {}

    static boolean is(Multiaddr address) {
        List<Component> parts = address.components();
        return parts.size() == 3
                && parts.get(1).part() == Part.UDP
                && parts.get(2).part() == Part.QUIC_V1;
    }

    static InetSocketAddress socket(Multiaddr address) throws UnsupportedAddressException {
        if (!is(address) || address.ip().isEmpty() || address.port().isEmpty()) {
            throw new UnsupportedAddressException("names are not supported");
        }
        return new InetSocketAddress(address.ip().get(), address.port().get());
    }

    static Multiaddr of(InetSocketAddress socket) {
        return of(socket.getAddress(), socket.getPort());
    }

    static Multiaddr of(InetAddress ip, int port) {
        Component first = Multiaddr.tcp(ip, port).components().getFirst();
        try {
            return Multiaddr.parse(first + "/udp/" + port + "/quic-v1");
        } catch (MalformedException e) {
            throw new IllegalArgumentException("no socket address: " + ip + " port " + port, e);
        }
    }
}
