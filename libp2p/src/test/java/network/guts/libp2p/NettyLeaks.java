package network.guts.libp2p;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Collects what Netty's leak detector reports: buffers that were thrown away without being released. */
final class NettyLeaks extends ResourceLeakDetectorFactory {
    private static final List<String> REPORTS = new CopyOnWriteArrayList<>();

    private NettyLeaks() {}

    /** From now on; to be called before Netty has made its first buffer. */
    static void collect() {
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new NettyLeaks());
    }

    /** What was reported of all that is garbage by now: it is reported when further buffers are made. */
    static List<String> reports() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        for (int round = 0; round < 5; round++) {
            System.gc();
            if (never.await(50, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("never");
            }
            PooledByteBufAllocator.DEFAULT.directBuffer(64).release();
        }
        return List.copyOf(REPORTS);
    }

    /** Leaks a buffer, to see that this is noticed. */
    static void leakOne() {
        ByteBuf lost = PooledByteBufAllocator.DEFAULT.directBuffer(64);
        lost.writeByte(1);
    }

    @Override
    @SuppressWarnings("deprecation") // abstract, so that it has to be there
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
            Class<T> resource, int samplingInterval, long maxActive) {
        return new ResourceLeakDetector<>(resource, samplingInterval) {
            @Override
            protected boolean needReport() {
                return true;
            }

            @Override
            protected void reportTracedLeak(String type, String records) {
                REPORTS.add(type + records);
            }

            @Override
            protected void reportUntracedLeak(String type) {
                REPORTS.add(type);
            }
        };
    }
}
