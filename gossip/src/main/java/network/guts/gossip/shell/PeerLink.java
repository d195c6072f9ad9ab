package network.guts.gossip.shell;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.host.Host;
import network.guts.core.host.Stream;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.gossip.core.GossipInput;
import network.guts.gossip.core.GossipInput.InboundOpened;
import network.guts.gossip.core.GossipInput.OutboundLost;
import network.guts.gossip.core.GossipInput.OutboundOpened;
import network.guts.gossip.core.GossipInput.Received;
import network.guts.gossip.core.ProtocolVersion;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.wire.RpcCodec;
import network.guts.runtime.Frames;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two one-way streams of a connected peer: one that it opened and this node reads, one that this node opens, again
 * and again with back-off, and writes. All that the core hears of the peer goes through here, so nothing comes after
 * {@link #close}.
 */
final class PeerLink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(10);
    /** A peer that reads nothing for so long loses its stream. */
    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(30);
    /** How long a new inbound stream waits until the reader of the one that it replaces has ended. */
    private static final Duration REPLACE_TIMEOUT = Duration.ofSeconds(30);

    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LAST_BACKOFF = Duration.ofMinutes(1);
    /** Messages of followed topics without a valid signature that one stream may bring. */
    private static final int MAX_REFUSED_PER_STREAM = 64;

    private final PeerId peer;
    private final Host host;
    private final InboundRpcs rpcs;
    private final Predicate<GossipInput> core;
    private final AtomicReference<@Nullable Stream> inbound = new AtomicReference<>();
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition nudged = lock.newCondition();
    private volatile @Nullable Outbound outbound;
    private boolean nudge;
    private volatile boolean closed;

    private record Outbound(Stream stream, OutboundQueue queue) {
        void end() {
            queue.close();
            stream.reset();
        }
    }

    /**
     * @param core takes the inputs; may block, false if it is closed
     */
    PeerLink(PeerId peer, Host host, InboundRpcs rpcs, Predicate<GossipInput> core) {
        this.peer = peer;
        this.host = host;
        this.rpcs = rpcs;
        this.core = core;
    }

    void start() {
        Thread.ofVirtual().name("gossip-out-" + peer.abbreviated()).start(this::write);
    }

    /** Queues an RPC; never blocks. */
    void send(Rpc rpc) {
        Outbound current = outbound;
        if (current != null && !current.queue.offer(rpc)) {
            LOG.debug("{} does not read: its stream is reset", peer);
            current.end();
        }
    }

    /** The peer said anew what it speaks: a stream that is missing is opened now. */
    void nudge() {
        lock.lock();
        try {
            nudge = true;
            nudged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends both streams. Nothing goes to the core after this. */
    void close() {
        lock.lock();
        try {
            closed = true;
            nudged.signalAll();
        } finally {
            lock.unlock();
        }
        Outbound current = outbound;
        if (current != null) {
            current.end();
        }
        Stream reader = inbound.getAndSet(null);
        if (reader != null) {
            reader.reset();
        }
    }

    /**
     * Reads a stream of the peer until it ends; the one before, if it is still there, is reset.
     *
     * @throws MalformedException if the peer sends what is no RPC, or too many messages that break StrictSign
     * @throws IOException if the stream ends otherwise than at the end of a frame
     */
    void read(Stream stream) throws IOException {
        Stream old = inbound.getAndSet(stream);
        if (old != null) {
            old.reset();
        }
        awaitReader();
        try {
            if (closed || !Objects.equals(inbound.get(), stream) || !tell(new InboundOpened(peer))) {
                throw new IOException("replaced before it was read");
            }
            readAll(stream);
        } finally {
            inbound.compareAndSet(stream, null);
            reading.unlock();
        }
    }

    private void awaitReader() throws IOException {
        try {
            if (!reading.tryLock(REPLACE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new SocketTimeoutException("the stream before did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void readAll(Stream stream) throws IOException {
        RpcReader reader = new RpcReader(stream, RpcReader.FRAME_TIMEOUT);
        int refused = 0;
        byte[] frame = reader.next();
        while (frame != null) {
            Received received = rpcs.read(peer, frame);
            refused += received.refused();
            if (!tell(received)) {
                return;
            }
            if (refused > MAX_REFUSED_PER_STREAM) {
                throw new MalformedException(refused + " messages without a valid signature");
            }
            frame = reader.next();
        }
    }

    private void write() {
        Duration backoff = FIRST_BACKOFF;
        while (!closed) {
            boolean supported = true;
            long opened = System.nanoTime();
            try {
                if (host.isConnected(peer)) {
                    writeOne();
                }
            } catch (UnsupportedProtocolException e) {
                supported = false;
                LOG.debug("{} opened a gossip stream and serves none", peer);
            } catch (IOException e) {
                LOG.debug("gossip stream to {}: {}", peer, e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            boolean lasted = System.nanoTime() - opened > LAST_BACKOFF.toNanos();
            backoff = lasted ? FIRST_BACKOFF : backoff;
            if (!awaitRetry(supported ? backoff : LAST_BACKOFF)) {
                return;
            }
            backoff = shorter(backoff.multipliedBy(2), LAST_BACKOFF);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Opens a stream and writes what is queued until the stream or the link ends. */
    private void writeOne() throws IOException, InterruptedException {
        Stream stream = host.open(peer, ProtocolVersion.ids(), OPEN_TIMEOUT);
        OutboundQueue queue = new OutboundQueue();
        Outbound current = new Outbound(stream, queue);
        try {
            stream.writeTimeout(WRITE_TIMEOUT);
            outbound = current;
            Thread.ofVirtual().name("gossip-end-" + peer.abbreviated()).start(() -> awaitEnd(current));
            tell(new OutboundOpened(peer, ProtocolVersion.of(stream.protocol())));
            Rpc next = closed ? null : queue.take();
            while (next != null) {
                Frames.write(stream, RpcCodec.encode(next));
                next = queue.take();
            }
        } finally {
            outbound = null;
            current.end();
            tell(new OutboundLost(peer));
        }
    }

    /** Nothing is ever said on this side; but that the peer ended it is seen here before it is by a write. */
    private void awaitEnd(Outbound current) {
        byte[] one = new byte[1];
        boolean open = true;
        while (open) {
            try {
                open = current.stream.read(one, 0, 1) > 0;
            } catch (SocketTimeoutException idle) {
                open = !closed;
            } catch (IOException e) {
                LOG.trace("stream to {} ended", peer, e);
                open = false;
            }
        }
        current.end();
    }

    /** Waits before the next try, less if nudged; false if the link is closed. */
    private boolean awaitRetry(Duration backoff) {
        lock.lock();
        try {
            long left = backoff.toNanos();
            while (!closed && !nudge && left > 0) {
                left = nudged.awaitNanos(left);
            }
            nudge = false;
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock that {@link #close} takes: what is told is told before. */
    private boolean tell(GossipInput input) {
        lock.lock();
        try {
            return !closed && core.test(input);
        } finally {
            lock.unlock();
        }
    }
}
