package network.guts.libp2p.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import network.guts.core.Multiaddr;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All sockets that a host listens on, and the addresses at which they can be reached. */
public final class TcpListeners implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpListeners.class);

    private final List<TcpListener> listeners = new ArrayList<>();

    /**
     * Binds all addresses, or none.
     *
     * @throws IOException naming the address that cannot be listened on, and why
     */
    public void bind(List<Multiaddr> addresses, Consumer<SocketChannel> accepted) throws IOException {
        boolean bound = false;
        try {
            for (InetSocketAddress address : withoutRepetition(addresses)) {
                try {
                    listeners.add(TcpListener.bind(address, accepted));
                } catch (IOException | UnsupportedOperationException e) {
                    throw new IOException("cannot listen on " + text(address) + ": " + reason(e), e);
                }
            }
            bound = true;
        } finally {
            if (!bound) {
                close();
            }
        }
    }

    public void start() {
        listeners.forEach(TcpListener::start);
    }

    /** A socket on {@code ::} takes IPv4 too: the same port is not bound twice. */
    private static List<InetSocketAddress> withoutRepetition(List<Multiaddr> addresses) throws IOException {
        List<InetSocketAddress> sockets = new ArrayList<>();
        for (Multiaddr address : addresses) {
            try {
                sockets.add(AddressResolver.NUMERIC.resolve(address));
            } catch (UnsupportedAddressException e) {
                throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
            }
        }
        sockets.removeIf(socket -> socket.getAddress() instanceof Inet4Address
                && socket.getAddress().isAnyLocalAddress()
                && socket.getPort() != 0
                && sockets.stream()
                        .anyMatch(other -> other.getPort() == socket.getPort()
                                && other.getAddress().isAnyLocalAddress()
                                && !(other.getAddress() instanceof Inet4Address)));
        return sockets;
    }

    private static String text(InetSocketAddress address) {
        return Multiaddr.tcp(address.getAddress(), address.getPort()).toString();
    }

    private static String reason(Exception e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /** Where the sockets can be reached now: ports as bound, wildcards as the addresses of the interfaces. */
    public List<Multiaddr> addresses() {
        Set<Multiaddr> addresses = new LinkedHashSet<>();
        for (TcpListener listener : listeners) {
            InetSocketAddress bound = listener.bound();
            if (!bound.getAddress().isAnyLocalAddress()) {
                addresses.add(Multiaddr.tcp(bound.getAddress(), bound.getPort()));
                continue;
            }
            boolean ip4Only = bound.getAddress() instanceof Inet4Address;
            for (InetAddress local : interfaces()) {
                if (!ip4Only || local instanceof Inet4Address) {
                    addresses.add(Multiaddr.tcp(local, bound.getPort()));
                }
            }
        }
        return List.copyOf(addresses);
    }

    /** Public addresses first, loopback last; none that are valid on one link alone. */
    private static List<InetAddress> interfaces() {
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

    @Override
    public void close() throws IOException {
        for (TcpListener listener : listeners) {
            listener.close();
        }
    }
}
