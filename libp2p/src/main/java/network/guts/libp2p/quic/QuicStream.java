package network.guts.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.timing.TimedCondition;
import org.jspecify.annotations.Nullable;

/**
 * One stream. Readers and writers are virtual threads that wait at its lock; what has to be said to Netty is said on the
 * connection's event loop, in the order of the calls.
 *
 * <p>The event loop adds what comes and stops asking for more above {@link QuicConfig#maxUnread}; from then on the
 * stream's window holds the remote up.
 */
final class QuicStream implements MuxedStream {
    /** A remote that goes on after this side has let go of the stream is told to stop. */
    private static final int MAX_DISCARDED = 256 * 1024;

    private static final int NO_ERROR = 0;

    private final QuicConnection connection;
    private final boolean ours;
    private volatile long readNanos = Stream.DEFAULT_TIMEOUT.toNanos();

    /** Set on the event loop when Netty's stream is there. */
    private volatile @Nullable QuicStreamChannel channel;

    /** Used on the event loop alone, like the next. */
    private @Nullable ScheduledFuture<?> lingering;

    private volatile Runnable readOn = () -> {};

    private long discarded;

    /** Guards what follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final SendSide sending;
    private final TimedCondition readable = new TimedCondition(lock);
    private final ReceiveQueue received;
    private boolean reading;
    private boolean paused;
    private boolean discarding;
    private boolean remoteEnded;
    private boolean detached;
    private volatile @Nullable String resetReason;

    QuicStream(QuicConnection connection, boolean ours) {
        this.connection = connection;
        this.ours = ours;
        this.received = new ReceiveQueue(connection.memory());
        this.sending = new SendSide(this, connection, lock);
    }

    /** True if this side opened it. */
    boolean ours() {
        return ours;
    }

    @Nullable QuicStreamChannel channel() {
        return channel;
    }

    @Override
    public void readTimeout(Duration timeout) {
        readNanos = timeout.toNanos();
    }

    @Override
    public void writeTimeout(Duration timeout) {
        sending.timeout(timeout);
    }

    // ---- reading

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            if (!awaitBytes(System.nanoTime() + readNanos)) {
                return -1;
            }
            reading = true;
            received.turn();
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
        int count = 0;
        try {
            count = received.copy(buffer, offset, length);
        } finally {
            copied(count);
        }
        return count;
    }

    /** False at the end of what the remote sent; the lock must be held. */
    private boolean awaitBytes(long deadline) throws IOException, InterruptedException {
        while (reading || received.unread() == 0) {
            failIfReset();
            if (discarding) {
                throw new IOException("the stream was closed on this side");
            }
            if (!reading) {
                if (remoteEnded) {
                    return false;
                }
                connection.failIfEnded();
            }
            if (deadline - System.nanoTime() <= 0) {
                throw new SocketTimeoutException("the remote sent nothing in time");
            }
            readable.await(deadline);
        }
        return true;
    }

    private void copied(int count) {
        boolean resume;
        lock.lock();
        try {
            reading = false;
            received.copied(count);
            if (isUnwanted()) {
                received.drop();
            } else if (detached) {
                received.moveToHeap();
            }
            resume = paused && received.unread() <= connection.config().maxUnread() / 4;
            if (resume) {
                paused = false;
            }
            readable.signal();
        } finally {
            lock.unlock();
        }
        if (resume) {
            connection.execute(readOn);
        }
    }

    /** True if nobody will read what comes; the lock must be held. */
    private boolean isUnwanted() {
        return discarding || resetReason != null;
    }

    /** True if no more is to be read for now; on the event loop. */
    boolean isPaused() {
        lock.lock();
        try {
            return paused && !isUnwanted();
        } finally {
            lock.unlock();
        }
    }

    // ---- what the event loop brings

    /**
     * @param more reads what has come, on the event loop
     */
    void attached(QuicStreamChannel stream, Runnable more) {
        channel = stream;
        readOn = more;
    }

    void data(ByteBuf bytes) {
        boolean tooMuch = false;
        lock.lock();
        try {
            if (isUnwanted()) {
                discarded += bytes.readableBytes();
                tooMuch = discarded > MAX_DISCARDED;
                bytes.release();
            } else {
                boolean scarce = !received.add(bytes);
                paused |= scarce || received.unread() >= connection.config().maxUnread();
            }
        } finally {
            lock.unlock();
        }
        if (tooMuch) {
            stopReading();
        }
    }

    /** All that was there at the moment has come: one wake-up for many buffers. */
    void dataComplete() {
        lock.lock();
        try {
            readable.signal();
        } finally {
            lock.unlock();
        }
    }

    void remoteEnded() {
        lock.lock();
        try {
            remoteEnded = true;
            readable.signalAll();
        } finally {
            lock.unlock();
        }
        goneIfOver();
    }

    void remoteReset(String reason) {
        fail(reason);
        abort(ErrorCode.NONE);
    }

    /** Netty's stream is closed: because both sides have ended, or with the connection. */
    void inactive() {
        lock.lock();
        try {
            detached = true;
            if (!reading) {
                if (isUnwanted()) {
                    received.drop();
                } else {
                    received.moveToHeap();
                }
            }
        } finally {
            lock.unlock();
        }
        gone();
        wakeAll();
    }

    /** Both sides have ended if this side has, too. On the event loop. */
    void goneIfOver() {
        boolean over;
        lock.lock();
        try {
            over = remoteEnded && sending.isOver();
        } finally {
            lock.unlock();
        }
        if (over) {
            gone();
        }
    }

    private void gone() {
        lock.lock();
        try {
            readable.cancel();
            sending.cancelAlarm();
        } finally {
            lock.unlock();
        }
        ScheduledFuture<?> timer = lingering;
        if (timer != null) {
            timer.cancel(false);
        }
        connection.forget(this);
        QuicStreamChannel stream = channel;
        if (stream != null && stream.isActive()) {
            Outcome.ofNoConcern(stream.close());
        }
    }

    /** Whoever waits finds out that the connection has ended. */
    void wakeAll() {
        lock.lock();
        try {
            readable.signalAll();
            sending.wake();
        } finally {
            lock.unlock();
        }
    }

    // ---- writing and ending

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        sending.write(buffer, offset, length);
    }

    @Override
    public void closeWrite() throws IOException {
        sending.closeWrite();
    }

    @Override
    public void close() {
        boolean linger;
        lock.lock();
        try {
            if (discarding) {
                return;
            }
            discarding = true;
            if (!reading) {
                received.drop();
            }
            readable.signalAll();
            linger = !remoteEnded && resetReason == null;
            sending.closeSoon();
        } finally {
            lock.unlock();
        }
        if (linger) {
            connection.execute(this::linger);
        }
    }

    /** Throws away what still comes, for a while: a remote that ends its side needs not be told to stop. */
    private void linger() {
        QuicStreamChannel stream = channel;
        if (stream == null || !stream.isActive()) {
            return;
        }
        lingering = stream.eventLoop()
                .schedule(() -> reset(), connection.config().linger().toNanos(), TimeUnit.NANOSECONDS);
        readOn.run();
    }

    private void stopReading() {
        QuicStreamChannel stream = channel;
        if (stream != null && !stream.isInputShutdown()) {
            Outcome.ofNoConcern(stream.shutdownInput(NO_ERROR));
            connection.countReset();
            remoteEnded();
        }
    }

    @Override
    public void reset() {
        reset(ErrorCode.NONE);
    }

    @Override
    public void reset(ErrorCode code) {
        boolean over;
        lock.lock();
        try {
            over = resetReason != null || remoteEnded && sending.isOver();
        } finally {
            lock.unlock();
        }
        fail("the stream was reset on this side");
        if (!over) {
            connection.execute(() -> abort(code));
        }
    }

    /** Ends both directions at once, on the event loop. */
    private void abort(ErrorCode code) {
        QuicStreamChannel stream = channel;
        if (stream != null && stream.isActive()) {
            Outcome.ofNoConcern(stream.shutdown(code.stream()));
            connection.countReset();
        }
        gone();
    }

    private void fail(String reason) {
        lock.lock();
        try {
            if (resetReason == null) {
                resetReason = reason;
            }
            if (!reading) {
                received.drop();
            }
        } finally {
            lock.unlock();
        }
        wakeAll();
    }

    boolean isReset() {
        return resetReason != null;
    }

    void failIfReset() throws StreamResetException {
        String reason = resetReason;
        if (reason != null) {
            throw new StreamResetException(reason);
        }
    }

    static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while waiting for a stream");
    }
}
