package network.guts.node.daemon;

import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.host.Host;
import network.guts.core.host.Reachability;
import network.guts.core.metrics.Metrics;
import network.guts.dht.Dht;
import network.guts.dht.Kademlia;
import network.guts.dht.KademliaConfig;
import network.guts.gossip.Gossip;
import network.guts.gossip.GossipConfig;
import network.guts.gossip.shell.GossipSub;
import network.guts.libp2p.AddressStatus;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.Libp2pHost;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.RelayConfig;
import network.guts.libp2p.RelayStatus;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.libp2p.limits.Service;
import network.guts.libp2p.perf.PerfServer;
import network.guts.node.config.Config;
import network.guts.node.control.ControlServer;
import network.guts.node.control.ControlSocket;
import network.guts.node.control.Operation;
import network.guts.node.metrics.MetricsServer;
import network.guts.node.metrics.MetricsServer.Health;
import network.guts.node.metrics.ProcessMetrics;
import network.guts.node.metrics.PrometheusMetrics;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.runtime.Database;
import network.guts.sync.DefaultRepositories;
import network.guts.sync.Repositories;
import network.guts.sync.SyncSettings;
import network.guts.sync.model.Topics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: here, and only here, the host, Kademlia, GossipSub and the repositories meet. They start in this order
 * and end in the opposite one.
 */
public final class NodeRuntime implements Node, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRuntime.class);

    private final Home home;
    private final Config config;
    private final Instant started;
    private final HomeSigningKeys signingKeys;
    private final Libp2pHost host;
    private final Dht dht;
    private final Gossip gossip;
    private final Repositories repositories;
    private final Bootstrapper bootstrapper;
    private final GateLists gate;
    private final ControlServer control;
    private final boolean onDemand;
    private final Deque<Part> parts;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Optional<MetricsServer> figures;
    private volatile Health health = Health.STARTING;

    /** Something to be ended. */
    private record Part(String name, AutoCloseable resource) {}

    /**
     * How a node differs from an ordinary one.
     *
     * @param onDemand it was started by a command that needed one
     * @param repositoriesHost what the repositories take for their host: the host itself, or, in the demo, one that lies
     */
    public record Options(boolean onDemand, UnaryOperator<Host> repositoriesHost) {
        public static final Options ORDINARY = new Options(false, UnaryOperator.identity());
    }

    /**
     * Starts a node. When this returns, it can be used.
     *
     * @throws Failure if the home is in use or not writable, a key is damaged, or the port is taken
     */
    public static NodeRuntime start(Home home, Config config, Options options) throws Failure {
        home.prepare();
        Deque<Part> parts = new ArrayDeque<>();
        try {
            parts.push(new Part("lock", HomeLock.take(home)));
            QuarantineSweep.run(home.quarantine(), Instant.now());
            NodeRuntime node = new NodeRuntime(home, config, options, parts);
            LOG.info("ready: {} in network {}", node.host.peerId(), config.network());
            return node;
        } catch (Failure failure) {
            end(parts);
            throw failure;
        } catch (IOException e) {
            end(parts);
            throw Failure.of(e, "starting the node in " + home.path());
        }
    }

    private NodeRuntime(Home home, Config config, Options options, Deque<Part> parts) throws Failure, IOException {
        this.home = home;
        this.config = config;
        this.parts = parts;
        this.onDemand = options.onDemand;
        this.started = Instant.now();
        SecureRandom random = new SecureRandom();
        InstantSource clock = InstantSource.system();
        Optional<PrometheusMetrics> counted = config.metrics().map(address -> new PrometheusMetrics());
        Metrics metrics = counted.isPresent() ? counted.get() : Metrics.none();
        // First, and so last to end: who asks for the health of a node that starts or stops is told.
        this.figures = counted.isPresent() ? Optional.of(serve(config, counted.get())) : Optional.empty();
        PrivateKey key = KeyFile.loadOrCreate(home.nodeKey(), random);
        this.signingKeys = new HomeSigningKeys(home, random);
        Database database = opened("database", Database.open(home.database()));
        Set<PeerId> members = Members.read(config);

        this.host = opened("host", new Libp2pHost(hostConfig(config, key, members, metrics), database, clock));
        this.dht = opened(
                "dht",
                Kademlia.create(
                        host, database, kademlia(config), clock, new SplittableRandom(random.nextLong()), metrics));
        this.gossip = opened("gossip", new GossipSub(host, key, GossipConfig.DEFAULT, metrics, Topics::kind));
        Followers followers = opened("followers", new Followers(host, dht, config.connectionTimeout()));
        NodeNetwork network = new NodeNetwork(dht, gossip, followers);
        DefaultRepositories held = opened(
                "repositories",
                new DefaultRepositories(
                        home.path(),
                        database,
                        options.repositoriesHost.apply(host),
                        network,
                        signingKeys,
                        settings(config, members),
                        clock,
                        random,
                        metrics));
        this.repositories = held;
        network.judge(repositories);
        this.bootstrapper = opened("bootstrap", new Bootstrapper(host, config.bootstrap(), config.connectionTimeout()));

        this.gate = opened(
                "gate",
                GateLists.open(config, lists -> host.gate(rules -> rules.withLists(lists.deny(), lists.allow()))));
        host.allowLimited(Repositories.PROTOCOL);
        if (config.allowPerf()) {
            opened("perf", PerfServer.serve(host));
        }
        listen(config);
        opened("dht mode", DhtMode.follow(config, host, dht));
        dht.start();
        gossip.start();
        repositories.start();
        opened("members", Members.watch(config, members, changed -> {
            held.members(changed);
            host.members(changed);
        }));
        followers.start();
        bootstrapper.start();
        this.control = opened("control", ControlServer.open(ControlSocket.path(home.path()), operations()));
        this.health = Health.READY;
    }

    private MetricsServer serve(Config config, PrometheusMetrics metrics) throws Failure {
        ProcessMetrics.register(metrics, started);
        try {
            return opened("metrics", MetricsServer.open(config.metrics().orElseThrow(), metrics, () -> health));
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.FAILED,
                    "cannot serve metrics on " + config.metrics().orElseThrow() + ": " + e.getMessage(),
                    "another program may use the port: choose one with --metrics, or stop that program",
                    e);
        }
    }

    private <T extends AutoCloseable> T opened(String name, T part) {
        parts.push(new Part(name, part));
        return part;
    }

    private void listen(Config config) throws Failure {
        try {
            host.start();
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.FAILED,
                    "cannot listen: " + e.getMessage(),
                    "another program may use the port: choose one with --listen (now: "
                            + String.join(
                                    " ",
                                    config.listen().stream()
                                            .map(Multiaddr::toString)
                                            .toList())
                            + "), or stop that program",
                    e);
        }
    }

    private static HostConfig hostConfig(Config config, PrivateKey key, Set<PeerId> members, Metrics metrics) {
        return HostConfig.of(key)
                .listen(config.listen())
                .announce(config.announce())
                .maxConnections(config.maxConnections())
                .connectionTimeout(config.connectionTimeout())
                .keepAlive(config.keepaliveInterval())
                .members(members)
                .metrics(metrics)
                .nat(nat(config))
                .relay(new RelayConfig(
                        switch (config.relayServer()) {
                            case OFF -> RelayConfig.Service.OFF;
                            case AUTO -> RelayConfig.Service.AUTO;
                            case ON -> RelayConfig.Service.ON;
                        },
                        RelayConfig.Limits.DEFAULT,
                        config.relays()))
                .perIp(config.limits().addressConnections())
                .inboundRate(config.limits().addressRate())
                .limits(config.limits()
                        .scaled()
                        .with(List.of(
                                new Service("dht", config.kademliaProtocol()),
                                new Service("gossip", "/meshsub/"),
                                new Service("sync", "/guts/sync/", "/guts/via/"))))
                .build();
    }

    /** A network of one's own may lie behind one router, or in containers. */
    private static NatConfig nat(Config config) {
        NatConfig.Scope scope = config.isPublic() ? NatConfig.Scope.PUBLIC : NatConfig.Scope.PRIVATE;
        NatConfig nat = NatConfig.DEFAULT.autonat(config.autonat()).scope(scope);
        return config.portMapping() && !config.listen().isEmpty()
                ? nat.portMapping(NatConfig.PortMapping.AUTOMATIC)
                : nat;
    }

    private static KademliaConfig kademlia(Config config) {
        Map<PeerId, List<Multiaddr>> peers = new LinkedHashMap<>();
        for (Multiaddr address : config.bootstrap()) {
            List<Multiaddr> known = peers.computeIfAbsent(address.peerId().orElseThrow(), peer -> new ArrayList<>());
            address.withoutPeerId().ifPresent(known::add);
        }
        List<PeerInfo> bootstrap = new ArrayList<>();
        peers.forEach((peer, addresses) -> bootstrap.add(new PeerInfo(peer, addresses)));
        return new KademliaConfig(config.kademliaProtocol(), DhtMode.of(config, Reachability.UNKNOWN), bootstrap, true);
    }

    private static SyncSettings settings(Config config, Set<PeerId> members) {
        Config.Seeding seeding = config.seeding();
        return new SyncSettings(
                config.syncMemory(),
                switch (seeding.policy()) {
                    case NONE -> SyncSettings.Policy.NONE;
                    case FOLLOWED -> SyncSettings.Policy.FOLLOWED;
                    case ALL -> SyncSettings.Policy.ALL;
                },
                seeding.maxRepositorySize(),
                seeding.diskQuota(),
                new LinkedHashSet<>(seeding.block()),
                seeding.uplink(),
                members,
                new SyncSettings.Shares(seeding.signerQuota(), seeding.groupQuota()),
                new SyncSettings.PeerRate(seeding.peerRate(), seeding.peerRequests()),
                seeding.via());
    }

    private Map<String, Operation> operations() {
        Map<String, Operation> operations = new LinkedHashMap<>();
        new NodeOperations(this).addTo(operations);
        new PeerOperations(this).addTo(operations);
        new DhtOperations(this).addTo(operations);
        new TopicOperations(this).addTo(operations);
        new GateOperations(this).addTo(operations);
        new RepositoryOperations(this).addTo(operations);
        return operations;
    }

    @Override
    public Home home() {
        return home;
    }

    @Override
    public Config config() {
        return config;
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public Dht dht() {
        return dht;
    }

    @Override
    public Gossip gossip() {
        return gossip;
    }

    @Override
    public Repositories repositories() {
        return repositories;
    }

    @Override
    public Instant started() {
        return started;
    }

    @Override
    public boolean onDemand() {
        return onDemand;
    }

    @Override
    public Duration ping(PeerId peer, Duration timeout) throws IOException {
        return host.ping(peer, timeout);
    }

    @Override
    public void forgetFailures(PeerId peer) {
        host.forgetFailures(peer);
    }

    @Override
    public RelayStatus relayStatus() {
        return host.relayStatus();
    }

    @Override
    public Optional<String> whyRelayed(PeerId peer) {
        return host.whyRelayed(peer);
    }

    @Override
    public PrivateKey signingKey() throws Failure {
        return signingKeys.load();
    }

    @Override
    public Reachability reachability() {
        return host.reachability();
    }

    @Override
    public List<AddressStatus> addressStatus() {
        return host.addressStatus();
    }

    @Override
    public List<Bootstrapper.State> bootstrap() {
        return bootstrapper.states();
    }

    @Override
    public Optional<URI> metricsAddress() {
        return figures.map(MetricsServer::metricsAddress);
    }

    @Override
    public LimitsSnapshot limits() {
        return host.limits();
    }

    @Override
    public GateLists gate() {
        return gate;
    }

    @Override
    public void requestStop() {
        stop.countDown();
    }

    /** Waits until somebody asks the node to stop; false if {@code timeout} came first. */
    public boolean awaitStop(Duration timeout) throws InterruptedException {
        return stop.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How long nobody has asked anything over the control socket. */
    public Duration idle() {
        return control.idle();
    }

    /** Ends everything, the newest part first. May be called twice. */
    @Override
    public void close() {
        requestStop();
        if (closed.compareAndSet(false, true)) {
            health = Health.STOPPING;
            end(parts);
            LOG.info("stopped");
        }
    }

    private static void end(Deque<Part> parts) {
        while (!parts.isEmpty()) {
            Part part = parts.pop();
            try {
                part.resource.close();
            } catch (Exception e) {
                // The others must end all the same.
                LOG.error("ending the {}: {}", part.name, e.getMessage(), e);
            }
        }
    }
}
