package network.guts.libp2p.quic;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionStats;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.MemoryBudget;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.muxer.ReceiveMemory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A QUIC connection. Netty's side of it is {@link ConnectionHandler}. */
final class QuicConnection implements MuxedConnection {
    static final String NAME = "quic";

    /** Longer than a round trip of most and the time that an acknowledgement may be held back. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** How long what was written may take to leave before the end. */
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    /** What was sent before that has been acknowledged, or was lost. */
    private static final Duration ACTIVE = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(QuicConnection.class);

    private final QuicConfig config;
    private final Consumer<QuicConnection> forgotten;
    private final ReceiveMemory memory = new ReceiveMemory(0);
    private final CountDownLatch gone = new CountDownLatch(1);
    private final Set<QuicStream> streams = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable String> endReason = new AtomicReference<>();
    private final AtomicReference<Runnable> handshakeOver = new AtomicReference<>(() -> {});
    private final AtomicInteger resets = new AtomicInteger();
    private volatile long lastHeard = System.nanoTime();
    private volatile long lastSent = System.nanoTime();
    private volatile long lastAsked = System.nanoTime();
    private volatile @Nullable QuicChannel channel;

    /** What CONNECTION_CLOSE says. */
    private volatile ErrorCode closeCode = ErrorCode.NONE;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition arrival = lock.newCondition();
    private final ArrayDeque<QuicStream> arrived = new ArrayDeque<>();
    private boolean established;

    /** Streams that were promised to callers and that Netty does not count yet. */
    private int opening;

    /**
     * @param forgotten told when nothing of it is left
     */
    QuicConnection(QuicConfig config, Consumer<QuicConnection> forgotten) {
        this.config = config;
        this.forgotten = forgotten;
    }

    QuicConfig config() {
        return config;
    }

    ReceiveMemory memory() {
        return memory;
    }

    @Override
    public void budget(MemoryBudget budget) {
        memory.budget(budget);
    }

    // ---- what the event loop brings

    void attached(QuicChannel quic) {
        channel = quic;
    }

    /** Told once, when it is established or has ended; to be set before either. */
    void onHandshakeOver(Runnable told) {
        handshakeOver.set(told);
    }

    void established() {
        lock.lock();
        try {
            established = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        handshakeOver.getAndSet(() -> {}).run();
        heard();
    }

    /** The remote lets this side open more streams. */
    void limitChanged() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void heard() {
        lastHeard = System.nanoTime();
    }

    void sent() {
        lastSent = System.nanoTime();
    }

    /** A stream that the remote has opened. */
    QuicStream arrived() {
        QuicStream stream = new QuicStream(this, false);
        streams.add(stream);
        heard();
        lock.lock();
        try {
            arrived.addLast(stream);
            arrival.signal();
        } finally {
            lock.unlock();
        }
        if (!isOpen()) {
            // It ended at the same moment, and has seen this stream or not.
            forget(stream);
        }
        return stream;
    }

    /** Netty keeps something of every stream that did not end in order, for as long as the connection lives. */
    void countReset() {
        if (resets.incrementAndGet() > config.maxResets()) {
            String reason = "too many streams were reset";
            if (end(reason)) {
                execute(() -> closeNow(reason));
            }
        }
    }

    void forget(QuicStream stream) {
        if (!streams.remove(stream)) {
            return;
        }
        memory.settle();
        if (!stream.ours()) {
            lock.lock();
            try {
                arrived.remove(stream);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Runs it on the event loop, behind what was handed to it before; not at all once the transport is closed. */
    void execute(Runnable task) {
        QuicChannel quic = channel;
        if (quic == null) {
            return;
        }
        try {
            quic.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            end("the transport is closed");
        }
    }

    // ---- the handshake

    /** Waits until the remote is authenticated. */
    void awaitEstablished(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        lock.lock();
        try {
            while (!established) {
                failIfEnded();
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new SocketTimeoutException("the handshake took longer than " + timeout.toMillis() + " ms");
                }
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw interrupted("interrupted during the handshake");
        } finally {
            lock.unlock();
        }
    }

    private static InterruptedIOException interrupted(String message) {
        Thread.currentThread().interrupt();
        return new InterruptedIOException(message);
    }

    // ---- streams

    @Override
    public MuxedStream open(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        QuicStream stream = new QuicStream(this, true);
        lock.lock();
        try {
            failIfEnded();
            while (quic().peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) - opening <= 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new SocketTimeoutException("the remote does not allow more streams");
                }
                changed.awaitNanos(left);
                failIfEnded();
            }
            opening++;
            streams.add(stream);
            execute(() -> create(stream));
        } catch (InterruptedException e) {
            throw interrupted("interrupted while opening a stream");
        } finally {
            lock.unlock();
        }
        if (!isOpen()) {
            forget(stream);
            failIfEnded();
        }
        return stream;
    }

    private QuicChannel quic() {
        return Objects.requireNonNull(channel, "an established connection");
    }

    /** Under the lock, since Netty counts it now, and not {@link #opening} any more. */
    private void create(QuicStream stream) {
        Future<QuicStreamChannel> created;
        lock.lock();
        try {
            opening--;
            created = quic().createStream(QuicStreamType.BIDIRECTIONAL, new StreamHandler(this, stream));
        } finally {
            lock.unlock();
        }
        created.addListener((Future<QuicStreamChannel> done) -> {
            if (!done.isSuccess()) {
                stream.remoteReset("the stream was not opened: " + done.cause().getMessage());
            }
        });
    }

    @Override
    public MuxedStream accept() throws IOException {
        lock.lock();
        try {
            while (arrived.isEmpty()) {
                failIfEnded();
                arrival.await();
            }
            return arrived.removeFirst();
        } catch (InterruptedException e) {
            throw interrupted("interrupted while waiting for a stream");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int streams() {
        return streams.size();
    }

    // ---- the connection

    @Override
    public Optional<Duration> roundTrip() {
        return Optional.empty();
    }

    @Override
    public boolean keepAliveDue() {
        long now = System.nanoTime();
        long after = config.keepAlive().toNanos();
        if (!isOpen() || now - lastHeard < after || now - lastAsked < after) {
            return false;
        }
        lastAsked = now;
        return true;
    }

    @Override
    public boolean isOpen() {
        return endReason.get() == null;
    }

    @Override
    public Optional<String> endReason() {
        return Optional.ofNullable(endReason.get());
    }

    void failIfEnded() throws IOException {
        String reason = endReason.get();
        if (reason != null) {
            throw new IOException("the connection ended: " + reason);
        }
    }

    @Override
    public void close(String reason) {
        if (end(reason)) {
            execute(() -> sayGoodbye(reason));
        }
    }

    @Override
    public void close(ErrorCode code, String reason) {
        if (isOpen()) {
            closeCode = code;
        }
        close(reason);
    }

    /**
     * Sends CONNECTION_CLOSE, on the event loop: at once if nothing is under way, else when no more packets go out. What
     * was written so arrives, and there is room to send it: with a full congestion window Netty would lose it.
     */
    private void sayGoodbye(String reason) {
        long now = System.nanoTime();
        boolean busy = now - lastSent < ACTIVE.toNanos() || now - lastHeard < ACTIVE.toNanos();
        if (wasEstablished() && busy) {
            awaitSent(-1, now + GOODBYE.toNanos(), reason);
        } else {
            closeNow(reason);
        }
    }

    private void awaitSent(long before, long deadline, String reason) {
        QuicChannel quic = quic();
        quic.collectStats().addListener((Future<QuicConnectionStats> stats) -> {
            long sent =
                    stats.isSuccess() && stats.getNow() != null ? stats.getNow().sent() : before;
            if (sent == before || System.nanoTime() >= deadline) {
                closeNow(reason);
            } else {
                Outcome.ofNoConcern(quic.eventLoop()
                        .schedule(() -> awaitSent(sent, deadline, reason), PAUSE.toNanos(), TimeUnit.NANOSECONDS));
            }
        });
    }

    private void closeNow(String reason) {
        Outcome.ofNoConcern(quic().close(
                        true, closeCode.connection(), Unpooled.wrappedBuffer(reason.getBytes(StandardCharsets.UTF_8))));
    }

    private boolean wasEstablished() {
        lock.lock();
        try {
            return established;
        } finally {
            lock.unlock();
        }
    }

    /** Netty's side is gone, for this reason unless there was one before. */
    void gone(String reason) {
        end(reason);
        gone.countDown();
        forgotten.accept(this);
    }

    /** Waits, for a bounded time, until Netty's side is gone. */
    void awaitGone(long nanos) throws InterruptedException {
        if (!gone.await(nanos, TimeUnit.NANOSECONDS)) {
            LOG.debug("a connection did not end in time");
        }
    }

    /** True the first time. */
    boolean end(String reason) {
        if (!endReason.compareAndSet(null, reason)) {
            return false;
        }
        LOG.debug("connection ended: {}", reason);
        handshakeOver.getAndSet(() -> {}).run();
        lock.lock();
        try {
            arrived.clear();
            arrival.signalAll();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        for (QuicStream stream : streams) {
            stream.wakeAll();
            forget(stream);
        }
        return true;
    }
}
