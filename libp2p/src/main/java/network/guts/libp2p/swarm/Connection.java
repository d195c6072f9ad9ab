package network.guts.libp2p.swarm;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PublicKey;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.host.Identified;
import network.guts.libp2p.ConnectionStatus;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.tcp.IpClass;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** One connection with what the host keeps about it. */
public final class Connection {
    /** The transport's name. */
    private static final String QUIC = "quic-v1";

    private final ConnectionInfo info;
    private final PublicKey key;
    private final MuxedConnection muxed;
    private final ConnectionScope scope;
    private final boolean reusable;
    private final InstantSource clock;
    private final Set<HostStream> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong served = new AtomicLong();
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong bytesWritten = new AtomicLong();
    private final AtomicLong told = new AtomicLong();
    private volatile Instant lastActive;
    private volatile boolean over;
    private volatile Optional<Instant> retiring = Optional.empty();
    private volatile Optional<Identified> identified = Optional.empty();
    private volatile Optional<Multiaddr> observed = Optional.empty();
    private volatile Optional<String> whyRelayed = Optional.empty();
    private volatile Optional<Duration> pinged = Optional.empty();

    Connection(ConnectionInfo info, UpgradedConnection upgraded, ConnectionScope scope, InstantSource clock) {
        this.info = info;
        this.key = upgraded.key();
        this.muxed = upgraded.connection();
        this.scope = scope;
        this.reusable = !relayed() && (!outbound() || upgraded.fromListeningPort());
        this.clock = clock;
        this.lastActive = info.since();
    }

    public ConnectionInfo info() {
        return info;
    }

    /** The remote's key, proved by the security handshake. */
    public PublicKey key() {
        return key;
    }

    /** How far the remote's address reaches. */
    public IpClass remoteClass() {
        return IpClass.of(info.address());
    }

    /** True if it goes through a relay. */
    public boolean relayed() {
        return info.address().has(Part.P2P_CIRCUIT);
    }

    /** True if others can come to where the remote sees this host. */
    public boolean reusable() {
        return reusable;
    }

    /** True if it left from a socket that this host will dial from again: QUIC has one for all dials. */
    public boolean punchable() {
        return reusable || !relayed() && info.transport().equals(QUIC);
    }

    MuxedConnection muxed() {
        return muxed;
    }

    public boolean outbound() {
        return info.direction() == Direction.OUTBOUND;
    }

    public boolean isOpen() {
        return muxed.isOpen();
    }

    /** True if nothing uses it. */
    boolean idle() {
        return open.isEmpty() && muxed.streams() == 0;
    }

    /** When a stream of it was last used. */
    Instant lastActive() {
        return lastActive;
    }

    /** Since when it waits to be closed because another connection to the peer is preferred; empty if it does not. */
    Optional<Instant> retiring() {
        return retiring;
    }

    void retire(Optional<Instant> since) {
        retiring = since;
    }

    void started(HostStream stream, boolean inbound) {
        (inbound ? served : opened).incrementAndGet();
        lastActive = clock.instant();
        open.add(stream);
        if (over) {
            stream.end();
        }
    }

    void ended(HostStream stream) {
        open.remove(stream);
        lastActive = clock.instant();
    }

    void countRead(int bytes) {
        bytesRead.addAndGet(bytes);
        lastActive = clock.instant();
    }

    void countWritten(int bytes) {
        bytesWritten.addAndGet(bytes);
        lastActive = clock.instant();
    }

    /** The connection is gone: gives back what it and its streams had reserved. */
    void over() {
        over = true;
        for (HostStream stream : open) {
            stream.end();
        }
        scope.close();
    }

    /** Why it is still relayed; empty while a direct way may be found. */
    public Optional<String> whyRelayed() {
        return whyRelayed;
    }

    public void whyRelayed(Optional<String> reason) {
        whyRelayed = reason;
    }

    /** What the peer said of itself over this connection. */
    public Optional<Identified> identified() {
        return identified;
    }

    /** Where the peer says that it sees this host. */
    public Optional<Multiaddr> observed() {
        return observed;
    }

    public void identified(Identified said, Optional<Multiaddr> seesUsAt) {
        identified = Optional.of(said);
        seesUsAt.ifPresent(address -> observed = Optional.of(address));
    }

    /** The version of this host's description that the peer was last told. */
    public long told() {
        return told.get();
    }

    public void told(long version) {
        told.accumulateAndGet(version, Math::max);
    }

    /** The last round trip: the muxer's own where it measures, else that of a ping. */
    public Optional<Duration> latency() {
        return muxed.roundTrip().or(() -> pinged);
    }

    public void pinged(Duration roundTrip) {
        pinged = Optional.of(roundTrip);
    }

    ConnectionStatus status(boolean protectedPeer) {
        Map<String, Integer> streams = new TreeMap<>();
        open.forEach(stream -> streams.merge(stream.protocol(), 1, Integer::sum));
        return new ConnectionStatus(
                info,
                streams,
                served.get(),
                opened.get(),
                bytesRead.get(),
                bytesWritten.get(),
                latency(),
                lastActive,
                identified.map(Identified::agentVersion),
                observed,
                protectedPeer);
    }

    @Override
    public String toString() {
        return "connection " + info.id() + " with " + info.peer() + " at " + info.address();
    }
}
