package network.guts.libp2p.autonat;

import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Multiaddr;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Reachability;
import network.guts.core.host.Stream;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.autonat.AddressProbes.Outcome;
import network.guts.libp2p.autonat.AddressProbes.Probe;
import network.guts.libp2p.autonat.AddressProbes.Server;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Events;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.swarm.Swarm;
import network.guts.libp2p.tcp.IpClass;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out at which addresses this host can be reached, and does the same for others. */
public final class Autonat implements Closeable {
    public static final String DIAL_REQUEST = "/libp2p/autonat/2/dial-request";
    public static final String DIAL_BACK = "/libp2p/autonat/2/dial-back";

    /** Without news, it is looked this often whether somebody should be asked. */
    private static final Duration IDLE = Duration.ofSeconds(15);

    /** A client opens one for each request, and two requests run at most. */
    private static final int STREAMS_PER_PEER = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Autonat.class);

    /** This host's addresses, whether others are told of them or not. */
    public interface OwnAddresses {
        /** All of them, the surest first. */
        List<Multiaddr> all();

        /** Those of its sockets. */
        List<Multiaddr> listening();
    }

    private final NatConfig config;
    private final Swarm swarm;
    private final Protocols protocols;
    private final OwnAddresses own;
    private final Events events;
    private final InstantSource clock;
    private final Runnable changed;
    private final AutonatClient client;
    private final AutonatServer server;
    private final DialBack dialBack;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    // Guarded by the lock.
    private final Candidates candidates;
    private final AddressProbes probes = new AddressProbes();
    private Map<Multiaddr, Reachability> verdicts = Map.of();
    private Reachability reachability = Reachability.UNKNOWN;
    private Optional<Registration> serving = Optional.empty();
    private boolean awake;
    private boolean closed;

    /**
     * @param changed run when {@link #verdicts} have changed, on a thread of its own
     */
    public Autonat(
            NatConfig config,
            Swarm swarm,
            Protocols protocols,
            OwnAddresses own,
            Events events,
            InstantSource clock,
            DialBack.Maker dialBack,
            Runnable changed) {
        this.config = config;
        this.swarm = swarm;
        this.protocols = protocols;
        this.own = own;
        this.events = events;
        this.clock = clock;
        this.changed = changed;
        IpClass scope = switch (config.scope()) {
            case PUBLIC -> IpClass.PUBLIC;
            case PRIVATE -> IpClass.PRIVATE;
            case LOOPBACK -> IpClass.LOOPBACK;
        };
        SecureRandom random = new SecureRandom();
        this.candidates = new Candidates(scope);
        this.client = new AutonatClient(random, clock);
        this.dialBack = new DialBack(dialBack, () -> !swarm.gate().members().isEmpty());
        this.server = new AutonatServer(
                new DialPolicy(scope, this::mayDialBack),
                this.dialBack::dial,
                RequestLimits.Settings.DEFAULT,
                clock,
                random,
                AutonatServer.LONGEST_WAIT);
    }

    /** Nobody has this host dial where it does not dial itself. */
    private boolean mayDialBack(Multiaddr address) {
        boolean denied =
                address.ip().filter(ip -> swarm.gate().refusal(ip).isPresent()).isPresent();
        return !denied && dialBack.canDial(address);
    }

    /** Serves what the mode says, and begins to ask. */
    public void start() {
        if (config.autonat() == NatConfig.Autonat.OFF) {
            return;
        }
        protocols.serve(DIAL_BACK, client::dialledBack, STREAMS_PER_PEER);
        serveIfReachable();
        events.listen(new HostListener() {
            @Override
            public void identified(Identified peer) {
                wake();
            }

            @Override
            public void addressesChanged() {
                wake();
            }
        });
        Thread.ofVirtual().name("autonat").start(this::run);
    }

    /** Something may have changed: an address, or who can be asked. */
    public void wake() {
        lock.lock();
        try {
            awake = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What others found out about the host. */
    public Reachability reachability() {
        lock.lock();
        try {
            return reachability;
        } finally {
            lock.unlock();
        }
    }

    /** What others found out about each address that they are asked about. */
    public Map<Multiaddr, Reachability> verdicts() {
        lock.lock();
        try {
            return verdicts;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (!isClosed()) {
                boolean asked = false;
                try {
                    asked = askNext();
                } catch (RuntimeException e) {
                    LOG.error("autonat failed", e);
                }
                if (!asked) {
                    awaitNews();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Begins the next request; false if there is none to be made. */
    private boolean askNext() {
        List<Server> servers = servers();
        List<Multiaddr> mine = own.all();
        List<Multiaddr> listening = own.listening();
        Optional<Probe> probe;
        lock.lock();
        try {
            awake = false;
            probes.addresses(candidates.all(mine, listening, observations(), clock.instant()));
            probe = probes.next(servers, clock.instant());
        } finally {
            lock.unlock();
        }
        publish();
        probe.ifPresent(next -> Thread.ofVirtual().name("autonat-probe").start(() -> ask(next)));
        return probe.isPresent();
    }

    private void awaitNews() throws InterruptedException {
        lock.lock();
        try {
            long nanos = IDLE.toNanos();
            while (!awake && !closed && nanos > 0) {
                nanos = news.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Peers that serve and to whom there is a connection without a relay, in an order left to chance. */
    private List<Server> servers() {
        Map<String, Server> servers = new LinkedHashMap<>();
        for (Connection connection : swarm.connections().all()) {
            if (serves(connection)) {
                servers.putIfAbsent(
                        connection.info().peer().toString(),
                        new Server(connection.info().peer(), Voters.of(connection.info()), connection.remoteClass()));
            }
        }
        List<Server> shuffled = new ArrayList<>(servers.values());
        Collections.shuffle(shuffled);
        return shuffled;
    }

    private static boolean serves(Connection connection) {
        return connection.isOpen()
                && connection.info().limit().isEmpty()
                && connection.info().address().ip().isPresent()
                && !connection.info().address().has(Multiaddr.Part.P2P_CIRCUIT)
                && connection
                        .identified()
                        .filter(said -> said.protocols().contains(DIAL_REQUEST))
                        .isPresent();
    }

    private List<Candidates.Observation> observations() {
        List<Candidates.Observation> all = new ArrayList<>();
        for (Connection connection : swarm.connections().all()) {
            connection.observed().ifPresent(address -> all.add(new Candidates.Observation(address, connection.info())));
        }
        return all;
    }

    private void ask(Probe probe) {
        Outcome outcome = new Outcome.Failed();
        try {
            Optional<Connection> connection = swarm
                    .connections()
                    .of(probe.server().peer())
                    .stream()
                    .filter(each ->
                            serves(each) && each.remoteClass() == probe.server().reach())
                    .findFirst();
            if (connection.isPresent()) {
                try (Stream stream = swarm.openNow(connection.get(), DIAL_REQUEST, AutonatClient.ANSWER_TIMEOUT)) {
                    outcome = client.ask(stream, probe.addresses());
                }
            }
            LOG.debug("{} was asked about {}: {}", probe.server().peer(), probe.addresses(), outcome);
        } catch (IOException e) {
            LOG.debug("{} was asked about {}: {}", probe.server().peer(), probe.addresses(), Reasons.of(e));
        } finally {
            lock.lock();
            try {
                probes.done(probe, outcome, clock.instant());
            } finally {
                lock.unlock();
            }
            wake();
        }
    }

    /** Tells what has changed. Runs on one thread. */
    private void publish() {
        boolean verdictsChanged;
        boolean hostChanged;
        Reachability now;
        lock.lock();
        try {
            Map<Multiaddr, Reachability> latest = Collections.unmodifiableMap(probes.verdicts(clock.instant()));
            now = probes.host(clock.instant());
            verdictsChanged = !latest.equals(verdicts);
            hostChanged = now != reachability;
            verdicts = latest;
            reachability = now;
        } finally {
            lock.unlock();
        }
        if (verdictsChanged) {
            changed.run();
        }
        if (hostChanged) {
            LOG.info(
                    "this host {}",
                    switch (now) {
                        case PUBLIC -> "can be reached by others";
                        case PRIVATE -> "cannot be reached by others";
                        case UNKNOWN -> "does not know whether others can reach it";
                    });
            events.add(listener -> listener.reachabilityChanged(now));
        }
        serveIfReachable();
    }

    private void serveIfReachable() {
        boolean listens = !own.listening().isEmpty();
        lock.lock();
        try {
            boolean wanted = !closed
                    && (config.autonat() == NatConfig.Autonat.ON
                            || reachability == Reachability.PUBLIC
                            || reachability == Reachability.UNKNOWN
                                    && config.scope() != NatConfig.Scope.PUBLIC
                                    && listens);
            if (wanted && serving.isEmpty()) {
                serving = Optional.of(protocols.serve(DIAL_REQUEST, server, STREAMS_PER_PEER));
            } else if (!wanted && serving.isPresent()) {
                serving.get().close();
                serving = Optional.empty();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
        dialBack.close();
    }
}
