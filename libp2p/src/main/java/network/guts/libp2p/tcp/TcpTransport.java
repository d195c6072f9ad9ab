package network.guts.libp2p.tcp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.upgrade.UpgradedConnection;
import network.guts.libp2p.upgrade.Upgrader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TCP, with the upgrade on top of it. */
public final class TcpTransport implements Transport {
    private static final Logger LOG = LoggerFactory.getLogger(TcpTransport.class);

    private final TcpDialer dialer;
    private final Upgrader upgrader;
    private final TcpListeners listeners = new TcpListeners();

    public TcpTransport(TcpDialer dialer, Upgrader upgrader) {
        this.dialer = dialer;
        this.upgrader = upgrader;
    }

    @Override
    public String name() {
        return "tcp";
    }

    /** Names too: whoever resolves them says if they are not supported. */
    @Override
    public boolean handles(Multiaddr address) {
        return !address.has(Part.P2P_CIRCUIT)
                && address.components().size() == 2
                && address.components().get(1).part() == Part.TCP;
    }

    /** A peer that serves other security than what is wanted most is dialled once more and asked. */
    @Override
    public UpgradedConnection dial(Multiaddr address, Optional<PeerId> expected, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        SocketChannel channel = dialer.dial(address, timeout);
        try {
            return upgrader.outbound(channel, expected, left(deadline));
        } catch (UnsupportedProtocolException e) {
            if (!upgrader.hasAlternatives()) {
                throw e;
            }
            LOG.debug("{}: {}, asking for another", address, e.getMessage());
        }
        return upgrader.outboundAsking(dialer.dial(address, left(deadline)), expected, left(deadline));
    }

    /** Never nothing: what comes too late ends by its own reason. */
    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(Duration.ofMillis(1).toNanos(), deadline - System.nanoTime()));
    }

    @Override
    public void bind(List<Multiaddr> addresses, Consumer<Incoming> acceptor) throws IOException {
        listeners.bind(addresses, channel -> accepted(channel, acceptor));
    }

    private void accepted(SocketChannel channel, Consumer<Incoming> acceptor) {
        try {
            if (channel.getRemoteAddress() instanceof InetSocketAddress remote) {
                acceptor.accept(new Accepted(channel, remote));
            } else {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("an inbound connection ended at once: {}", e.toString());
            close(channel);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a connection: {}", e.toString());
        }
    }

    @Override
    public void start() {
        listeners.start();
    }

    @Override
    public List<Multiaddr> addresses() {
        return listeners.addresses();
    }

    @Override
    public void stopListening() throws IOException {
        listeners.close();
    }

    @Override
    public void close() throws IOException {
        listeners.close();
    }

    private final class Accepted implements Incoming {
        private final SocketChannel channel;
        private final InetSocketAddress remote;

        Accepted(SocketChannel channel, InetSocketAddress remote) {
            this.channel = channel;
            this.remote = remote;
        }

        @Override
        public Multiaddr address() {
            return Multiaddr.tcp(remote.getAddress(), remote.getPort());
        }

        @Override
        public InetAddress remote() {
            return remote.getAddress();
        }

        @Override
        public String transport() {
            return name();
        }

        @Override
        public UpgradedConnection upgrade(Duration timeout) throws IOException {
            return upgrader.inbound(channel, timeout);
        }

        @Override
        public void refuse() {
            TcpTransport.close(channel);
        }
    }
}
