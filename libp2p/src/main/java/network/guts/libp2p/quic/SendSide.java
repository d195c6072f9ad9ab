package network.guts.libp2p.quic;

import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamFrame;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.timing.TimedCondition;
import org.jspecify.annotations.Nullable;

/**
 * What one stream sends. A writer fills buffers and waits while {@link #IN_FLIGHT} bytes are not taken by QUIC, which takes
 * no more than the remote's window and the congestion window allow. Guarded by the stream's lock.
 */
final class SendSide {
    /** Enough to keep the event loop busy while the writer is woken. */
    private static final int IN_FLIGHT = 8 * SendBuffers.SIZE;

    private static final String STOPPED = "the remote does not want more of the stream";

    private static final String CLOSED = "this side of the stream was closed";

    private final QuicStream stream;
    private final QuicConnection connection;
    private final ReentrantLock lock;
    private final TimedCondition writable;
    private volatile long timeoutNanos = Stream.DEFAULT_TIMEOUT.toNanos();

    /** Bytes, and the end of the stream as something empty. */
    private final ArrayDeque<Optional<SendBuffers.Filled>> outgoing = new ArrayDeque<>();

    private boolean draining;
    private int inFlight;
    private boolean writing;
    private boolean closed;
    private boolean closeBehindWriter;
    private boolean finSent;
    private @Nullable String failure;

    SendSide(QuicStream stream, QuicConnection connection, ReentrantLock lock) {
        this.stream = stream;
        this.connection = connection;
        this.lock = lock;
        this.writable = new TimedCondition(lock);
    }

    void timeout(Duration timeout) {
        timeoutNanos = timeout.toNanos();
    }

    void write(byte[] buffer, int offset, int length) throws IOException {
        boolean done = false;
        awaitTurn();
        try {
            int written = 0;
            while (written < length) {
                int some = Math.min(length - written, SendBuffers.SIZE);
                awaitRoom(some);
                send(SendBuffers.fill(buffer, offset + written, some));
                written += some;
            }
            done = true;
        } finally {
            boolean lost;
            lock.lock();
            try {
                writing = false;
                writable.signalAll();
                lost = closeBehindWriter && !done;
                if (closeBehindWriter && done) {
                    end();
                }
            } finally {
                lock.unlock();
            }
            if (lost) {
                stream.reset();
            }
        }
    }

    /** Writers go one after the other, each with all of its bytes. */
    private void awaitTurn() throws IOException {
        lock.lock();
        try {
            failIfUnwritable();
            awaitWhile(() -> writing);
            if (closeBehindWriter) {
                throw new IOException(CLOSED);
            }
            writing = true;
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom(int bytes) throws IOException {
        lock.lock();
        try {
            failIfUnwritable();
            awaitWhile(() -> inFlight > 0 && inFlight + bytes > limit());
            inFlight += bytes;
        } finally {
            lock.unlock();
        }
    }

    private static int limit() {
        return SendBuffers.scarce() ? SendBuffers.SIZE : IN_FLIGHT;
    }

    private void awaitWhile(BooleanSupplier blocked) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        try {
            while (blocked.getAsBoolean()) {
                if (deadline - System.nanoTime() <= 0) {
                    throw new SocketTimeoutException("the remote does not read from the stream");
                }
                writable.await(deadline);
                failIfUnwritable();
            }
        } catch (InterruptedException e) {
            throw QuicStream.interrupted();
        }
    }

    private void failIfUnwritable() throws IOException {
        stream.failIfReset();
        connection.failIfEnded();
        String reason = failure;
        if (reason != null) {
            throw new StreamResetException(reason);
        }
        if (closed) {
            throw new IOException(CLOSED);
        }
    }

    private void send(SendBuffers.Filled filled) {
        lock.lock();
        try {
            outgoing.add(Optional.of(filled));
            drainSoon();
        } finally {
            lock.unlock();
        }
    }

    /** The lock must be held. */
    private void drainSoon() {
        if (!draining) {
            draining = true;
            connection.execute(this::drain);
        }
    }

    /** Hands what was written to Netty, on the event loop. */
    private void drain() {
        connection.sent();
        while (true) {
            Optional<SendBuffers.Filled> next;
            String failed;
            lock.lock();
            try {
                if (outgoing.isEmpty()) {
                    draining = false;
                    return;
                }
                next = outgoing.removeFirst();
                failed = failure;
            } finally {
                lock.unlock();
            }
            hand(next, failed);
        }
    }

    /** Netty keeps what it is given after the remote has stopped the stream, for ever: it is given no more then. */
    private void hand(Optional<SendBuffers.Filled> next, @Nullable String failed) {
        QuicStreamChannel channel = stream.channel();
        String reason = channel == null ? "the stream was not opened" : failed;
        if (channel == null || reason != null) {
            next.ifPresentOrElse(filled -> written(filled, reason), this::finWritten);
            return;
        }
        ChannelFuture writing;
        if (next.isPresent()) {
            SendBuffers.Filled filled = next.get();
            writing = channel.write(filled.bytes());
            writing.addListener((ChannelFuture done) -> written(filled, failure(done)));
        } else {
            writing = channel.write(QuicStreamFrame.EMPTY_FIN);
            writing.addListener((ChannelFuture done) -> finWritten());
        }
        if (!writing.isDone() && channel.bytesBeforeUnwritable() > 0) {
            stopped();
        }
    }

    /**
     * The remote has stopped the stream, and nothing waited to be sent that could have failed then. QUIC has forgotten the
     * stream since, which shows only so: it takes nothing although there was room.
     */
    private void stopped() {
        lock.lock();
        try {
            failure = STOPPED;
            writable.signalAll();
        } finally {
            lock.unlock();
        }
        stream.goneIfOver();
    }

    private static @Nullable String failure(ChannelFuture done) {
        return done.isSuccess() ? null : STOPPED;
    }

    private void written(SendBuffers.Filled filled, @Nullable String failed) {
        filled.close();
        lock.lock();
        try {
            int before = inFlight;
            inFlight -= filled.size();
            if (failed != null) {
                failure = failed;
                writable.signalAll();
            } else if (before > IN_FLIGHT / 2 && inFlight <= IN_FLIGHT / 2 || inFlight == 0) {
                writable.signal();
            }
        } finally {
            lock.unlock();
        }
        stream.goneIfOver();
    }

    private void finWritten() {
        lock.lock();
        try {
            finSent = true;
        } finally {
            lock.unlock();
        }
        stream.goneIfOver();
    }

    /** Ends this side behind all data, waiting for a writer that is at it. */
    void closeWrite() throws IOException {
        lock.lock();
        try {
            stream.failIfReset();
            if (!closed) {
                failIfUnwritable();
                awaitWhile(() -> writing);
                end();
            }
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #closeWrite}, without waiting: a writer that is at it closes when it is done. The lock must be held. */
    void closeSoon() {
        if (writing) {
            closeBehindWriter = true;
        } else {
            end();
        }
    }

    /** The lock must be held. */
    private void end() {
        if (!closed && !stream.isReset()) {
            closed = true;
            outgoing.add(Optional.empty());
            drainSoon();
        }
    }

    /** True once nothing more will be sent; the lock must be held. */
    boolean isOver() {
        return finSent || failure != null;
    }

    /** Nobody is expected to wait any more; the lock must be held. */
    void cancelAlarm() {
        writable.cancel();
    }

    /** Writers look again; the lock must be held. */
    void wake() {
        writable.signalAll();
    }
}
