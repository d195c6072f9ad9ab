package network.guts.libp2p.tcp;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import network.guts.core.Multiaddr;

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
        InetSocketAddress target = resolver.resolve(address);
        SocketChannel channel = SocketChannel.open();
        boolean connected = false;
        try {
            prepare(channel);
            channel.socket().connect(target, Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE));
            connected = true;
            return channel;
        } catch (SocketTimeoutException e) {
            throw reason("no answer within " + timeout.toSeconds() + " s", e);
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

    /** Small frames must not wait for others, and a dead host should be noticed also by the kernel. */
    static void prepare(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }

    private static IOException reason(String text, IOException cause) {
        return new IOException(text, cause);
    }
}
