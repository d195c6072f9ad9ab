package network.guts.dht.shell;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import org.jspecify.annotations.Nullable;

/** Two ends of a stream in memory, with time-outs, half-close and reset. */
final class PipedStream implements Stream {
    /** One direction. */
    private static final class Pipe {
        byte[] waiting = new byte[0];
        boolean ended;
        boolean letGo;
    }

    private static final class Shared {
        final ReentrantLock lock = new ReentrantLock();
        final Condition changed = lock.newCondition();
        boolean reset;
    }

    private final ConnectionInfo connection;
    private final String protocol;
    private final Shared shared;
    private final Pipe in;
    private final Pipe out;
    private volatile Duration readTimeout = DEFAULT_TIMEOUT;
    volatile @Nullable IOException failure;

    private PipedStream(ConnectionInfo connection, String protocol, Shared shared, Pipe in, Pipe out) {
        this.connection = connection;
        this.protocol = protocol;
        this.shared = shared;
        this.in = in;
        this.out = out;
    }

    static PipedStream[] pair(ConnectionInfo dialler, ConnectionInfo listener, String protocol) {
        Shared shared = new Shared();
        Pipe one = new Pipe();
        Pipe other = new Pipe();
        return new PipedStream[] {
            new PipedStream(dialler, protocol, shared, one, other),
            new PipedStream(listener, protocol, shared, other, one)
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
    public void writeTimeout(Duration timeout) {}

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        shared.lock.lock();
        try {
            long left = readTimeout.toNanos();
            while (in.waiting.length == 0 && !in.ended && !shared.reset) {
                if (left <= 0) {
                    throw new SocketTimeoutException("nothing to read within " + readTimeout);
                }
                left = shared.changed.awaitNanos(left);
            }
            if (shared.reset) {
                throw new StreamResetException("stream reset");
            }
            if (in.waiting.length == 0) {
                return -1;
            }
            int count = Math.min(length, in.waiting.length);
            System.arraycopy(in.waiting, 0, buffer, offset, count);
            in.waiting = java.util.Arrays.copyOfRange(in.waiting, count, in.waiting.length);
            return count;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            shared.lock.unlock();
        }
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        change(() -> {
            if (shared.reset) {
                throw new StreamResetException("stream reset");
            }
            if (out.ended) {
                throw new IOException("closed for writing");
            }
            if (!out.letGo) {
                byte[] longer = java.util.Arrays.copyOf(out.waiting, out.waiting.length + length);
                System.arraycopy(buffer, offset, longer, out.waiting.length, length);
                out.waiting = longer;
            }
        });
    }

    private interface Change {
        void run() throws IOException;
    }

    private void change(Change change) throws IOException {
        shared.lock.lock();
        try {
            change.run();
            shared.changed.signalAll();
        } finally {
            shared.lock.unlock();
        }
    }

    @Override
    public void closeWrite() throws IOException {
        change(() -> out.ended = true);
    }

    @Override
    public void reset() {
        shared.lock.lock();
        try {
            shared.reset = true;
            shared.changed.signalAll();
        } finally {
            shared.lock.unlock();
        }
    }

    @Override
    public void close() {
        shared.lock.lock();
        try {
            out.ended = true;
            in.letGo = true;
            shared.changed.signalAll();
        } finally {
            shared.lock.unlock();
        }
    }
}
