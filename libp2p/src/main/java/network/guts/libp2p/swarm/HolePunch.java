package network.guts.libp2p.swarm;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** One attempt at a direct connection that both sides dial at once: all addresses at the same time. */
final class HolePunch {
    private final Transports transports;
    private final Connections connections;
    private final PeerId peer;
    private final boolean client;
    private final Admission admission;

    /** The client chooses among what comes through; the server takes what the client has left. */
    private final AtomicBoolean claimed = new AtomicBoolean();

    private final Map<Multiaddr, String> failures = new ConcurrentSkipListMap<>();

    HolePunch(Transports transports, Connections connections, PeerId peer, boolean client, Admission admission) {
        this.transports = transports;
        this.connections = connections;
        this.peer = peer;
        this.client = client;
        this.admission = admission;
    }

    /** Dials all of them; what comes in by a listener of this host counts as well. */
    Connection run(List<Multiaddr> addresses, Duration timeout) throws IOException {
        CountDownLatch running = new CountDownLatch(addresses.size());
        List<Thread> threads = new ArrayList<>();
        for (Multiaddr address : addresses) {
            threads.add(Thread.ofVirtual().name("punch-" + address).start(() -> {
                try {
                    punch(address, timeout);
                } finally {
                    running.countDown();
                }
            }));
        }
        Optional<Connection> direct = connections.awaitDirect(peer, timeout);
        threads.forEach(Thread::interrupt);
        if (direct.isPresent()) {
            return direct.get();
        }
        try {
            // They end at once, and their reasons are wanted.
            if (!running.await(1, TimeUnit.SECONDS)) {
                failures.putIfAbsent(addresses.getFirst(), "still trying");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IOException("no hole was punched within " + timeout.toSeconds() + " s: "
                + failures.entrySet().stream()
                        .map(failure -> failure.getKey() + ": " + failure.getValue())
                        .collect(Collectors.joining("; ")));
    }

    private void punch(Multiaddr address, Duration timeout) {
        Optional<ConnectionScope> scope = Optional.empty();
        boolean admitted = false;
        try {
            scope = Optional.of(admission.reserve(peer, address, client ? Direction.OUTBOUND : Direction.INBOUND));
            Transport transport = transports.of(address);
            Optional<UpgradedConnection> punched = transport.punch(address, peer, client, timeout);
            if (punched.isEmpty()) {
                failures.put(address, "the peer did not come");
            } else if (client && !claimed.compareAndSet(false, true)) {
                punched.get().connection().close("another connection to this peer was faster");
            } else {
                admission.admit(punched.get(), transport, address, scope.get());
                admitted = true;
            }
        } catch (IOException e) {
            failures.put(address, Reasons.of(e));
        } finally {
            if (!admitted) {
                scope.ifPresent(ConnectionScope::close);
            }
        }
    }
}
