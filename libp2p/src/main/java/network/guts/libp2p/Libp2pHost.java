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
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.AddressBook;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Reachability;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.autonat.Autonat;
import network.guts.libp2p.autonat.ToldAddresses;
import network.guts.libp2p.dcutr.Dcutr;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.identify.Identify;
import network.guts.libp2p.identify.SelfDescription;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.noise.NoiseProtocol;
import network.guts.libp2p.ping.Ping;
import network.guts.libp2p.portmap.PortMapper;
import network.guts.libp2p.quic.QuicConfig;
import network.guts.libp2p.quic.QuicTransport;
import network.guts.libp2p.relay.CircuitTransport;
import network.guts.libp2p.relay.RelayService;
import network.guts.libp2p.relay.Reservations;
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
import network.guts.libp2p.upgrade.MeasuredUpgrader;
import network.guts.libp2p.upgrade.TcpUpgrader;
import network.guts.libp2p.upgrade.Upgrader;
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
    private final Autonat autonat;
    private final Optional<PortMapper> portMapper;
    private final Reservations reservations;
    private final RelayService relayService;
    private final Dcutr dcutr;
    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch closing = new CountDownLatch(1);

    /**
     * A host that does nothing yet.
     *
     * @param database for the address book; stays the caller's, and must outlive the host
     * @throws IOException if the address book's tables cannot be made
     */
    public Libp2pHost(HostConfig config, Database database, InstantSource clock) throws IOException {
        this(config, Optional.of(database), clock);
    }

    private Libp2pHost(HostConfig config, Optional<Database> database, InstantSource clock) throws IOException {
        HostMetrics metrics = new HostMetrics(config.metrics());
        this.config = config;
        this.protocols = new Protocols(this::protocolsChanged);
        this.self = new SelfDescription(config.identity(), config.agentVersion(), protocols::ids, clock);
        this.book = database.isPresent()
                ? new StoredAddressBook(database.get(), clock, this::connectedPeers)
                : StoredAddressBook.inMemory(clock, this::connectedPeers);
        Upgrader upgrader = upgrader(config, config.identity(), clock, metrics);
        CircuitTransport circuits = new CircuitTransport(peerId(), upgrader);
        this.transports = new Transports(tcp(upgrader), quic(config, config.identity(), clock), circuits);
        this.swarm = new Swarm(config, transports, book, clock, protocols, events, metrics, this::ready);
        this.identify = new Identify(self, swarm, book, events, clock, this::addressesMayHaveChanged);
        this.ping = new Ping(swarm, metrics);
        metrics.watch(
                swarm.connections()::infos,
                swarm.resources()::inUse,
                config.limits().byName(),
                book::size);
        this.reservations = new Reservations(peerId(), swarm, clock, this::addressesMayHaveChanged);
        this.relayService = new RelayService(
                config.identity(), swarm, protocols, config.relay().limits(), clock, this::addresses);
        this.dcutr = new Dcutr(swarm, book, this::punchAddresses);
        this.portMapper = config.nat()
                .portMapping()
                .map(mapping -> new PortMapper(mapping, this::sockets, this::addressesMayHaveChanged));
        PrivateKey caller = PrivateKey.generate(new SecureRandom());
        this.autonat = new Autonat(
                config.nat(),
                swarm,
                protocols,
                new OwnAddresses(),
                events,
                clock,
                asItself -> dialBack(config, asItself ? config.identity() : caller, clock, metrics),
                this::addressesMayHaveChanged);
        identify.serve(protocols);
        ping.serve(protocols);
        dcutr.serve(protocols);
        circuits.attach(swarm, reservations, protocols);
        config.relay().relays().forEach(reservations::keep);
        events.listen(reservations);
        events.listen(relayService);
        events.listen(new HostListener() {
            @Override
            public void reachabilityChanged(Reachability now) {
                assumeReachability(now);
            }
        });
    }

    /**
     * A host that does nothing yet, and that needs no file: its address book is gone with it.
     *
     * @throws IOException if this platform lacks what the host needs
     */
    public static Libp2pHost create(HostConfig config) throws IOException {
        return new Libp2pHost(config, Optional.empty(), InstantSource.system());
    }

    private static Upgrader upgrader(HostConfig config, PrivateKey identity, InstantSource clock, HostMetrics metrics) {
        return new MeasuredUpgrader(new TcpUpgrader(security(config, identity, clock), yamux(config)), metrics);
    }

    private static TcpTransport tcp(Upgrader upgrader) {
        return new TcpTransport(new TcpDialer(AddressResolver.NUMERIC), upgrader);
    }

    private static QuicTransport quic(HostConfig config, PrivateKey identity, InstantSource clock) {
        return new QuicTransport(identity, clock, QuicConfig.DEFAULT.keepAliveAtMost(config.keepAlive()));
    }

    /** What AutoNAT dials others back with: from ports of its own, where nobody listens. */
    private static Transports dialBack(
            HostConfig config, PrivateKey identity, InstantSource clock, HostMetrics metrics) {
        return new Transports(tcp(upgrader(config, identity, clock, metrics)), quic(config, identity, clock));
    }

    private static List<SecurityProtocol> security(HostConfig config, PrivateKey identity, InstantSource clock) {
        List<SecurityProtocol> protocols = new ArrayList<>();
        for (HostConfig.Security each : config.security()) {
            protocols.add(
                    switch (each) {
                        case NOISE -> new NoiseProtocol(identity, new SecureRandom());
                        case TLS -> new TlsProtocol(identity, clock);
                    });
        }
        return protocols;
    }

    /** Whoever wants to know often if a connection still lives waits as short for the answer. */
    private static YamuxConfig yamux(HostConfig config) {
        YamuxConfig usual = YamuxConfig.DEFAULT;
        Duration asked = config.keepAlive();
        return new YamuxConfig(
                usual.maxInboundStreams(),
                usual.maxWindow(),
                usual.maxWindowGrowth(),
                asked,
                asked.compareTo(usual.pingTimeout()) < 0 ? asked : usual.pingTimeout(),
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
        dcutr.identified(connection);
    }

    /** Where this host may be found by somebody who tries it at once, likely or not. */
    private List<Multiaddr> punchAddresses() {
        Set<Multiaddr> all = new LinkedHashSet<>(identify.seenAddresses());
        all.addAll(self.addresses());
        return List.copyOf(all);
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
        self.addresses(toldAddresses());
        events.start();
        identify.start();
        transports.start();
        autonat.start();
        portMapper.ifPresent(PortMapper::start);
        serveRelay(config.relay().service() == RelayConfig.Service.ON);
        reservations.keepHouse();
        Thread.ofVirtual().name("host-housekeeping").start(this::keepHouse);
        LOG.info("{} listens on {}", peerId(), self.addresses());
        return this;
    }

    /** All that are known, the surest first. */
    private final class OwnAddresses implements Autonat.OwnAddresses {
        @Override
        public List<Multiaddr> all() {
            Set<Multiaddr> all = new LinkedHashSet<>(config.announce());
            all.addAll(mapped());
            all.addAll(sockets());
            all.addAll(identify.confirmedAddresses());
            return List.copyOf(all);
        }

        @Override
        public List<Multiaddr> listening() {
            return sockets();
        }
    }

    /** Where this host listens itself: without relays. */
    private List<Multiaddr> sockets() {
        return transports.addresses().stream()
                .filter(address -> !address.has(Multiaddr.Part.P2P_CIRCUIT))
                .toList();
    }

    private List<Multiaddr> toldAddresses() {
        List<Multiaddr> own = new ArrayList<>(transports.addresses());
        own.addAll(mapped());
        own.addAll(identify.confirmedAddresses());
        return ToldAddresses.of(config.nat().scope(), config.announce(), own, autonat.verdicts());
    }

    private List<Multiaddr> mapped() {
        return portMapper.map(PortMapper::addresses).orElse(List.of());
    }

    /** Whether others can dial this host, as far as AutoNAT found out. */
    public Reachability reachability() {
        return autonat.reachability();
    }

    /** This host's addresses, those that others are told first, with what AutoNAT found out about each. */
    public List<AddressStatus> addressStatus() {
        Map<Multiaddr, Reachability> verdicts = autonat.verdicts();
        List<Multiaddr> told = self.addresses();
        List<Multiaddr> mapped = mapped();
        Set<Multiaddr> all = new LinkedHashSet<>(told);
        all.addAll(verdicts.keySet());
        return all.stream()
                .map(address -> new AddressStatus(
                        address,
                        verdicts.getOrDefault(address, Reachability.UNKNOWN),
                        told.contains(address),
                        mapped.contains(address)))
                .toList();
    }

    private void keepHouse() {
        try {
            for (long round = 1; !closing.await(HOUSEKEEPING.toMillis(), TimeUnit.MILLISECONDS); round++) {
                try {
                    swarm.keepHouse();
                    swarm.connections().silent().forEach(ping::keepAlive);
                    reservations.keepHouse();
                    relayService.keepHouse();
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
        if (self.addresses(toldAddresses())) {
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

    /**
     * Tells the host whether others get through to it, as AutoNAT does, for a program that knows it from elsewhere: who is
     * not reached takes places with relays among its peers, who is reached relays for others if it was configured so
     * ({@link RelayConfig.Service#AUTO}).
     */
    public void assumeReachability(Reachability now) {
        LOG.info("reachability of {}: {}", peerId(), now);
        reservations.reachability(now);
        if (config.relay().service() == RelayConfig.Service.AUTO) {
            serveRelay(now == Reachability.PUBLIC);
        }
    }

    /** Begins to relay for others, or ends it: circuits are reset then. */
    public void serveRelay(boolean serve) {
        relayService.serve(serve);
    }

    /** What this host does with relays now. */
    public RelayStatus relayStatus() {
        return new RelayStatus(
                relayService.serving(), relayService.reservations(), relayService.circuits(), reservations.all());
    }

    /** Why a relayed connection to {@code peer} is all that there is; empty while a direct one is there or looked for. */
    public Optional<String> whyRelayed(PeerId peer) {
        return swarm.connections().best(peer).flatMap(Connection::whyRelayed);
    }

    /**
     * Lets {@code protocol} be opened over limited connections, as identify and ping are: for small things. Others wait
     * for a direct connection, and fail without one.
     */
    public void allowLimited(String protocol) {
        swarm.allowLimited(protocol);
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
            portMapper.ifPresent(PortMapper::close);
            identify.close();
            relayService.serve(false);
            swarm.close();
            events.close();
            book.close();
            try {
                autonat.close();
            } finally {
                transports.close();
            }
        }
    }
}
