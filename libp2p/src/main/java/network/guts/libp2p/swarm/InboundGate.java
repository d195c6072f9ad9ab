package network.guts.libp2p.swarm;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.libp2p.tcp.IpClass;

/**
 * Who may start a handshake. When all places are taken, the oldest handshake makes room: one that is honest takes
 * milliseconds, one that sends nothing takes until its time-out, so that a thousand silent connections do not keep an
 * honest one out.
 */
final class InboundGate {
    /** A handshake younger than this does not make room: it may be honest, and the crowd is refused instead. */
    private static final Duration OLD = Duration.ofMillis(250);

    private final int maxHandshakes;
    private final int perIp;
    private final Consumer<String> refused;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Pass> handshakes = new ArrayDeque<>();
    private final Map<String, Integer> byGroup = new HashMap<>();

    /**
     * @param refused told why somebody is refused
     */
    InboundGate(int maxHandshakes, int perIp, Consumer<String> refused) {
        this.maxHandshakes = maxHandshakes;
        this.perIp = perIp;
        this.refused = refused;
    }

    /**
     * Lets a connection start its handshake.
     *
     * @param giveUp ends the connection if it has to make room; must not block
     * @return empty if it is to be refused
     */
    Optional<Pass> enter(InetAddress remote, Runnable giveUp) {
        Optional<Pass> tooOld = Optional.empty();
        try {
            lock.lock();
            try {
                Optional<String> group =
                        IpClass.of(remote) == IpClass.PUBLIC ? Optional.of(IpClass.group(remote)) : Optional.empty();
                if (group.isPresent() && byGroup.getOrDefault(group.get(), 0) >= perIp) {
                    refused.accept("address.connections_inbound");
                    return Optional.empty();
                }
                if (handshakes.size() >= maxHandshakes) {
                    if (System.nanoTime() - handshakes.getFirst().entered < OLD.toNanos()) {
                        refused.accept("transient.connections_inbound");
                        return Optional.empty();
                    }
                    tooOld = Optional.of(handshakes.removeFirst());
                }
                group.ifPresent(name -> byGroup.merge(name, 1, Integer::sum));
                Pass pass = new Pass(group, giveUp);
                handshakes.addLast(pass);
                return Optional.of(pass);
            } finally {
                lock.unlock();
            }
        } finally {
            tooOld.ifPresent(pass -> pass.giveUp.run());
        }
    }

    int handshakes() {
        lock.lock();
        try {
            return handshakes.size();
        } finally {
            lock.unlock();
        }
    }

    /** One inbound connection, from accept to its end. */
    final class Pass implements AutoCloseable {
        private final long entered = System.nanoTime();
        private final Optional<String> group;
        private final Runnable giveUp;
        private boolean closed;

        private Pass(Optional<String> group, Runnable giveUp) {
            this.group = group;
            this.giveUp = giveUp;
        }

        /** The handshake is over, well or not. */
        void handshakeDone() {
            lock.lock();
            try {
                handshakes.remove(this);
            } finally {
                lock.unlock();
            }
        }

        /** The connection is over. */
        @Override
        public void close() {
            lock.lock();
            try {
                handshakes.remove(this);
                if (!closed) {
                    closed = true;
                    group.ifPresent(
                            name -> byGroup.computeIfPresent(name, (same, count) -> count > 1 ? count - 1 : null));
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
