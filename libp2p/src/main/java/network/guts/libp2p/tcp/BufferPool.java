package network.guts.libp2p.tcp;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Supplier;

/**
 * Buffers of one size, lent to connections while they move bytes: an idle connection holds none. A buffer that is not
 * given back is left to the garbage collector.
 *
 * @param <B> the kind of buffer
 */
public final class BufferPool<B> {
    private final Supplier<B> factory;
    private final ArrayBlockingQueue<B> idle;

    /**
     * @param keep how many are kept when nobody needs them
     * @param factory makes one more
     */
    public BufferPool(int keep, Supplier<B> factory) {
        this.factory = factory;
        this.idle = new ArrayBlockingQueue<>(keep);
    }

    /** A buffer with any content. */
    public B take() {
        B buffer = idle.poll();
        return buffer == null ? factory.get() : buffer;
    }

    /** Gives a buffer of this pool back; the caller must not touch it any more. */
    public void give(B buffer) {
        idle.offer(buffer);
    }
}
