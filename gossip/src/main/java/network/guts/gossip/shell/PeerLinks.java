package network.guts.gossip.shell;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.gossip.core.GossipInput;
import network.guts.gossip.core.GossipInput.PeerGone;
import network.guts.gossip.core.ProtocolVersion;
import network.guts.gossip.core.Rpc;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a {@link PeerLink} for each connected peer that speaks GossipSub. */
final class PeerLinks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLinks.class);

    /** More than a host keeps connections. */
    static final int MAX_LINKS = 1_024;

    /** Malformed RPCs, over all its streams, after which a peer's connection is ended. */
    static final int MAX_FAULTS = 5;

    /** All links are held against the host so often, in case an event was missed. */
    private static final Duration SWEEP = Duration.ofSeconds(30);

    private final Host host;
    private final InboundRpcs rpcs;
    private final Predicate<GossipInput> core;
    private final Map<PeerId, PeerLink> links = new ConcurrentHashMap<>();
    private final Map<PeerId, Integer> faults = new ConcurrentHashMap<>();
    private final List<Registration> registrations = new ArrayList<>();
    /** Held while links come and go; never by the core's owner thread. */
    private final ReentrantLock changing = new ReentrantLock();

    private final ReentrantLock eventLock = new ReentrantLock();
    private final Condition eventCame = eventLock.newCondition();
    private final Set<PeerId> events = new LinkedHashSet<>();
    private volatile boolean closed;

    PeerLinks(Host host, InboundRpcs rpcs, Predicate<GossipInput> core) {
        this.host = host;
        this.rpcs = rpcs;
        this.core = core;
    }

    void start() {
        registrations.add(host.listen(new HostListener() {
            @Override
            public void identified(Identified peer) {
                changed(peer.peer());
            }

            @Override
            public void disconnected(PeerId peer) {
                changed(peer);
            }
        }));
        for (String protocol : ProtocolVersion.ids()) {
            registrations.add(host.handle(protocol, this::serve));
        }
        host.connections().stream().map(ConnectionInfo::peer).forEach(this::changed);
        Thread.ofVirtual().name("gossip-peers").start(this::follow);
    }

    /** Queues an RPC to a peer; never blocks. */
    void send(PeerId peer, Rpc rpc) {
        PeerLink link = links.get(peer);
        if (link != null) {
            link.send(rpc);
        }
    }

    int size() {
        return links.size();
    }

    private void changed(PeerId peer) {
        eventLock.lock();
        try {
            events.add(peer);
            eventCame.signal();
        } finally {
            eventLock.unlock();
        }
    }

    private void follow() {
        try {
            while (!closed) {
                for (PeerId peer : awaitEvents()) {
                    refresh(peer);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Set<PeerId> awaitEvents() throws InterruptedException {
        eventLock.lock();
        try {
            long left = SWEEP.toNanos();
            while (events.isEmpty() && left > 0 && !closed) {
                left = eventCame.awaitNanos(left);
            }
            if (events.isEmpty()) {
                events.addAll(links.keySet());
                faults.keySet().retainAll(links.keySet());
            }
            Set<PeerId> taken = new LinkedHashSet<>(events);
            events.clear();
            return taken;
        } finally {
            eventLock.unlock();
        }
    }

    /** Makes the link of a peer what the host says of the peer. */
    private void refresh(PeerId peer) {
        changing.lock();
        try {
            PeerLink link = links.get(peer);
            if (!host.isConnected(peer)) {
                faults.remove(peer);
                if (link != null) {
                    drop(peer, link);
                }
            } else if (link != null) {
                link.nudge();
            } else if (speaksGossip(peer) && links.size() < MAX_LINKS && !closed) {
                add(peer);
            }
        } finally {
            changing.unlock();
        }
    }

    private boolean speaksGossip(PeerId peer) {
        return host.identified(peer)
                .filter(identified -> ProtocolVersion.ids().stream().anyMatch(identified.protocols()::contains))
                .isPresent();
    }

    private PeerLink add(PeerId peer) {
        PeerLink link = new PeerLink(peer, host, rpcs, core);
        links.put(peer, link);
        link.start();
        return link;
    }

    private void drop(PeerId peer, PeerLink link) {
        links.remove(peer);
        link.close();
        if (!core.test(new PeerGone(peer))) {
            LOG.trace("the core ended before it heard that {} is gone", peer);
        }
    }

    private void serve(Stream stream) throws IOException {
        PeerId peer = stream.connection().peer();
        try {
            linkOf(peer).read(stream);
        } catch (MalformedException e) {
            int count = faults.merge(peer, 1, Integer::sum);
            LOG.info("gossip stream of {} is reset: {}", peer, e.getMessage());
            if (count >= MAX_FAULTS) {
                faults.remove(peer);
                host.disconnect(peer, "malformed gossip");
            }
            throw e;
        }
    }

    private PeerLink linkOf(PeerId peer) throws IOException {
        changing.lock();
        try {
            PeerLink link = links.get(peer);
            if (link != null) {
                return link;
            }
            // A link that is added after the disconnection was noticed would never be dropped.
            if (closed || !host.isConnected(peer) || links.size() >= MAX_LINKS) {
                throw new IOException("gossip takes no stream of " + peer + " now");
            }
            return add(peer);
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        registrations.forEach(Registration::close);
        eventLock.lock();
        try {
            eventCame.signalAll();
        } finally {
            eventLock.unlock();
        }
        changing.lock();
        try {
            links.values().forEach(PeerLink::close);
            links.clear();
        } finally {
            changing.unlock();
        }
    }
}
