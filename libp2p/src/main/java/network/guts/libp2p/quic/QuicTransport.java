package network.guts.libp2p.quic;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.libp2p.tls.HostCertificate;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Interfaces;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.UnsupportedAddressException;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** QUIC v1 with the libp2p handshake. Nothing native is loaded before the first address is listened on or dialled. */
public final class QuicTransport implements Transport {
    static final String NAME = "quic-v1";

    private final Supplier<HostCertificate> certificate;
    private final InstantSource clock;
    private final QuicConfig config;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<QuicEndpoint> endpoint = Optional.empty();
    private boolean closed;
    private volatile boolean accepting;

    public QuicTransport(PrivateKey identity, InstantSource clock, QuicConfig config) {
        this(() -> HostCertificate.create(identity, clock), clock, config);
    }

    /** With a certificate of one's own. */
    QuicTransport(Supplier<HostCertificate> certificate, InstantSource clock, QuicConfig config) {
        this.certificate = certificate;
        this.clock = clock;
        this.config = config;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean handles(Multiaddr address) {
        return QuicAddress.is(address);
    }

    private QuicEndpoint endpoint() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("this host is closed");
            }
            if (endpoint.isEmpty()) {
                endpoint = Optional.of(QuicEndpoint.create(certificate, clock, config));
            }
            return endpoint.get();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public UpgradedConnection dial(Multiaddr address, Optional<PeerId> expected, Duration timeout) throws IOException {
        InetSocketAddress target = QuicAddress.socket(address);
        QuicSocket socket = endpoint().socketFor(target.getAddress());
        UpgradedConnection upgraded = socket.dial(target, expected, timeout);
        return socket.listens() ? upgraded.reusable() : upgraded;
    }

    /** The client dials; the server's packets, of no meaning, open its NAT for that. */
    @Override
    public Optional<UpgradedConnection> punch(Multiaddr address, PeerId expected, boolean client, Duration timeout)
            throws IOException {
        if (client) {
            return Optional.of(dial(address, Optional.of(expected), timeout));
        }
        InetSocketAddress target = QuicAddress.socket(address);
        QuicSocket socket = endpoint().socketFor(target.getAddress());
        if (!socket.listens()) {
            throw new UnsupportedAddressException("this host does not listen where it could be reached from there");
        }
        socket.knock(target, timeout);
        return Optional.empty();
    }

    @Override
    public void bind(List<Multiaddr> addresses, Consumer<Incoming> acceptor) throws IOException {
        List<InetSocketAddress> sockets = new ArrayList<>();
        for (Multiaddr address : addresses) {
            sockets.add(QuicAddress.socket(address));
        }
        for (InetSocketAddress socket : Interfaces.withoutRepetition(sockets)) {
            QuicEndpoint ready = endpoint();
            try {
                ready.listen(socket, incoming -> arrived(incoming, acceptor));
            } catch (IOException e) {
                throw new IOException("cannot listen on " + QuicAddress.of(socket) + ": " + e.getMessage(), e);
            }
        }
    }

    private void arrived(Incoming incoming, Consumer<Incoming> acceptor) {
        if (accepting) {
            acceptor.accept(incoming);
        } else {
            incoming.refuse();
        }
    }

    @Override
    public void start() {
        accepting = true;
    }

    @Override
    public List<Multiaddr> addresses() {
        Set<Multiaddr> addresses = new LinkedHashSet<>();
        for (InetSocketAddress bound : current().map(QuicEndpoint::listening).orElse(List.of())) {
            for (InetAddress local : Interfaces.reachable(bound.getAddress())) {
                addresses.add(QuicAddress.of(local, bound.getPort()));
            }
        }
        return List.copyOf(addresses);
    }

    private Optional<QuicEndpoint> current() {
        lock.lock();
        try {
            return endpoint;
        } finally {
            lock.unlock();
        }
    }

    /** The sockets stay: connections use them. */
    @Override
    public void stopListening() {
        accepting = false;
    }

    @Override
    public void close() {
        Optional<QuicEndpoint> last;
        lock.lock();
        try {
            closed = true;
            accepting = false;
            last = endpoint;
            endpoint = Optional.empty();
        } finally {
            lock.unlock();
        }
        last.ifPresent(QuicEndpoint::close);
    }
}
