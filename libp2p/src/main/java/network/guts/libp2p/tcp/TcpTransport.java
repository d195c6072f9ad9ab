package network.guts.libp2p.tcp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.UnsupportedAddressException;
import network.guts.libp2p.upgrade.UpgradedConnection;
import network.guts.libp2p.upgrade.Upgrader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TCP, with the upgrade on top of it. */
public final class TcpTransport implements Transport {
    /** A SYN that was refused is sent again: soon, because the other side's may be under way. */
    private static final Duration BETWEEN_SYNS = Duration.ofMillis(50);

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

    /**
     * Public addresses are dialled from the port that is listened on, so that a NAT keeps one mapping for it and others
     * see where this host can be reached; nearby ones are not, where that tells nothing. If that fails (the port is in
     * use with this very remote, or the remote has dialled at the same moment, and both ends take themselves for the
     * dialler), another port is tried.
     */
    @Override
    public UpgradedConnection dial(Multiaddr address, Optional<PeerId> expected, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        InetSocketAddress target = dialer.target(address);
        Optional<InetSocketAddress> from = IpClass.of(target.getAddress()) == IpClass.PUBLIC
                ? listeners.dialFrom(target.getAddress())
                : Optional.empty();
        if (from.isPresent()) {
            Optional<UpgradedConnection> connection = dialFrom(target, from, expected, deadline);
            if (connection.isPresent()) {
                return connection.get();
            }
        }
        return dialAnew(address, expected, deadline);
    }

    /** Empty if another port may do better. */
    private Optional<UpgradedConnection> dialFrom(
            InetSocketAddress target, Optional<InetSocketAddress> from, Optional<PeerId> expected, long deadline)
            throws IOException {
        SocketChannel channel;
        try {
            channel = dialer.dial(target, from, left(deadline));
        } catch (BindException e) {
            LOG.debug("{} is not dialled from the listening port: {}", target, e.getMessage());
            return Optional.empty();
        }
        try {
            return Optional.of(
                    upgrader.outbound(channel, expected, left(deadline)).reusable());
        } catch (WrongPeerException | SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            LOG.debug("{}: {}, once more from another port", target, e.getMessage());
            return Optional.empty();
        }
    }

    /** A peer that serves other security than what is wanted most is dialled once more and asked. */
    private UpgradedConnection dialAnew(Multiaddr address, Optional<PeerId> expected, long deadline)
            throws IOException {
        SocketChannel channel = dialer.dial(address, left(deadline));
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

    /**
     * TCP's simultaneous open: the two SYNs cross. Where one arrives too early, it is refused or lost, and the next one
     * is sent.
     */
    @Override
    public Optional<UpgradedConnection> punch(Multiaddr address, PeerId expected, boolean client, Duration timeout)
            throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        InetSocketAddress target = dialer.target(address);
        Optional<InetSocketAddress> from = listeners.dialFrom(target.getAddress());
        if (from.isEmpty()) {
            throw new UnsupportedAddressException("this host does not listen where it could dial that from");
        }
        SocketChannel channel = crossing(target, from, deadline);
        if (client) {
            return Optional.of(upgrader.outbound(channel, Optional.of(expected), left(deadline))
                    .reusable());
        }
        UpgradedConnection upgraded = upgrader.inbound(channel, left(deadline));
        if (!upgraded.peer().equals(expected)) {
            upgraded.connection().close("another peer was expected");
            throw new WrongPeerException(expected, upgraded.peer());
        }
        return Optional.of(upgraded.reusable());
    }

    private SocketChannel crossing(InetSocketAddress target, Optional<InetSocketAddress> from, long deadline)
            throws IOException {
        while (true) {
            try {
                return dialer.dial(target, from, left(deadline));
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted() || deadline - System.nanoTime() < BETWEEN_SYNS.toNanos()) {
                    throw e;
                }
            }
            try {
                Thread.sleep(BETWEEN_SYNS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("given up");
            }
        }
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
