package network.guts.libp2p.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Future;
import network.guts.libp2p.timing.Alarms;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes something unless this is closed in time: a bound for many blocking steps together. */
public final class Deadline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);

    private final Closeable target;
    private final Future<?> alarm;
    private volatile boolean passed;

    public Deadline(Closeable target, Duration timeout) {
        this.target = target;
        this.alarm = Alarms.after(
                timeout.toNanos(), () -> Thread.ofVirtual().name("deadline").start(this::pass));
    }

    private void pass() {
        passed = true;
        try {
            target.close();
        } catch (IOException e) {
            LOG.debug("closing what took too long failed", e);
        }
    }

    /** True once time ran out and the target was closed for it. */
    public boolean passed() {
        return passed;
    }

    @Override
    public void close() {
        alarm.cancel(false);
    }
}
