package network.guts.libp2p.tcp;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import network.guts.libp2p.limits.MemoryBudget;
import network.guts.libp2p.limits.Priority;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bytes of a TCP connection, or of what takes its place, blocking. What came in lies in a buffer that the layer above parses, and decrypts,
 * where it is. One thread reads while another writes; any thread closes.
 */
public final class RawConnection implements Closeable {
    /** What {@link #fill} can be asked for at most: four records of a secure channel. */
    public static final int MAX_BUFFERED = 4 * (65535 + 2);

    /** An idle connection keeps a buffer of this size, enough for the small messages of its protocols. */
    private static final int SMALL = 2048;

    /** The socket and the native cipher work on direct buffers without a copy; 32 of them are 8 MiB. */
    private static final int KEEP = 32;

    /** Where memory is scarce, it is not asked for at each read. */
    private static final int TRY_AGAIN_AFTER = 64;

    private static final BufferPool<ByteBuffer> READ_BUFFERS =
            new BufferPool<>(KEEP, () -> ByteBuffer.allocateDirect(MAX_BUFFERED));
    private static final Logger LOG = LoggerFactory.getLogger(RawConnection.class);

    /** Something to be done that may fail. */
    @FunctionalInterface
    public interface Step {
        void run() throws IOException;
    }

    private final ByteChannel channel;
    private final Step endOutput;

    /** Its position and limit enclose what came in and was not consumed yet. */
    private ByteBuffer buffer = ByteBuffer.wrap(new byte[SMALL]).limit(0);

    private volatile MemoryBudget budget = MemoryBudget.UNLIMITED;

    /** From where the buffer was reserved, if it is a large one of the pool. */
    private @Nullable MemoryBudget lender;

    private int untilNextTry;
    private int lastRead;
    private byte[] staged = new byte[0];
    private @Nullable Step beforeRead;

    /** Takes the channel over, in blocking mode and without Nagle's delay. */
    public RawConnection(SocketChannel channel) throws IOException {
        this(channel, channel::shutdownOutput);
        channel.configureBlocking(true);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /**
     * Over something else that carries bytes, such as a stream through a relay.
     *
     * @param channel blocking; takes at least one byte with each write
     * @param endOutput ends the outgoing side, behind all that was written
     */
    public RawConnection(ByteChannel channel, Step endOutput) {
        this.channel = channel;
        this.endOutput = endOutput;
    }

    /** Keeps bytes back until the next write, or until a read would have to wait for the remote. */
    public void stage(byte[] bytes, int offset, int length) {
        byte[] both = new byte[staged.length + length];
        System.arraycopy(staged, 0, both, 0, staged.length);
        System.arraycopy(bytes, offset, both, staged.length, length);
        staged = both;
    }

    /** Runs {@code step} once, before the next byte is read. */
    public void beforeRead(Step step) {
        beforeRead = step;
    }

    /**
     * Makes sure that {@code need} bytes, at most {@link #MAX_BUFFERED}, lie in {@link #buffered}.
     *
     * @return false if the remote had ended its side and nothing is left
     * @throws EOFException if it ended with fewer bytes
     */
    public boolean fill(int need) throws IOException {
        Step step = beforeRead;
        if (step != null) {
            beforeRead = null;
            step.run();
        }
        while (buffer.remaining() < need) {
            if (staged.length > 0) {
                write(new byte[0], 0, 0);
            }
            makeRoom(need);
            int start = buffer.position();
            int end = buffer.limit();
            buffer.limit(buffer.capacity()).position(end);
            int count;
            try {
                count = channel.read(buffer);
            } finally {
                buffer.limit(buffer.position()).position(start);
            }
            if (count < 0) {
                if (!buffer.hasRemaining()) {
                    return false;
                }
                throw new EOFException("connection ended after " + buffer.remaining() + " of " + need + " bytes");
            }
            lastRead = count;
        }
        return true;
    }

    /** From where to reserve a large buffer, from the next one on. */
    public void budget(MemoryBudget source) {
        budget = source;
    }

    private void makeRoom(int need) {
        if (!buffer.hasRemaining()) {
            if (buffer.capacity() > SMALL && lastRead < SMALL) {
                giveBack();
                buffer = ByteBuffer.wrap(new byte[SMALL]);
            }
            buffer.position(0).limit(0);
        }
        if (lender == null && (need > SMALL || lastRead >= SMALL) && borrow()) {
            ByteBuffer larger = READ_BUFFERS.take().clear();
            larger.put(buffer).flip();
            buffer = larger;
        } else if (need > buffer.capacity()) {
            // Memory is scarce: it goes on with one record at a time.
            buffer = ByteBuffer.allocate(need).put(buffer).flip();
        } else if (buffer.position() + need > buffer.capacity()) {
            buffer.compact().flip();
        }
    }

    private boolean borrow() {
        if (untilNextTry > 0) {
            untilNextTry--;
            return false;
        }
        MemoryBudget from = budget;
        if (!from.reserve(MAX_BUFFERED, Priority.LOW)) {
            untilNextTry = TRY_AGAIN_AFTER;
            return false;
        }
        lender = from;
        return true;
    }

    private void giveBack() {
        MemoryBudget from = lender;
        if (from != null) {
            READ_BUFFERS.give(buffer);
            from.release(MAX_BUFFERED);
            lender = null;
        }
    }

    /**
     * What came in, from position to limit. The layer above moves the position; the
     * bytes it has passed stay untouched until the next {@link #fill}.
     */
    public ByteBuffer buffered() {
        return buffer;
    }

    /** True if {@link #fill} would not have to wait for the remote. */
    public boolean has(int bytes) {
        return buffer.remaining() >= bytes && beforeRead == null;
    }

    /** Reads at least one byte; -1 at the end. */
    public int read(byte[] target, int offset, int length) throws IOException {
        if (!fill(1)) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, offset, count);
        return count;
    }

    /** Writes what was staged and then all of {@code bytes}, in as few calls as possible. */
    public void write(byte[] bytes, int offset, int length) throws IOException {
        write(ByteBuffer.wrap(bytes, offset, length));
    }

    /** Writes what was staged and then all that remains in {@code bytes}. Large buffers had better be direct. */
    public void write(ByteBuffer bytes) throws IOException {
        if (staged.length > 0) {
            ByteBuffer both = ByteBuffer.allocate(staged.length + Math.min(bytes.remaining(), SMALL));
            both.put(staged);
            staged = new byte[0];
            int end = bytes.limit();
            bytes.limit(bytes.position() + both.remaining());
            both.put(bytes);
            bytes.limit(end);
            drain(both.flip());
        }
        drain(bytes);
    }

    private void drain(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Ends the outgoing side. */
    public void shutdownOutput() throws IOException {
        endOutput.run();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a connection failed", e);
        }
    }
}
