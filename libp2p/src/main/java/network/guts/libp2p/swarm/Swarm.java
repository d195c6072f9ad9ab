package network.guts.libp2p.swarm;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.host.Stream;
import network.guts.libp2p.ConnectionStatus;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.dns.DnsNameServer;
import network.guts.libp2p.dns.NameResolver;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.gate.Gater;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.limits.ResourceManager;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.metrics.Result;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.upgrade.UpgradedConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connections of a host: how they come to be, are used, are kept and end. */
public final class Swarm {
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(Swarm.class);

    /** Three attempts at a direct connection, each within its time, take no longer. */
    private static final Duration PUNCHING = Duration.ofSeconds(20);

    private final PeerId self;
    private final HostConfig config;
    private final Transports transports;
    private final StoredAddressBook book;
    private final InstantSource clock;
    private final Connections connections;
    private final StreamServer streams;
    private final ResourceManager resources;
    private final Gater gater;
    private final InboundGate gate;
    private final DialBackoff backoff;
    private final Admission admission = new OwnAdmission();
    private final Dialer dialer;
    private final Events events;
    private final HostMetrics metrics;
    private final Consumer<Connection> ready;
    private final AtomicLong ids = new AtomicLong();
    private final Set<String> limitedProtocols = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param ready told of each new connection, on a thread of its own
     */
    public Swarm(
            HostConfig config,
            Transports transports,
            StoredAddressBook book,
            InstantSource clock,
            Protocols protocols,
            Events events,
            HostMetrics metrics,
            Consumer<Connection> ready) {
        this.self = config.identity().peerId();
        this.config = config;
        this.transports = transports;
        this.book = book;
        this.clock = clock;
        this.events = events;
        this.metrics = metrics;
        this.ready = ready;
        this.connections = new Connections(self, config, clock, events);
        this.resources = new ResourceManager(config.limits(), metrics::refused);
        this.gater = new Gater(config.gate(), resources::refused);
        this.streams = new StreamServer(protocols, resources, config.connectionTimeout(), metrics);
        this.gate = new InboundGate(resources, gater, config.perIp(), config.inboundRate());
        this.backoff = new DialBackoff(clock);
        this.dialer = new Dialer(
                transports,
                new NameResolver(new DnsNameServer(config.dnsServer())),
                book,
                backoff,
                config.connectionTimeout(),
                metrics,
                admission);
    }

    public Connections connections() {
        return connections;
    }

    /** The addresses of {@code peer} may be tried again at once. */
    public void clearBackoff(PeerId peer) {
        backoff.clear(peer);
    }

    /**
     * The preferred connection to {@code peer}, or a new one.
     *
     * @throws IOException naming each address with its reason
     */
    public Connection connect(PeerId peer, Collection<Multiaddr> addresses, Duration timeout) throws IOException {
        Optional<Connection> there = connections.best(peer);
        boolean directWay = addresses.stream().anyMatch(address -> !address.has(Part.P2P_CIRCUIT));
        if (there.isPresent() && !(there.get().relayed() && directWay)) {
            return there.get();
        }
        refuseImpossible(peer);
        try {
            return there.isPresent()
                    ? dialer.connectDirectly(peer, addresses, timeout)
                    : dialer.connect(peer, addresses, timeout);
        } catch (IOException e) {
            // The peer may have come through a relay meanwhile.
            return connections.best(peer).orElseThrow(() -> e);
        }
    }

    private void refuseImpossible(PeerId peer) throws IOException {
        if (closed) {
            throw new IOException("this host is closed");
        }
        if (peer.equals(self)) {
            throw new IOException("a host does not dial itself");
        }
        try {
            gater.check(peer, Optional.empty());
        } catch (RefusedException e) {
            throw new IOException("no connection to " + peer + ": " + e.getMessage(), e);
        }
    }

    /**
     * As {@link #connect}, but a connection through a relay will not do.
     *
     * @throws IOException naming each address with its reason
     */
    public Connection connectDirectly(PeerId peer, Collection<Multiaddr> addresses, Duration timeout)
            throws IOException {
        Optional<Connection> there = connections.direct(peer);
        if (there.isPresent()) {
            return there.get();
        }
        refuseImpossible(peer);
        return dialer.connectDirectly(peer, addresses, timeout);
    }

    /**
     * Dials all {@code addresses} at the moment in which the peer dials this host.
     *
     * @param client true if this host is the client of what comes out
     * @throws IOException naming each address with its reason, if there is no direct connection within {@code timeout}
     */
    public Connection punch(PeerId peer, List<Multiaddr> addresses, boolean client, Duration timeout)
            throws IOException {
        refuseImpossible(peer);
        return new HolePunch(transports, connections, peer, client, admission).run(addresses, timeout);
    }

    /** From now on {@code protocol} is opened over limited connections too. */
    public void allowLimited(String protocol) {
        limitedProtocols.add(protocol);
    }

    /** Opens a stream, and a connection where there is none. */
    public Stream open(PeerId peer, List<String> protocols, Duration timeout) throws IOException {
        long start = System.nanoTime();
        Connection connection = connect(peer, List.of(), timeout);
        if (connection.info().limit().isPresent()) {
            return openLimited(connection, protocols, timeout.minusNanos(System.nanoTime() - start));
        }
        try {
            return open(connection, protocols, timeout.minusNanos(System.nanoTime() - start));
        } catch (IOException e) {
            Duration left = timeout.minusNanos(System.nanoTime() - start);
            if (connection.isOpen() || !left.isPositive()) {
                throw e;
            }
            LOG.debug("{} ended while a stream was opened, once more: {}", connection, Reasons.of(e));
            return open(connect(peer, List.of(), left), protocols, left);
        }
    }

    /** What is not meant for a relay waits for a direct connection, as long as one may be found. */
    private Stream openLimited(Connection relayed, List<String> protocols, Duration timeout) throws IOException {
        List<String> allowed =
                protocols.stream().filter(limitedProtocols::contains).toList();
        if (!allowed.isEmpty()) {
            return open(relayed, allowed, timeout);
        }
        long start = System.nanoTime();
        Duration young = PUNCHING.minus(Duration.between(relayed.info().since(), clock.instant()));
        Duration patience = relayed.whyRelayed().isPresent() ? Duration.ZERO : young;
        Optional<Connection> direct =
                connections.awaitDirect(relayed.info().peer(), patience.compareTo(timeout) < 0 ? patience : timeout);
        if (direct.isEmpty()) {
            throw new IOException(
                    "only a relayed connection to " + relayed.info().peer() + ", and " + protocols
                            + " is not opened over a relay"
                            + relayed.whyRelayed().map(reason -> ": " + reason).orElse(""));
        }
        return open(direct.get(), protocols, timeout.minusNanos(System.nanoTime() - start));
    }

    private Stream open(Connection connection, List<String> protocols, Duration timeout) throws IOException {
        return streams.open(connection, protocols, timeout);
    }

    /**
     * Opens a stream on this very connection.
     *
     * @throws network.guts.core.host.UnsupportedProtocolException if the peer does not serve {@code protocol}
     */
    public Stream openOn(Connection connection, String protocol, Duration timeout) throws IOException {
        return streams.open(connection, List.of(protocol), timeout);
    }

    /** Opens a stream on this very connection; the first read tells if the peer does not serve {@code protocol}. */
    public Stream openNow(Connection connection, String protocol, Duration timeout) throws IOException {
        return streams.openNow(connection, protocol, timeout);
    }

    /** Owns a connection that a listener has accepted. Does not block. */
    public void accepted(Incoming incoming) {
        if (closed) {
            incoming.refuse();
            return;
        }
        try {
            InboundGate.Pass pass = gate.enter(incoming.remote(), incoming::refuse);
            Thread.ofVirtual().name("inbound-" + incoming.address()).start(() -> inbound(incoming, pass));
        } catch (RefusedException e) {
            LOG.debug("connection from {} refused: {}", incoming.address(), e.getMessage());
            incoming.refuse(e);
        }
    }

    private void inbound(Incoming incoming, InboundGate.Pass pass) {
        try (pass) {
            UpgradedConnection upgraded = upgraded(incoming);
            pass.handshakeDone();
            events.awaitRoom();
            Connection connection = admit(upgraded, incoming.transport(), incoming.address(), pass.scope());
            dialer.found(connection, !connections.prefersOwnDial(upgraded.peer()));
            live(connection);
        } catch (IOException e) {
            LOG.debug("inbound connection from {}: {}", incoming.address(), Reasons.of(e));
        }
    }

    /** How a connection of ours, or one that was punched, is taken in. */
    private final class OwnAdmission implements Admission {
        @Override
        public ConnectionScope reserve(PeerId peer, Multiaddr address, Direction direction) throws RefusedException {
            gater.check(peer, address.ip());
            return resources.openConnection(direction, isExempt(peer, address));
        }

        @Override
        public Connection admit(
                UpgradedConnection upgraded, Transport transport, Multiaddr address, ConnectionScope scope)
                throws IOException {
            events.awaitRoom();
            Connection connection = Swarm.this.admit(upgraded, transport.name(), address, scope);
            Thread.ofVirtual()
                    .name("connection-" + connection.info().peer().abbreviated())
                    .start(() -> live(connection));
            return connection;
        }
    }

    private UpgradedConnection upgraded(Incoming incoming) throws IOException {
        long start = System.nanoTime();
        try {
            UpgradedConnection upgraded = incoming.upgrade(config.connectionTimeout());
            metrics.handshake(incoming.transport(), upgraded.security(), Direction.INBOUND, start);
            return upgraded;
        } catch (IOException e) {
            metrics.handshakeFailed(incoming.transport(), Direction.INBOUND, Result.of(e), start);
            throw e;
        }
    }

    /** Peers that somebody here needs, or wants in any case, may go a little beyond the limits of connections. */
    private boolean isExempt(PeerId peer, Multiaddr address) {
        return connections.isProtected(peer) || gater.exempts(peer, address.ip());
    }

    private Connection admit(UpgradedConnection upgraded, String transport, Multiaddr address, ConnectionScope scope)
            throws IOException {
        Direction direction = scope.direction();
        try {
            gater.check(upgraded.peer(), address.ip());
            scope.assign(upgraded.peer(), isExempt(upgraded.peer(), address));
        } catch (RefusedException e) {
            upgraded.connection().close(e.code(), String.valueOf(e.getMessage()));
            throw new IOException(upgraded.peer() + ": " + e.getMessage(), e);
        }
        upgraded.connection().budget(scope);
        ConnectionInfo info = new ConnectionInfo(
                ids.incrementAndGet(),
                upgraded.peer(),
                address,
                direction,
                transport,
                upgraded.security(),
                upgraded.muxer(),
                clock.instant(),
                upgraded.limit());
        Connection connection = new Connection(info, upgraded, scope, clock);
        Optional<String> refusal = connections.add(connection);
        if (refusal.isPresent()) {
            metrics.refused(refusal.get());
            upgraded.connection().close(refusal.get());
            throw new IOException(upgraded.peer() + ": " + refusal.get());
        }
        metrics.opened(info);
        if (!gater.admits(info.peer(), address.ip())) {
            // the rules have changed since they were asked, and whoever changed them may not have seen this connection
            upgraded.connection().close(ErrorCode.GATED, "not let in any more");
        }
        LOG.debug("{}: {} is open", connection, direction);
        return connection;
    }

    /** The life of a connection, from its admission to its end; one place cleans up. */
    private void live(Connection connection) {
        PeerId peer = connection.info().peer();
        String reason = "failed";
        try {
            connections.trim();
            book.seen(peer);
            Thread.ofVirtual().name("ready-" + peer.abbreviated()).start(() -> ready.accept(connection));
            reason = streams.serve(connection);
        } finally {
            connection.muxed().close(reason);
            connection.over();
            connections.remove(connection);
            book.seen(peer);
            LOG.debug("{} ended: {}", connection, reason);
        }
    }

    /** Ends every connection to {@code peer}; false if there was none. */
    public boolean disconnect(PeerId peer, String reason) {
        List<Connection> all = connections.of(peer);
        all.forEach(connection -> connection.muxed().close(Reasons.printable(reason, 100)));
        return !all.isEmpty();
    }

    public void protect(PeerId peer, String tag) {
        connections.protect(peer, tag);
    }

    public void unprotect(PeerId peer, String tag) {
        connections.unprotect(peer, tag);
    }

    public List<ConnectionStatus> status() {
        return connections.all().stream()
                .map(connection -> connection.status(
                        connections.isProtected(connection.info().peer())))
                .toList();
    }

    /** Streams that are open at the moment, both ways. */
    public int openStreams() {
        return streams.open();
    }

    /** Inbound connections that are still in their handshake. */
    public int handshakes() {
        return gate.handshakes();
    }

    /** Changes who is let in: connections that are not wanted any more end. */
    public void gate(UnaryOperator<GateRules> change) {
        gater.change(change);
        for (Connection connection : connections.all()) {
            ConnectionInfo info = connection.info();
            if (!gater.admits(info.peer(), info.address().ip())) {
                connection.muxed().close(ErrorCode.GATED, "not let in any more");
            }
        }
    }

    public GateRules gate() {
        return gater.rules();
    }

    public ResourceManager resources() {
        return resources;
    }

    /** What has to be done again and again; called every second or so. */
    public void keepHouse() {
        connections.closeRetired();
        connections.trim();
        connections.trimKept();
    }

    /** Connections whose peers are still there. */
    public void noteSeen() {
        connections.all().stream()
                .filter(Connection::isOpen)
                .forEach(c -> book.seen(c.info().peer()));
    }

    /** Ends all connections, and waits a moment until they are gone. */
    public void close() {
        closed = true;
        dialer.close();
        connections.close().forEach(connection -> connection.muxed().close("this host is closing"));
        connections.awaitEmpty(STOP_TIMEOUT);
    }
}
