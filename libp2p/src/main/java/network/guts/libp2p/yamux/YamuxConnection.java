package network.guts.libp2p.yamux;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.MemoryBudget;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.muxer.ReceiveMemory;
import network.guts.libp2p.security.SecureConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Yamux over a secured connection. Three virtual threads belong to it: one reads and takes frames apart, one writes
 * ({@link Outbound}), one looks after the remote ({@link KeepAlive}) and closes the connection in the end.
 *
 * @see <a href="https://github.com/hashicorp/yamux/blob/master/spec.md">Yamux</a>
 */
public final class YamuxConnection implements MuxedConnection {
    /** As multistream-select names it. */
    public static final String PROTOCOL = "/yamux/1.0.0";

    /** As the host names it to people. */
    public static final String NAME = "yamux";

    /** rust-yamux, too, opens no more streams before the remote has acknowledged some. */
    static final int MAX_UNACKNOWLEDGED = 256;

    private static final Logger LOG = LoggerFactory.getLogger(YamuxConnection.class);

    private final SecureConnection secure;
    private final YamuxConfig config;
    private final ReceiveMemory memory;
    private final Outbound out;
    private final KeepAlive keepAlive;
    private final ConcurrentMap<Integer, YamuxStream> streams = new ConcurrentHashMap<>();
    private final AtomicInteger inbound = new AtomicInteger();
    private final AtomicReference<@Nullable String> endReason = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch readerEnded = new CountDownLatch(1);

    /** Guarded by the outbound lock, as is the number of streams of ours that wait for an acknowledgement. */
    private long nextId;

    private int unacknowledged;
    private final Condition acknowledgement;
    private volatile boolean remoteGoneAway;

    private final ReentrantLock accepting = new ReentrantLock();
    private final Condition arrival = accepting.newCondition();
    private final ArrayDeque<YamuxStream> arrived = new ArrayDeque<>();

    /**
     * Starts to speak at once.
     *
     * @param initiator true on the side that dialled
     */
    public YamuxConnection(SecureConnection secure, boolean initiator, YamuxConfig config) {
        this.secure = secure;
        this.config = config;
        this.memory = new ReceiveMemory(config.maxWindowGrowth());
        this.out = new Outbound(secure, this::broken);
        this.acknowledgement = out.lock.newCondition();
        this.nextId = initiator ? 1 : 2;
        this.keepAlive = new KeepAlive(this, out, config);
        String peer = secure.remoteKey().peerId().abbreviated();
        out.start("yamux-write-" + peer);
        Thread.ofVirtual().name("yamux-keepalive-" + peer).start(this::lookAfter);
        Thread.ofVirtual().name("yamux-read-" + peer).start(() -> readAll(initiator));
    }

    // ---- streams

    @Override
    public MuxedStream open(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        out.lock.lock();
        try {
            failIfEnded();
            while (unacknowledged >= MAX_UNACKNOWLEDGED) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new SocketTimeoutException("the remote does not take the streams opened before");
                }
                acknowledgement.awaitNanos(left);
                failIfEnded();
            }
            if (remoteGoneAway || nextId > 0xffff_ffffL) {
                throw new IOException("no more streams can be opened on this connection");
            }
            int id = (int) nextId;
            nextId += 2;
            unacknowledged++;
            YamuxStream stream = new YamuxStream(this, out, id, true);
            streams.put(id, stream);
            out.control(Frame.WINDOW_UPDATE, Frame.SYN, id, 0, false);
            if (!isOpen()) {
                forget(stream);
                failIfEnded();
            }
            return stream;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while opening a stream");
        } finally {
            out.lock.unlock();
        }
    }

    @Override
    public MuxedStream accept() throws IOException {
        YamuxStream stream;
        accepting.lock();
        try {
            while (arrived.isEmpty()) {
                failIfEnded();
                arrival.await();
            }
            stream = arrived.removeFirst();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a stream");
        } finally {
            accepting.unlock();
        }
        out.control(Frame.WINDOW_UPDATE, Frame.ACK, stream.id, 0, true);
        return stream;
    }

    @Override
    public int streams() {
        return streams.size();
    }

    @Nullable YamuxStream stream(int id) {
        return streams.get(id);
    }

    /** A stream that the remote opened; null if it has too many, and this one is reset. */
    @Nullable YamuxStream arrived(int id) {
        if (inbound.get() >= config.maxInboundStreams()) {
            out.control(Frame.WINDOW_UPDATE, Frame.RST, id, 0, true);
            return null;
        }
        YamuxStream stream = new YamuxStream(this, out, id, false);
        inbound.incrementAndGet();
        streams.put(id, stream);
        accepting.lock();
        try {
            arrived.addLast(stream);
            arrival.signal();
        } finally {
            accepting.unlock();
        }
        if (!isOpen()) {
            // It ended at the same moment, and has seen this stream or not.
            forget(stream);
        }
        return stream;
    }

    /** Lets go of a stream that is over; false if that had happened. */
    boolean forget(YamuxStream stream) {
        if (!streams.remove(stream.id, stream)) {
            return false;
        }
        memory.shrink(stream.windowGrowth());
        stream.cancelAlarms();
        if (stream.ours) {
            acknowledged(stream);
        } else {
            inbound.decrementAndGet();
            accepting.lock();
            try {
                arrived.remove(stream);
            } finally {
                accepting.unlock();
            }
        }
        return true;
    }

    void acknowledged(YamuxStream stream) {
        out.lock.lock();
        try {
            if (stream.acknowledge()) {
                unacknowledged--;
                acknowledgement.signal();
            }
        } finally {
            out.lock.unlock();
        }
    }

    /** Gives a closed stream some time to be closed by the remote, too. */
    void linger(YamuxStream stream) {
        keepAlive.linger(stream);
    }

    /** By how much a window of {@code window} bytes may grow: it is doubled while there is memory. */
    int growWindow(int window) {
        return memory.grow(Math.min(window, config.maxWindow() - window));
    }

    ReceiveMemory memory() {
        return memory;
    }

    @Override
    public void budget(MemoryBudget budget) {
        memory.budget(budget);
        secure.budget(budget);
    }

    // ---- the connection

    @Override
    public Optional<Duration> roundTrip() {
        long nanos = keepAlive.roundTripNanos();
        return nanos == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    long roundTripNanos() {
        return keepAlive.roundTripNanos();
    }

    @Override
    public boolean isOpen() {
        return endReason.get() == null;
    }

    @Override
    public Optional<String> endReason() {
        return Optional.ofNullable(endReason.get());
    }

    @Override
    public void close(String reason) {
        end(reason, Frame.NORMAL);
    }

    @Override
    public void close(ErrorCode code, String reason) {
        end(reason, code.connection());
    }

    void failIfEnded() throws IOException {
        String reason = endReason.get();
        if (reason != null) {
            throw new IOException("the connection ended: " + reason);
        }
    }

    void pong(int number) {
        keepAlive.pong(number);
    }

    void answerPing(int number) {
        out.control(Frame.PING, Frame.ACK, 0, number, true);
    }

    /** The remote takes no more streams; those that are open go on unless something was wrong. */
    void goneAway(long code) {
        remoteGoneAway = true;
        if (code != Frame.NORMAL) {
            end("the remote ended it: " + ErrorCode.ofConnection(code), Frame.NORMAL);
        }
    }

    private void broken(String reason) {
        end(reason, Frame.INTERNAL_ERROR);
    }

    private void end(String reason, int goAwayCode) {
        if (!endReason.compareAndSet(null, reason)) {
            return;
        }
        LOG.debug("connection to {} ended: {}", secure.remoteKey().peerId(), reason);
        out.finish(goAwayCode);
        for (YamuxStream stream : streams.values()) {
            stream.wakeAll();
            forget(stream);
        }
        accepting.lock();
        try {
            arrived.clear();
            arrival.signalAll();
        } finally {
            accepting.unlock();
        }
        out.lock.lock();
        try {
            acknowledgement.signalAll();
        } finally {
            out.lock.unlock();
        }
        ended.countDown();
    }

    /** Waits for the end of the connection; false if it did not come in time. */
    boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** The life of the connection: pings until the end, a last chance for what was written, and the socket is closed. */
    private void lookAfter() {
        try {
            keepAlive.run();
            long deadline = System.nanoTime() + KeepAlive.GOODBYE.toNanos();
            out.awaitEnd(deadline - System.nanoTime());
            if (!readerEnded.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                LOG.debug("{} did not close its side", secure.remoteKey().peerId());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end("interrupted", Frame.INTERNAL_ERROR);
            secure.close();
        }
    }

    /** Reads until the remote ends its side. After the end of the connection, what still comes is thrown away. */
    private void readAll(boolean initiator) {
        Inbound frames = new Inbound(this, initiator);
        FrameParser parser = new FrameParser(frames);
        String reason = "the remote closed it";
        int code = Frame.NORMAL;
        try {
            ByteBuffer view = secure.read();
            while (view != null) {
                keepAlive.heard();
                if (isOpen()) {
                    parser.feed(view);
                }
                view.position(view.limit());
                if (!secure.isReady()) {
                    frames.wakeReader();
                }
                view = secure.read();
            }
        } catch (MalformedException e) {
            reason = "the remote broke the protocol: " + e.getMessage();
            code = Frame.PROTOCOL_ERROR;
        } catch (IOException e) {
            reason = "reading failed: " + e.getMessage();
        } catch (RuntimeException e) {
            LOG.error("reading from {} failed", secure.remoteKey().peerId(), e);
            reason = "reading failed";
            code = Frame.INTERNAL_ERROR;
        } finally {
            end(reason, code);
            readerEnded.countDown();
        }
    }
}
