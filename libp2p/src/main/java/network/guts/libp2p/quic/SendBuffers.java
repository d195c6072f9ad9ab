package network.guts.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.libp2p.tcp.BufferPool;

/**
 * Direct buffers in which what was written travels to the event loop. They are our own: Netty's allocator would set up a
 * cache for every virtual thread that writes.
 */
final class SendBuffers {
    /** A whole write of most, and 45 packets. */
    static final int SIZE = 64 * 1024;

    /** Below this, a copy more costs less than a buffer that is mostly empty. */
    private static final int SMALL = 4 * 1024;

    private static final int KEEP = 64;

    /** With this many on the way (64 MiB), a stream may have only one: many writers wait for remotes that do not read. */
    private static final int MANY = 1024;

    private static final BufferPool<ByteBuffer> POOL = new BufferPool<>(KEEP, () -> ByteBuffer.allocateDirect(SIZE));
    private static final AtomicInteger LENT = new AtomicInteger();

    private SendBuffers() {}

    static boolean scarce() {
        return LENT.get() >= MANY;
    }

    /** Bytes on their way; {@link #close} once they were taken or given up. */
    static final class Filled implements AutoCloseable {
        private final ByteBuf bytes;
        private final java.util.Optional<ByteBuffer> pooled;
        private final int size;

        private Filled(ByteBuf bytes, java.util.Optional<ByteBuffer> pooled) {
            this.bytes = bytes;
            this.pooled = pooled;
            this.size = bytes.readableBytes();
        }

        ByteBuf bytes() {
            return bytes;
        }

        int size() {
            return size;
        }

        @Override
        public void close() {
            pooled.ifPresent(buffer -> {
                LENT.decrementAndGet();
                POOL.give(buffer);
            });
        }
    }

    /** Copies at most {@link #SIZE} bytes. */
    static Filled fill(byte[] source, int offset, int length) {
        if (length < SMALL) {
            return new Filled(
                    Unpooled.wrappedBuffer(java.util.Arrays.copyOfRange(source, offset, offset + length)),
                    java.util.Optional.empty());
        }
        LENT.incrementAndGet();
        ByteBuffer buffer = POOL.take();
        buffer.clear().put(source, offset, Math.min(length, SIZE)).flip();
        return new Filled(Unpooled.wrappedBuffer(buffer), java.util.Optional.of(buffer));
    }
}
