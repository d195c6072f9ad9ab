package network.guts.libp2p.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import network.guts.core.Multiaddr;
import network.guts.libp2p.transport.Interfaces;
import network.guts.libp2p.transport.UnsupportedAddressException;

/** All TCP sockets that a host listens on, and the addresses at which they can be reached. */
public final class TcpListeners implements Closeable {
    private static final InetAddress ANY_IP4 = new InetSocketAddress(0).getAddress();

    private final List<TcpListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * Binds all addresses, or none.
     *
     * @throws IOException naming the address that cannot be listened on, and why
     */
    public void bind(List<Multiaddr> addresses, Consumer<SocketChannel> accepted) throws IOException {
        boolean bound = false;
        try {
            for (InetSocketAddress address : Interfaces.withoutRepetition(sockets(addresses))) {
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

    private static List<InetSocketAddress> sockets(List<Multiaddr> addresses) throws IOException {
        List<InetSocketAddress> sockets = new ArrayList<>();
        for (Multiaddr address : addresses) {
            try {
                sockets.add(AddressResolver.NUMERIC.resolve(address));
            } catch (UnsupportedAddressException e) {
                throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
            }
        }
        return sockets;
    }

    private static String text(InetSocketAddress address) {
        return Multiaddr.tcp(address.getAddress(), address.getPort()).toString();
    }

    private static String reason(Exception e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /** What a dial to {@code target} is bound to, for it to leave from a port that is listened on; empty if none does. */
    Optional<InetSocketAddress> dialFrom(InetAddress target) {
        if (!TcpListener.REUSE_PORT) {
            return Optional.empty();
        }
        return listeners.stream()
                .map(TcpListener::bound)
                .filter(bound -> reaches(bound.getAddress(), target))
                .findFirst()
                .map(bound -> new InetSocketAddress(from(bound.getAddress(), target), bound.getPort()));
    }

    private static boolean reaches(InetAddress from, InetAddress target) {
        if (from.isAnyLocalAddress()) {
            return !(from instanceof Inet4Address) || target instanceof Inet4Address;
        }
        return from instanceof Inet4Address == target instanceof Inet4Address
                && from.isLoopbackAddress() == target.isLoopbackAddress();
    }

    /** A listener on {@code ::} takes IPv4 too; a dial does not. */
    private static InetAddress from(InetAddress bound, InetAddress target) {
        boolean sameFamily = bound instanceof Inet4Address == target instanceof Inet4Address;
        return sameFamily ? bound : ANY_IP4;
    }

    /** Where the sockets can be reached now: ports as bound, wildcards as the addresses of the interfaces. */
    public List<Multiaddr> addresses() {
        Set<Multiaddr> addresses = new LinkedHashSet<>();
        for (TcpListener listener : listeners) {
            InetSocketAddress bound = listener.bound();
            for (InetAddress local : Interfaces.reachable(bound.getAddress())) {
                addresses.add(Multiaddr.tcp(local, bound.getPort()));
            }
        }
        return List.copyOf(addresses);
    }

    @Override
    public void close() throws IOException {
        for (TcpListener listener : listeners) {
            listener.close();
        }
    }
}
