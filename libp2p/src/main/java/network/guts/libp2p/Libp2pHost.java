package network.guts.libp2p;

import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.AddressBook;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.identify.Identify;
import network.guts.libp2p.identify.SelfDescription;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.libp2p.noise.NoiseProtocol;
import network.guts.libp2p.ping.Ping;
import network.guts.libp2p.quic.QuicConfig;
import network.guts.libp2p.quic.QuicTransport;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Events;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Swarm;
import network.guts.libp2p.tcp.AddressResolver;
import network.guts.libp2p.tcp.TcpDialer;
import network.guts.libp2p.tcp.TcpTransport;
import network.guts.libp2p.tls.TlsProtocol;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.upgrade.TcpUpgrader;
import network.guts.libp2p.yamux.YamuxConfig;
import network.guts.runtime.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A libp2p host over TCP (Noise or TLS, and Yamux) and QUIC, with identify and ping. Register protocols and listeners,
 * then {@link #start} it; {@link #close} ends everything.
 *
 * @see <a href="https://github.com/libp2p/specs">the specifications</a>
 */
public final class Libp2pHost implements Host, Closeable {
    private static final Duration HOUSEKEEPING = Duration.ofSeconds(1);

    /** Every so many rounds of housekeeping, what changes seldom is looked at. */
    private static final int SELDOM = 60;

    private static final int HOURLY = 3600;

    private static final Logger LOG = LoggerFactory.getLogger(Libp2pHost.class);

    private final HostConfig config;
    private final StoredAddressBook book;
    private final Events events = new Events();
    private final Protocols protocols;
    private final SelfDescription self;
    private final Transports transports;
    private final Swarm swarm;
    private final Identify identify;
    private final Ping ping;
    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch closing = new CountDownLatch(1);

    /**
     * A host that does nothing yet.
     *
     * @param database for the address book; stays the caller's, and must outlive the host
     * @throws IOException if the address book's tables cannot be made
     */
    public Libp2pHost(HostConfig config, Database database, InstantSource clock) throws IOException {
        this.config = config;
        this.protocols = new Protocols(this::protocolsChanged);
        this.self = new SelfDescription(config.identity(), config.agentVersion(), protocols::ids, clock);
        this.book = new StoredAddressBook(database, clock, this::connectedPeers);
        this.transports = new Transports(
                new TcpTransport(
                        new TcpDialer(AddressResolver.NUMERIC),
                        new TcpUpgrader(security(config, clock), yamux(config))),
                new QuicTransport(config.identity(), clock, QuicConfig.DEFAULT.keepAliveAtMost(config.keepAlive())));
        this.swarm = new Swarm(config, transports, book, clock, protocols, events, this::ready);
        this.identify = new Identify(self, swarm, book, events, clock, this::addressesMayHaveChanged);
        this.ping = new Ping(swarm);
        identify.serve(protocols);
        ping.serve(protocols);
    }

    private static List<SecurityProtocol> security(HostConfig config, InstantSource clock) {
        List<SecurityProtocol> protocols = new ArrayList<>();
        for (HostConfig.Security each : config.security()) {
            protocols.add(
                    switch (each) {
                        case NOISE -> new NoiseProtocol(config.identity(), new SecureRandom());
                        case TLS -> new TlsProtocol(config.identity(), clock);
                    });
        }
        return protocols;
    }

    private static YamuxConfig yamux(HostConfig config) {
        YamuxConfig usual = YamuxConfig.DEFAULT;
        return new YamuxConfig(
                usual.maxInboundStreams(),
                usual.maxWindow(),
                usual.maxWindowGrowth(),
                config.keepAlive(),
                usual.pingTimeout(),
                usual.linger());
    }

    private Set<PeerId> connectedPeers() {
        Set<PeerId> peers = new LinkedHashSet<>();
        swarm.connections()
                .all()
                .forEach(connection -> peers.add(connection.info().peer()));
        return peers;
    }

    private void protocolsChanged() {
        self.protocolsChanged();
        identify.wake();
    }

    private void ready(Connection connection) {
        swarm.clearBackoff(connection.info().peer());
        identify.ask(connection);
    }

    /**
     * Listens on the configured addresses and begins to work.
     *
     * @throws IOException naming the address that cannot be listened on; the host listens on none then and must be closed
     * @throws IllegalStateException if it was started before
     */
    public Libp2pHost start() throws IOException {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("a host is started once");
        }
        transports.bind(config.listen(), swarm::accepted);
        self.addresses(ownAddresses());
        events.start();
        identify.start();
        transports.start();
        Thread.ofVirtual().name("host-housekeeping").start(this::keepHouse);
        LOG.info("{} listens on {}", peerId(), self.addresses());
        return this;
    }

    private List<Multiaddr> ownAddresses() {
        List<Multiaddr> all = new ArrayList<>(new LinkedHashSet<>(config.announce()));
        transports.addresses().stream()
                .filter(address -> !all.contains(address))
                .forEach(all::add);
        identify.confirmedAddresses().stream()
                .filter(address -> !all.contains(address))
                .forEach(all::add);
        return all;
    }

    private void keepHouse() {
        try {
            for (long round = 1; !closing.await(HOUSEKEEPING.toMillis(), TimeUnit.MILLISECONDS); round++) {
                try {
                    swarm.keepHouse();
                    swarm.connections().silent().forEach(ping::keepAlive);
                    if (round % SELDOM == 0) {
                        swarm.noteSeen();
                        addressesMayHaveChanged();
                    }
                    if (round % HOURLY == 0) {
                        identify.refreshAddresses();
                    }
                } catch (RuntimeException e) {
                    LOG.error("housekeeping failed", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void addressesMayHaveChanged() {
        if (self.addresses(ownAddresses())) {
            LOG.info("{} can now be reached at {}", peerId(), self.addresses());
            events.add(HostListener::addressesChanged);
            identify.wake();
        }
    }

    @Override
    public PeerId peerId() {
        return config.identity().peerId();
    }

    @Override
    public List<Multiaddr> addresses() {
        return self.addresses();
    }

    @Override
    public SignedEnvelope peerRecord() {
        return self.record();
    }

    @Override
    public AddressBook addressBook() {
        return book;
    }

    @Override
    public ConnectionInfo connect(PeerId peer, Collection<Multiaddr> addresses, Duration timeout) throws IOException {
        return swarm.connect(peer, addresses, timeout).info();
    }

    /** Lets addresses of {@code peer} that failed a moment ago be dialled again at once: for when a person asks. */
    public void forgetFailures(PeerId peer) {
        swarm.clearBackoff(peer);
    }

    @Override
    public Stream open(PeerId peer, List<String> wanted, Duration timeout) throws IOException {
        return swarm.open(peer, wanted, timeout);
    }

    @Override
    public Registration handle(String protocol, StreamHandler handler) {
        return protocols.serve(protocol, handler, Integer.MAX_VALUE);
    }

    /**
     * As {@link #handle(String, StreamHandler)}, with a bound of its own.
     *
     * @param perPeer inbound streams of this protocol that one peer may have open at a time
     */
    public Registration handle(String protocol, int perPeer, StreamHandler handler) {
        return protocols.serve(protocol, handler, perPeer);
    }

    /**
     * Measures one round trip by {@code /ipfs/ping/1.0.0}, connecting first where there is no connection.
     *
     * @param timeout for all of it
     * @throws IOException if the peer cannot be reached, does not serve ping or does not answer in time
     */
    public Duration ping(PeerId peer, Duration timeout) throws IOException {
        return ping.ping(peer, timeout);
    }

    @Override
    public List<ConnectionInfo> connections() {
        return swarm.connections().infos();
    }

    /** The connections with their counters, the oldest first. */
    public List<ConnectionStatus> status() {
        return swarm.status();
    }

    /** Streams that are open at the moment, both ways, over all connections. */
    public int openStreams() {
        return swarm.openStreams();
    }

    /** Inbound connections that are still in their handshake. */
    public int handshakes() {
        return swarm.handshakes();
    }

    @Override
    public boolean isConnected(PeerId peer) {
        return swarm.connections().isConnected(peer);
    }

    @Override
    public Optional<Identified> identified(PeerId peer) {
        return swarm.connections().of(peer).stream()
                .flatMap(connection -> connection.identified().stream())
                .reduce((older, newer) -> newer);
    }

    @Override
    public Optional<Duration> latency(PeerId peer) {
        return swarm.connections().best(peer).flatMap(Connection::latency);
    }

    @Override
    public boolean disconnect(PeerId peer, String reason) {
        return swarm.disconnect(peer, reason);
    }

    /**
     * Changes who is let in while the host runs: connections of others end at once.
     *
     * @param members empty: everybody
     */
    public void members(Set<PeerId> members) {
        swarm.gate(rules -> rules.withMembers(members));
    }

    /** Changes who is let in and dialled while the host runs: connections that are not wanted any more end at once. */
    public void gate(UnaryOperator<GateRules> change) {
        swarm.gate(change);
    }

    /** Who is let in now. */
    public GateRules gate() {
        return swarm.gate();
    }

    /** What is in use in each scope, and what was refused. */
    public LimitsSnapshot limits() {
        return swarm.resources().snapshot();
    }

    /** How often something was refused, by the name of the limit, {@code peer.streams_inbound} say; only rises. */
    public Map<String, Long> refusals() {
        return swarm.resources().refusals();
    }

    @Override
    public void protect(PeerId peer, String tag) {
        swarm.protect(peer, tag);
    }

    @Override
    public void unprotect(PeerId peer, String tag) {
        swarm.unprotect(peer, tag);
    }

    @Override
    public Registration listen(HostListener listener) {
        return events.listen(listener);
    }

    /** Ends the listeners and all connections, and writes the address book. May be called twice. */
    @Override
    public void close() throws IOException {
        closing.countDown();
        try {
            transports.stopListening();
        } finally {
            identify.close();
            swarm.close();
            events.close();
            book.close();
            transports.close();
        }
    }
}
