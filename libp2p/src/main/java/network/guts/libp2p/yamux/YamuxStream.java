package network.guts.libp2p.yamux;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import network.guts.core.MalformedException;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.timing.TimedCondition;
import org.jspecify.annotations.Nullable;

/** One stream. What it knows of sending is guarded by the connection's outbound lock, the rest by its own. */
final class YamuxStream implements MuxedStream {
    private static final int OUR_END = 1;
    private static final int THEIR_END = 2;
    private static final int BOTH_ENDS = OUR_END | THEIR_END;

    /** A window that was used up within so many round trips was too small. */
    private static final int GROW_WITHIN_ROUND_TRIPS = 4;

    /** And one that was used up so soon: each update costs both sides some wake-ups and system calls. */
    private static final long GROW_WITHIN = TimeUnit.MILLISECONDS.toNanos(1);

    final int id;
    final boolean ours;

    private final YamuxConnection connection;
    private final Outbound out;
    private final AtomicInteger ends = new AtomicInteger();
    private volatile long readNanos = Stream.DEFAULT_TIMEOUT.toNanos();
    private volatile long writeNanos = Stream.DEFAULT_TIMEOUT.toNanos();
    private volatile @Nullable String resetReason;

    /** Guarded by the outbound lock, down to the next blank line. */
    private final TimedCondition sendable;

    private final TimedCondition turn;
    private long sendWindow = Frame.INITIAL_WINDOW;
    private boolean writing;
    private boolean writeClosed;
    private boolean closeBehindWriter;
    private boolean acknowledged;

    /** Guards what follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final TimedCondition readable = new TimedCondition(lock);
    private final ReceiveBuffer received = new ReceiveBuffer();
    private boolean reading;
    private boolean discarding;
    private boolean remoteEnded;
    private int window = Frame.INITIAL_WINDOW;

    /** What the remote may still send, and what was read since it was told so last: window = credit + owed + unread. */
    private long credit = Frame.INITIAL_WINDOW;

    private int owed;
    private long lastUpdate = System.nanoTime();
    private volatile boolean announced;

    YamuxStream(YamuxConnection connection, Outbound out, int id, boolean ours) {
        this.connection = connection;
        this.out = out;
        this.id = id;
        this.ours = ours;
        this.sendable = new TimedCondition(out.lock);
        this.turn = new TimedCondition(out.lock);
        this.announced = !ours;
    }

    @Override
    public void readTimeout(Duration timeout) {
        readNanos = timeout.toNanos();
    }

    @Override
    public void writeTimeout(Duration timeout) {
        writeNanos = timeout.toNanos();
    }

    // ---- reading

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        if (!announced) {
            announced = true;
            out.flush();
        }
        int count;
        byte[] source;
        int start;
        lock.lock();
        try {
            if (!awaitBytes(System.nanoTime() + readNanos)) {
                return -1;
            }
            reading = true;
            count = Math.min(length, received.available());
            source = received.bytes();
            start = received.start();
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
        System.arraycopy(source, start, buffer, offset, count);
        consumed(count);
        return count;
    }

    /** False at the end of what the remote sent; the lock must be held. */
    private boolean awaitBytes(long deadline) throws IOException, InterruptedException {
        while (reading || received.size() == 0) {
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

    private void consumed(int count) {
        int update = 0;
        int freed;
        lock.lock();
        try {
            reading = false;
            freed = received.consume(count);
            owed += count;
            if (owed >= window / 2 && !remoteEnded && !discarding && resetReason == null) {
                growIfTooSmall();
                update = owed;
                credit += owed;
                owed = 0;
            }
            readable.signal();
        } finally {
            lock.unlock();
        }
        connection.memory().give(freed);
        if (update > 0) {
            out.control(Frame.WINDOW_UPDATE, 0, id, update, true);
        }
    }

    private void growIfTooSmall() {
        long now = System.nanoTime();
        if (now - lastUpdate < Math.max(GROW_WITHIN, GROW_WITHIN_ROUND_TRIPS * connection.roundTripNanos())) {
            int more = connection.growWindow(window);
            window += more;
            owed += more;
        }
        lastUpdate = now;
    }

    /** Nobody is expected to wait any more. */
    void cancelAlarms() {
        lock.lock();
        try {
            readable.cancel();
        } finally {
            lock.unlock();
        }
        out.lock.lock();
        try {
            sendable.cancel();
            turn.cancel();
        } finally {
            out.lock.unlock();
        }
    }

    /** Bytes that the window has grown by, to be given back when the stream is forgotten. */
    int windowGrowth() {
        lock.lock();
        try {
            return window - Frame.INITIAL_WINDOW;
        } finally {
            lock.unlock();
        }
    }

    // ---- what the connection's reader brings

    void announcedData(long length) throws MalformedException {
        lock.lock();
        try {
            if (length > credit) {
                throw new MalformedException(
                        "data frame of " + length + " bytes with " + credit + " left in the window");
            }
            credit -= length;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps a part of the announced data, for a reader that {@link #wakeReader} wakes. */
    void data(ByteBuffer part) {
        while (part.hasRemaining()) {
            int count;
            lock.lock();
            try {
                if (discarding || remoteEnded || resetReason != null) {
                    part.position(part.limit());
                    return;
                }
                count = received.prepare(part.remaining());
            } finally {
                lock.unlock();
            }
            if (!connection.memory().take(count)) {
                part.position(part.limit());
                reset(ErrorCode.RESOURCE_LIMIT_EXCEEDED);
                return;
            }
            received.copyIn(part, count);
            boolean kept;
            lock.lock();
            try {
                kept = received.publish(count);
            } finally {
                lock.unlock();
            }
            if (!kept) {
                connection.memory().give(count);
            }
        }
    }

    /** Tells whoever reads that there is data: once for all that came at once. */
    void wakeReader() {
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
        ended(THEIR_END);
    }

    /**
     * @param code why; zero from those who do not say
     */
    void remoteReset(long code) {
        fail(code == 0 ? "the remote reset the stream" : "the remote reset the stream: " + ErrorCode.ofStream(code));
        connection.forget(this);
    }

    void windowUpdate(long delta) throws MalformedException {
        out.lock.lock();
        try {
            sendWindow += delta;
            if (sendWindow > 0xffff_ffffL) {
                throw new MalformedException("window of " + sendWindow + " bytes");
            }
            sendable.signalAll();
        } finally {
            out.lock.unlock();
        }
    }

    /** True the first time; the outbound lock must be held. */
    boolean acknowledge() {
        boolean first = !acknowledged;
        acknowledged = true;
        return first;
    }

    /** Whoever waits finds out that the connection has ended. */
    void wakeAll() {
        lock.lock();
        try {
            readable.signalAll();
        } finally {
            lock.unlock();
        }
        out.lock.lock();
        try {
            sendable.signalAll();
        } finally {
            out.lock.unlock();
        }
    }

    // ---- writing

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        boolean done = false;
        out.lock.lock();
        try {
            awaitTurn();
            writing = true;
            try {
                int written = 0;
                while (written < length) {
                    written += writeSome(buffer, offset + written, length - written);
                }
                done = true;
            } finally {
                writing = false;
                sendable.signalAll();
                if (closeBehindWriter && done) {
                    end();
                }
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            boolean lost = closeBehindWriter && !done;
            out.lock.unlock();
            if (lost) {
                reset();
            }
        }
        announced = true;
    }

    /** Waits for the window and for room, no longer than the time-out without any progress. */
    private int writeSome(byte[] buffer, int offset, int length) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + writeNanos;
        failIfUnwritable();
        awaitWhile(() -> sendWindow == 0, deadline);
        if (!out.awaitRoom(turn, deadline)) {
            throw new SocketTimeoutException("the remote does not read from the connection");
        }
        failIfUnwritable();
        int count = (int) Math.min(Math.min(length, sendWindow), Frame.MAX_SENT);
        int taken = out.data(id, buffer, offset, count, count < length && count < sendWindow);
        sendWindow -= taken;
        return taken;
    }

    private void failIfUnwritable() throws IOException {
        failIfReset();
        connection.failIfEnded();
        if (writeClosed) {
            throw new IOException("this side of the stream was closed");
        }
    }

    /** Writers go one after the other, each with all of its bytes. */
    private void awaitTurn() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + writeNanos;
        failIfUnwritable();
        awaitWhile(() -> writing, deadline);
        if (closeBehindWriter) {
            throw new IOException("this side of the stream was closed");
        }
    }

    private void awaitWhile(BooleanSupplier blocked, long deadline) throws IOException, InterruptedException {
        while (blocked.getAsBoolean()) {
            if (deadline - System.nanoTime() <= 0) {
                throw new SocketTimeoutException("the remote does not read from the stream");
            }
            sendable.await(deadline);
            failIfUnwritable();
        }
    }

    // ---- ending

    @Override
    public void closeWrite() throws IOException {
        out.lock.lock();
        try {
            failIfReset();
            if (!writeClosed) {
                awaitTurn();
                end();
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            out.lock.unlock();
        }
    }

    /** Sends FIN behind all data; the outbound lock must be held. */
    private void end() {
        if (!writeClosed && resetReason == null) {
            writeClosed = true;
            out.control(Frame.WINDOW_UPDATE, Frame.FIN, id, 0, true);
            ended(OUR_END);
        }
    }

    private void ended(int side) {
        if (ends.accumulateAndGet(side, (before, more) -> before | more) == BOTH_ENDS) {
            connection.forget(this);
        }
    }

    @Override
    public void close() {
        boolean linger;
        int freed;
        lock.lock();
        try {
            if (discarding) {
                return;
            }
            discarding = true;
            freed = received.clear();
            readable.signalAll();
            linger = !remoteEnded && resetReason == null;
        } finally {
            lock.unlock();
        }
        connection.memory().give(freed);
        out.lock.lock();
        try {
            if (writing) {
                closeBehindWriter = true;
            } else {
                end();
            }
        } finally {
            out.lock.unlock();
        }
        if (linger) {
            connection.linger(this);
        }
    }

    @Override
    public void reset() {
        reset(ErrorCode.NONE);
    }

    @Override
    public void reset(ErrorCode code) {
        if (connection.forget(this)) {
            out.control(Frame.WINDOW_UPDATE, Frame.RST, id, code.stream(), true);
        }
        fail("the stream was reset on this side");
    }

    private void fail(String reason) {
        int freed;
        lock.lock();
        try {
            if (resetReason == null) {
                resetReason = reason;
            }
            freed = received.clear();
        } finally {
            lock.unlock();
        }
        connection.memory().give(freed);
        wakeAll();
    }

    private void failIfReset() throws StreamResetException {
        String reason = resetReason;
        if (reason != null) {
            throw new StreamResetException(reason);
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while waiting for a stream");
    }
}
