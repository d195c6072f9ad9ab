package network.guts.libp2p.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections on one socket, until it is closed: running out of descriptors only slows it down. */
public final class TcpListener implements Closeable {
    /** Connections that the kernel completes before they are accepted; it may take fewer. */
    private static final int BACKLOG = 1024;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(TcpListener.class);

    /** True if a dial can leave from a port that is listened on: not on every system. */
    static final boolean REUSE_PORT = reusePort();

    private final ServerSocketChannel server;
    private final InetSocketAddress bound;
    private final Consumer<SocketChannel> accepted;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread acceptor;

    private TcpListener(ServerSocketChannel server, InetSocketAddress bound, Consumer<SocketChannel> accepted) {
        this.server = server;
        this.bound = bound;
        this.accepted = accepted;
        this.acceptor = Thread.ofVirtual().name("tcp-accept-" + bound.getPort()).unstarted(this::acceptAll);
    }

    /**
     * Binds the socket. Connections are taken once {@link #start} is called.
     *
     * @param accepted gets each connection and owns it; must not block
     * @throws IOException if the address is taken, or none of this machine
     */
    public static TcpListener bind(InetSocketAddress address, Consumer<SocketChannel> accepted) throws IOException {
        boolean ip4 = address.getAddress().getAddress().length == 4;
        ServerSocketChannel server =
                ServerSocketChannel.open(ip4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        boolean ready = false;
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address, BACKLOG);
            if (REUSE_PORT) {
                // Only now: two programs that listen on one port must not both succeed.
                server.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            if (!(server.getLocalAddress() instanceof InetSocketAddress bound)) {
                throw new IOException("a server socket without an address");
            }
            ready = true;
            return new TcpListener(server, bound, accepted);
        } finally {
            if (!ready) {
                server.close();
            }
        }
    }

    private static boolean reusePort() {
        try (ServerSocketChannel probe = ServerSocketChannel.open()) {
            return probe.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT);
        } catch (IOException e) {
            LOG.debug("dials do not leave from the listening port: {}", e.toString());
            return false;
        }
    }

    public TcpListener start() {
        acceptor.start();
        return this;
    }

    /** The address and port that were bound. */
    public InetSocketAddress bound() {
        return bound;
    }

    private void acceptAll() {
        Duration pause = FIRST_PAUSE;
        while (server.isOpen()) {
            try {
                hand(server.accept());
                pause = FIRST_PAUSE;
            } catch (ClosedChannelException e) {
                LOG.debug("listener on port {} ended", bound.getPort());
                return;
            } catch (IOException | RuntimeException e) {
                LOG.warn(
                        "cannot accept on port {}, next try in {} ms: {}",
                        bound.getPort(),
                        pause.toMillis(),
                        e.toString());
                if (closedWithin(pause)) {
                    return;
                }
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    private void hand(SocketChannel channel) throws IOException {
        boolean handed = false;
        try {
            TcpDialer.prepare(channel);
            accepted.accept(channel);
            handed = true;
        } catch (IOException goneAlready) {
            LOG.debug("a connection ended before it was accepted: {}", goneAlready.toString());
        } finally {
            if (!handed) {
                channel.close();
            }
        }
    }

    private boolean closedWithin(Duration pause) {
        try {
            return closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** The port is free when this returns: the socket lives on until the thread has left it. */
    @Override
    public void close() throws IOException {
        closed.countDown();
        server.close();
        try {
            if (acceptor.getState() != Thread.State.NEW && !acceptor.join(STOP_TIMEOUT)) {
                LOG.warn("the listener on port {} does not end", bound.getPort());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
