package network.guts.gossip.shell;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;

/** One end of a pair of pipes; each has a window, so a writer waits for its reader. */
final class PipedStream implements Stream {
    private static final int WINDOW = 64 * 1024;

    private static final class Pipe {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final byte[] ring = new byte[WINDOW];
        private int start;
        private int filled;
        private boolean ended;
        private boolean reset;

        int read(byte[] buffer, int offset, int length, Duration timeout) throws IOException {
            lock.lock();
            try {
                long left = timeout.toNanos();
                while (filled == 0 && !ended && !reset) {
                    left = await(left);
                }
                check();
                if (filled == 0) {
                    return -1;
                }
                int count = Math.min(length, filled);
                for (int i = 0; i < count; i++) {
                    buffer[offset + i] = ring[(start + i) % WINDOW];
                }
                start = (start + count) % WINDOW;
                filled -= count;
                changed.signalAll();
                return count;
            } finally {
                lock.unlock();
            }
        }

        void write(byte[] buffer, int offset, int length, Duration timeout) throws IOException {
            lock.lock();
            try {
                int done = 0;
                long left = timeout.toNanos();
                while (done < length) {
                    check();
                    if (ended) {
                        throw new IOException("this side is closed");
                    }
                    if (filled == WINDOW) {
                        left = await(left);
                    } else {
                        int count = Math.min(length - done, WINDOW - filled);
                        for (int i = 0; i < count; i++) {
                            ring[(start + filled + i) % WINDOW] = buffer[offset + done + i];
                        }
                        filled += count;
                        done += count;
                        changed.signalAll();
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        @SuppressWarnings("WaitNotInLoop")
        private long await(long left) throws IOException {
            if (left <= 0) {
                throw new SocketTimeoutException("timed out");
            }
            try {
                // The callers' loops look at what they wait for.
                return changed.awaitNanos(Math.min(left, TimeUnit.HOURS.toNanos(1)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }

        private void check() throws StreamResetException {
            if (reset) {
                throw new StreamResetException("reset");
            }
        }

        void end(boolean byReset) {
            lock.lock();
            try {
                ended = true;
                reset |= byReset;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private final String protocol;
    private final ConnectionInfo connection;
    private final Pipe in;
    private final Pipe out;
    private volatile Duration readTimeout = DEFAULT_TIMEOUT;
    private volatile Duration writeTimeout = DEFAULT_TIMEOUT;

    private PipedStream(String protocol, ConnectionInfo connection, Pipe in, Pipe out) {
        this.protocol = protocol;
        this.connection = connection;
        this.in = in;
        this.out = out;
    }

    /** The opener's end and the other one. */
    static PipedStream[] pair(String protocol, ConnectionInfo opener, ConnectionInfo other) {
        Pipe there = new Pipe();
        Pipe back = new Pipe();
        return new PipedStream[] {
            new PipedStream(protocol, opener, back, there), new PipedStream(protocol, other, there, back)
        };
    }

    @Override
    public ConnectionInfo connection() {
        return connection;
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public void readTimeout(Duration timeout) {
        readTimeout = timeout;
    }

    @Override
    public void writeTimeout(Duration timeout) {
        writeTimeout = timeout;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return in.read(buffer, offset, length, readTimeout);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        out.write(buffer, offset, length, writeTimeout);
    }

    @Override
    public void closeWrite() {
        out.end(false);
    }

    @Override
    public void reset() {
        in.end(true);
        out.end(true);
    }

    @Override
    public void close() {
        out.end(false);
        in.end(false);
    }
}
