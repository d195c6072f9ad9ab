package network.guts.libp2p.swarm;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.libp2p.gate.Gater;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.limits.InboundRates;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limit;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.limits.ResourceManager;
import network.guts.libp2p.tcp.IpClass;

/**
 * Who may start a handshake. When all places are taken, the oldest handshake makes room: one that is honest takes
 * milliseconds, one that sends nothing takes until its time-out, so that a thousand silent connections do not keep an
 * honest one out.
 */
final class InboundGate {
    /** A handshake younger than this does not make room: it may be honest, and the crowd is refused instead. */
    private static final Duration OLD = Duration.ofMillis(250);

    private final ResourceManager resources;
    private final Gater gater;
    private final int perIp;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Pass> handshakes = new ArrayDeque<>();
    private final Map<String, Integer> byGroup = new HashMap<>();
    private final InboundRates rates;

    /**
     * @param perIp connections from one group of public addresses at a time
     * @param rate new ones from it
     */
    InboundGate(ResourceManager resources, Gater gater, int perIp, InboundRate rate) {
        this.resources = resources;
        this.gater = gater;
        this.perIp = perIp;
        this.rates = new InboundRates(rate);
    }

    /**
     * Lets a connection start its handshake.
     *
     * @param giveUp ends the connection if it has to make room; must not block
     * @throws RefusedException with the reason, if it may not
     */
    Pass enter(InetAddress remote, Runnable giveUp) throws RefusedException {
        gater.accept(remote);
        boolean exempt = gater.exempts(remote);
        Optional<String> group =
                exempt || IpClass.of(remote) != IpClass.PUBLIC ? Optional.empty() : Optional.of(IpClass.group(remote));
        Optional<Pass> tooOld = Optional.empty();
        try {
            lock.lock();
            try {
                if (group.isPresent()) {
                    checkGroup(group.get());
                }
                tooOld = makeRoom();
                Pass pass = new Pass(group, giveUp, resources.openConnection(Direction.INBOUND, exempt));
                group.ifPresent(name -> byGroup.merge(name, 1, Integer::sum));
                handshakes.addLast(pass);
                return pass;
            } finally {
                lock.unlock();
            }
        } finally {
            tooOld.ifPresent(pass -> pass.giveUp.run());
        }
    }

    private void checkGroup(String group) throws RefusedException {
        if (!rates.take(group, System.nanoTime())) {
            resources.refused("address.rate");
            throw new RefusedException(ErrorCode.RATE_LIMITED, "too many new connections from its address");
        }
        if (byGroup.getOrDefault(group, 0) >= perIp) {
            resources.refused("address.connections_inbound");
            throw new RefusedException(ErrorCode.RESOURCE_LIMIT_EXCEEDED, "too many connections from its address");
        }
    }

    /** The oldest handshake, if there may be no more and it is old: what it reserved is given back. */
    private Optional<Pass> makeRoom() {
        long most = resources.limits().get(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND);
        if (handshakes.isEmpty()
                || handshakes.size() < most
                || System.nanoTime() - handshakes.getFirst().entered < OLD.toNanos()) {
            return Optional.empty();
        }
        Pass oldest = handshakes.removeFirst();
        oldest.scope.close();
        resources.refused(new Limit(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND).name());
        return Optional.of(oldest);
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
        private final ConnectionScope scope;
        private boolean closed;

        private Pass(Optional<String> group, Runnable giveUp, ConnectionScope scope) {
            this.group = group;
            this.giveUp = giveUp;
            this.scope = scope;
        }

        ConnectionScope scope() {
            return scope;
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
            scope.close();
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
