package network.guts.libp2p.portmap;

import com.offbynull.portmapper.mapper.MappedPort;
import com.offbynull.portmapper.mapper.PortType;
import java.io.Closeable;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.libp2p.NatConfig.PortMapping;
import network.guts.libp2p.tcp.IpClass;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the router map the ports that this host listens on, renews the mappings, and takes them back at the end. Nothing is
 * sent if this machine has a public address itself, or no gateway.
 */
public final class PortMapper implements Closeable {
    /** How long a mapping is asked for: as short as it may be for a host that dies without taking it back. */
    static final Duration LIFETIME = Duration.ofHours(1);

    /** A router that gives less is asked no more often than this. */
    static final Duration SOONEST_RENEWAL = Duration.ofMinutes(1);

    /** After nobody answered; a laptop may have moved. */
    static final Duration RETRY = Duration.ofMinutes(10);

    /** Taking mappings back must not hold up the end for longer; what is left runs out by itself. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    static final Logger LOG = LoggerFactory.getLogger(PortMapper.class);

    private record Mapping(Router.Port port, MappedPort mapped, Multiaddr outside) {}

    private final PortMapping config;
    private final Supplier<List<Multiaddr>> listening;
    private final Runnable changed;
    private final Duration lifetime;
    private final Duration soonestRenewal;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    private final Thread owner = Thread.ofVirtual().name("portmap").unstarted(this::run);

    /** Touched by the owner alone. */
    private Optional<Router> router = Optional.empty();

    // Guarded by the lock.
    private Map<Multiaddr, Mapping> mappings = Map.of();
    private boolean closed;

    /**
     * @param listening the addresses of this host's sockets
     * @param changed run when {@link #addresses} have changed
     */
    public PortMapper(PortMapping config, Supplier<List<Multiaddr>> listening, Runnable changed) {
        this(config, listening, changed, LIFETIME, SOONEST_RENEWAL);
    }

    PortMapper(
            PortMapping config,
            Supplier<List<Multiaddr>> listening,
            Runnable changed,
            Duration lifetime,
            Duration soonestRenewal) {
        this.config = config;
        this.listening = listening;
        this.changed = changed;
        this.lifetime = lifetime;
        this.soonestRenewal = soonestRenewal;
    }

    public void start() {
        owner.start();
    }

    /** Where the router lets others in. */
    public List<Multiaddr> addresses() {
        lock.lock();
        try {
            return mappings.values().stream()
                    .map(Mapping::outside)
                    .filter(address -> IpClass.of(address) != IpClass.LINK_LOCAL)
                    .distinct()
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (pause(round())) {
                LOG.debug("mappings are looked at again");
            }
            takeBack();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            router.ifPresent(Router::close);
        }
    }

    /** False once it is closed. */
    private boolean pause(Duration duration) throws InterruptedException {
        lock.lock();
        try {
            long nanos = duration.toNanos();
            while (!closed && nanos > 0) {
                nanos = closing.awaitNanos(nanos);
            }
            return !closed;
        } finally {
            lock.unlock();
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

    /** Maps or renews what there is to map; returns when it has to be done again. */
    private Duration round() throws InterruptedException {
        if (router.isEmpty()) {
            router = findRouter();
        }
        if (router.isEmpty()) {
            return RETRY;
        }
        Map<Multiaddr, Mapping> before = mappings();
        Map<Multiaddr, Mapping> now = new LinkedHashMap<>();
        for (Multiaddr address : wanted(router.get().internal())) {
            if (isClosed()) {
                break;
            }
            Optional<Mapping> mapping = map(router.get(), address, Optional.ofNullable(before.get(address)));
            mapping.ifPresent(done -> now.put(address, done));
            if (mapping.isEmpty() && now.isEmpty()) {
                break;
            }
        }
        remember(now);
        if (now.isEmpty()) {
            // The next time the gateway is looked up anew: this machine may stand behind another one by then.
            router.get().close();
            router = Optional.empty();
            return RETRY;
        }
        return soonest(now);
    }

    private Duration soonest(Map<Multiaddr, Mapping> now) {
        long seconds = now.values().stream()
                .mapToLong(mapping -> Math.min(mapping.mapped.getLifetime(), lifetime.toSeconds()))
                .min()
                .orElse(lifetime.toSeconds());
        Duration half = Duration.ofSeconds(seconds).dividedBy(2);
        return half.compareTo(soonestRenewal) < 0 ? soonestRenewal : half;
    }

    private Map<Multiaddr, Mapping> mappings() {
        lock.lock();
        try {
            return mappings;
        } finally {
            lock.unlock();
        }
    }

    private void remember(Map<Multiaddr, Mapping> now) {
        List<Multiaddr> before = addresses();
        lock.lock();
        try {
            mappings = now;
        } finally {
            lock.unlock();
        }
        if (!before.equals(addresses())) {
            LOG.info(
                    "the router lets others in at {} ({})",
                    addresses(),
                    router.map(Router::protocol).orElse("none"));
            changed.run();
        }
    }

    private Optional<Router> findRouter() throws InterruptedException {
        Optional<InetAddress> gateway = config.natPmp()
                .or(config::ssdp)
                .map(InetSocketAddress::getAddress)
                .filter(address -> !address.isMulticastAddress());
        if (gateway.isEmpty()) {
            gateway = DefaultGateway.find();
        }
        Optional<InetAddress> internal = gateway.flatMap(DefaultGateway::sourceTo);
        if (gateway.isEmpty() || internal.isEmpty()) {
            LOG.debug("there is no gateway to be asked for ports");
            return Optional.empty();
        }
        if (IpClass.of(internal.get()) == IpClass.PUBLIC) {
            LOG.debug("{} is a public address: no ports need to be mapped", internal.get());
            return Optional.empty();
        }
        return Optional.of(new Router(internal.get(), gateway.get(), config));
    }

    /** The addresses whose packets come from the gateway, TCP first; one for each port. */
    private List<Multiaddr> wanted(InetAddress internal) {
        List<Multiaddr> wanted = new ArrayList<>();
        for (Multiaddr address : listening.get()) {
            boolean reachedFromGateway = internal instanceof Inet4Address
                    && address.ip().filter(internal::equals).isPresent();
            if (reachedFromGateway && port(address).isPresent()) {
                wanted.add(address);
            }
        }
        return wanted;
    }

    private static Optional<Router.Port> port(Multiaddr address) {
        PortType type = address.has(Part.TCP) ? PortType.TCP : PortType.UDP;
        return address.port().map(number -> new Router.Port(type, number));
    }

    private Optional<Mapping> map(Router router, Multiaddr address, Optional<Mapping> before)
            throws InterruptedException {
        Router.Port port = port(address).orElseThrow();
        int external = before.map(known -> known.mapped.getExternalPort()).orElse(port.number());
        Optional<MappedPort> mapped = router.map(port, external, lifetime);
        return mapped.filter(done -> !done.getExternalAddress().isAnyLocalAddress() && done.getExternalPort() > 0)
                .map(done -> new Mapping(port, done, outside(address, done)));
    }

    /** The address inside with the IP address and the port outside. */
    private static Multiaddr outside(Multiaddr inside, MappedPort mapped) {
        String host = Multiaddr.tcp(mapped.getExternalAddress(), 1)
                .components()
                .getFirst()
                .toString();
        String transport = inside.has(Part.TCP) ? "/tcp/" : "/udp/";
        try {
            return Multiaddr.parse(
                    host + transport + mapped.getExternalPort() + (inside.has(Part.QUIC_V1) ? "/quic-v1" : ""));
        } catch (MalformedException e) {
            throw new IllegalStateException("an IP address and a port are an address", e);
        }
    }

    private void takeBack() throws InterruptedException {
        if (router.isPresent()) {
            for (Mapping mapping : mappings().values()) {
                router.get().unmap(mapping.mapped);
            }
        }
    }

    /** Takes the mappings back, within a bounded time. May be called twice. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (owner.getState() != Thread.State.NEW && !owner.join(CLOSE_TIMEOUT)) {
                owner.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
