package network.guts.libp2p.relay;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.host.Stream;
import network.guts.libp2p.RelayConfig.Limits;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.tcp.Deadline;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries bytes between two streams, both ways, within the limits. Whatever goes wrong on one side, and whatever goes over
 * a limit, resets both.
 */
final class Circuit {
    /** As go-libp2p; the bytes of a relay are no reason to hold more. */
    private static final int BUFFER = 2048;

    private static final Logger LOG = LoggerFactory.getLogger(Circuit.class);

    private final Stream source;
    private final Stream target;
    private final Limits limits;
    private final AtomicLong carried = new AtomicLong();

    Circuit(Stream source, Stream target, Limits limits) {
        this.source = source;
        this.target = target;
        this.limits = limits;
    }

    /** Runs until both directions have ended. */
    void run() throws InterruptedException {
        Duration longest = limits.duration().plusSeconds(1);
        for (Stream stream : new Stream[] {source, target}) {
            stream.readTimeout(longest);
            stream.writeTimeout(longest);
        }
        try (Deadline deadline = new Deadline(this::reset, limits.duration())) {
            Thread back = Thread.ofVirtual().name("relay-back").start(() -> carry(target, source));
            carry(source, target);
            back.join();
            if (deadline.passed()) {
                LOG.debug("{} is over its {} s", this, limits.duration().toSeconds());
            }
        }
    }

    /** Bytes that went through, both ways. */
    long carried() {
        return carried.get();
    }

    private void carry(Stream from, Stream to) {
        byte[] buffer = new byte[BUFFER];
        long left = limits.bytes();
        boolean well = false;
        try {
            int count = from.read(buffer, 0, buffer.length);
            while (count >= 0) {
                int allowed = (int) Math.min(count, left);
                if (allowed > 0) {
                    to.write(buffer, 0, allowed);
                    carried.addAndGet(allowed);
                    left -= allowed;
                }
                if (allowed < count) {
                    throw new IOException("more than " + limits.bytes() + " bytes in one direction");
                }
                count = from.read(buffer, 0, buffer.length);
            }
            to.closeWrite();
            well = true;
        } catch (IOException e) {
            LOG.debug("{}: {}", this, Reasons.of(e));
        } finally {
            if (!well) {
                reset();
            }
        }
    }

    void reset() {
        source.reset();
        target.reset();
    }

    @Override
    public String toString() {
        return "circuit from " + source.connection().peer() + " to "
                + target.connection().peer();
    }
}
