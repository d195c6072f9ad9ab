package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enters the network: dials the peers that were connected before the last stop, and the bootstrap peers, with back-off
 * until somebody is connected; again when everybody is gone.
 */
public final class Bootstrapper implements AutoCloseable {
    /** What a restarted node dials before it asks any bootstrap peer. */
    private static final int REMEMBERED_PEERS = 16;

    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACK_OFF = Duration.ofMinutes(2);

    /** With company, the bootstrap peers that are missing are tried this often. */
    private static final Duration LOOK_ROUND = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(Bootstrapper.class);

    private final Host host;
    private final List<Multiaddr> bootstrap;
    private final Duration timeout;
    private final Map<Multiaddr, String> problems = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition lonely = lock.newCondition();
    private final Thread thread;
    private Host.@org.jspecify.annotations.Nullable Registration registration;
    private boolean closed;

    /**
     * How it stands with one bootstrap peer.
     *
     * @param problem why it is not connected; empty if it is, or was not tried
     */
    public record State(Multiaddr address, boolean connected, String problem) {}

    public Bootstrapper(Host host, List<Multiaddr> bootstrap, Duration timeout) {
        this.host = host;
        this.bootstrap = List.copyOf(bootstrap);
        this.timeout = timeout;
        this.thread = Thread.ofVirtual().name("bootstrap").unstarted(this::run);
    }

    public void start() {
        registration = host.listen(new HostListener() {
            @Override
            public void disconnected(PeerId peer) {
                wakeIfLonely();
            }
        });
        thread.start();
    }

    private void wakeIfLonely() {
        lock.lock();
        try {
            lonely.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Duration backOff = FIRST_BACK_OFF;
        try {
            while (!isClosed()) {
                dialAll();
                boolean company = !host.connections().isEmpty();
                if (company) {
                    backOff = FIRST_BACK_OFF;
                    waitWhileInCompany();
                } else {
                    Thread.sleep(backOff);
                    backOff = backOff.multipliedBy(2).compareTo(LONGEST_BACK_OFF) < 0
                            ? backOff.multipliedBy(2)
                            : LONGEST_BACK_OFF;
                }
            }
        } catch (InterruptedException stopped) {
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

    private void waitWhileInCompany() throws InterruptedException {
        lock.lock();
        try {
            long rest = LOOK_ROUND.toNanos();
            while (!closed && rest > 0 && !host.connections().isEmpty()) {
                rest = lonely.awaitNanos(rest);
            }
        } finally {
            lock.unlock();
        }
    }

    private void dialAll() throws InterruptedException {
        Map<PeerId, List<Multiaddr>> wanted = new LinkedHashMap<>();
        for (Multiaddr address : bootstrap) {
            address.peerId()
                    .ifPresent(peer ->
                            wanted.computeIfAbsent(peer, p -> new ArrayList<>()).add(address));
        }
        if (host.connections().isEmpty()) {
            for (PeerInfo known : host.addressBook().lastSeen(REMEMBERED_PEERS)) {
                wanted.putIfAbsent(known.peer(), List.of());
            }
        }
        wanted.remove(host.peerId());
        List<Thread> dials = new ArrayList<>();
        wanted.forEach((peer, addresses) -> {
            if (!host.isConnected(peer)) {
                dials.add(Thread.ofVirtual().name("bootstrap-dial").start(() -> dial(peer, addresses)));
            }
        });
        for (Thread dial : dials) {
            dial.join();
        }
    }

    private void dial(PeerId peer, List<Multiaddr> addresses) {
        List<Multiaddr> dialable = new ArrayList<>();
        for (Multiaddr address : addresses) {
            address.withoutPeerId().ifPresent(dialable::add);
        }
        try {
            host.connect(peer, dialable, timeout);
            addresses.forEach(problems::remove);
        } catch (IOException e) {
            LOG.debug("bootstrap: {}", e.getMessage());
            addresses.forEach(
                    address -> problems.putIfAbsent(address, e.getMessage() == null ? e.toString() : e.getMessage()));
        }
    }

    /** Each bootstrap peer. */
    public List<State> states() {
        return bootstrap.stream()
                .map(address -> new State(
                        address,
                        address.peerId().map(host::isConnected).orElse(false),
                        problems.getOrDefault(address, "")))
                .toList();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            lonely.signalAll();
        } finally {
            lock.unlock();
        }
        if (registration != null) {
            registration.close();
        }
        thread.interrupt();
    }
}
