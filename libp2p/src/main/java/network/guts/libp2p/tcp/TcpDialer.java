package network.guts.libp2p.tcp;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.libp2p.transport.UnsupportedAddressException;

/** Connects to one address. */
public final class TcpDialer {
    private final AddressResolver resolver;

    public TcpDialer(AddressResolver resolver) {
        this.resolver = resolver;
    }

    /**
     * Waits for the connection at most for {@code timeout}; interrupting the thread ends the wait.
     *
     * @throws IOException with a reason in few words
     */
    public SocketChannel dial(Multiaddr address, Duration timeout) throws IOException {
        return dial(target(address), Optional.empty(), timeout);
    }

    /**
     * The socket address to dial.
     *
     * @throws UnsupportedAddressException with the reason, if it cannot be dialled here
     */
    InetSocketAddress target(Multiaddr address) throws UnsupportedAddressException {
        return resolver.resolve(address);
    }

    /**
     * As {@link #dial(Multiaddr, Duration)}, from a port that is listened on.
     *
     * @throws BindException if the connection cannot leave from there
     */
    SocketChannel dial(InetSocketAddress target, Optional<InetSocketAddress> from, Duration timeout)
            throws IOException {
        SocketChannel channel = from.isEmpty() ? SocketChannel.open() : bound(from.get());
        boolean connected = false;
        try {
            prepare(channel);
            channel.socket().connect(target, Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE));
            connected = true;
            return channel;
        } catch (SocketTimeoutException e) {
            throw reason("no answer within " + timeout.toSeconds() + " s", e);
        } catch (BindException e) {
            throw e;
        } catch (NoRouteToHostException e) {
            throw reason("no route to the host", e);
        } catch (ConnectException e) {
            String message = e.getMessage();
            throw reason(message != null && message.contains("refused") ? "connection refused" : "cannot connect", e);
        } catch (ClosedByInterruptException e) {
            throw reason("given up", e);
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    private static SocketChannel bound(InetSocketAddress from) throws IOException {
        boolean ip4 = from.getAddress() instanceof Inet4Address;
        SocketChannel channel = SocketChannel.open(ip4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        boolean bound = false;
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            channel.bind(from);
            bound = true;
            return channel;
        } finally {
            if (!bound) {
                channel.close();
            }
        }
    }

    /** Small frames must not wait for others, and a dead host should be noticed also by the kernel. */
    static void prepare(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }

    private static IOException reason(String text, IOException cause) {
        return new IOException(text, cause);
    }
}
