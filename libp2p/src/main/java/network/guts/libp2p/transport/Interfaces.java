package network.guts.libp2p.transport;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import network.guts.libp2p.tcp.IpClass;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The addresses of this machine, which wildcards stand for. */
public final class Interfaces {
    private static final Logger LOG = LoggerFactory.getLogger(Interfaces.class);

    private Interfaces() {}

    /** What a socket that is bound to {@code bound} can be reached at; one on {@code ::} takes IPv4 too. */
    public static List<InetAddress> reachable(InetAddress bound) {
        if (!bound.isAnyLocalAddress()) {
            return List.of(bound);
        }
        boolean ip4Only = bound instanceof Inet4Address;
        return all().stream()
                .filter(local -> !ip4Only || local instanceof Inet4Address)
                .toList();
    }

    /** A socket on {@code ::} takes IPv4 too: the same port is not bound twice. */
    public static List<InetSocketAddress> withoutRepetition(List<InetSocketAddress> addresses) {
        List<InetSocketAddress> sockets = new ArrayList<>(addresses);
        sockets.removeIf(socket -> socket.getAddress() instanceof Inet4Address
                && socket.getAddress().isAnyLocalAddress()
                && socket.getPort() != 0
                && sockets.stream()
                        .anyMatch(other -> other.getPort() == socket.getPort()
                                && other.getAddress().isAnyLocalAddress()
                                && !(other.getAddress() instanceof Inet4Address)));
        return sockets;
    }

    /** Public addresses first, loopback last; none that are valid on one link alone. */
    private static List<InetAddress> all() {
        List<InetAddress> found = new ArrayList<>();
        try {
            for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (each.isUp()) {
                    found.addAll(Collections.list(each.getInetAddresses()));
                }
            }
        } catch (IOException e) {
            LOG.warn("the addresses of this machine are not known: {}", e.toString());
        }
        found.removeIf(address -> IpClass.of(address) == IpClass.LINK_LOCAL);
        found.sort(Comparator.comparing((InetAddress address) -> IpClass.of(address))
                .reversed()
                .thenComparing(InetAddress::getHostAddress));
        return found;
    }
}
