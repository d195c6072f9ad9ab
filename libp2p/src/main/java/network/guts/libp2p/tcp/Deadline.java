package network.guts.libp2p.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes something unless this is closed in time: a bound for many blocking steps together. */
public final class Deadline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);

    private final CountDownLatch done = new CountDownLatch(1);
    private volatile boolean passed;

    public Deadline(Closeable target, Duration timeout) {
        Thread.ofVirtual().name("deadline").start(() -> {
            try {
                if (!done.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                    passed = true;
                    target.close();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                LOG.debug("closing what took too long failed", e);
            }
        });
    }

    /** True once time ran out and the target was closed for it. */
    public boolean passed() {
        return passed;
    }

    @Override
    public void close() {
        done.countDown();
    }
}
