package network.guts.sync.via;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import network.guts.core.host.Stream;
import network.guts.runtime.Frames;
import network.guts.sync.Progress;
import network.guts.sync.wire.ViaCodec;
import network.guts.sync.wire.ViaReply;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the publisher, on a thread of its own, how far the work is: at once, when it moves, and now and then. */
final class WorkingReplies implements Progress, AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /** A publisher that hears nothing takes the seeder for dead: see {@link ViaClient#SILENCE}. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(WorkingReplies.class);

    private final Stream stream;
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread sender;
    private volatile State latest = new State("accepted", 0, 0, 0, 0, 0, 0);

    WorkingReplies(Stream stream) {
        this.stream = stream;
        this.sender = Thread.ofVirtual().name("via progress").start(this::run);
    }

    @Override
    public void update(State state) {
        latest = state;
    }

    private void run() {
        try {
            State told = latest;
            tell(told);
            long last = System.nanoTime();
            while (!done.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                State now = latest;
                if (!now.equals(told) || System.nanoTime() - last > LONGEST_PAUSE.toNanos()) {
                    tell(now);
                    told = now;
                    last = System.nanoTime();
                }
            }
        } catch (IOException e) {
            // The work goes on: the publisher may come back, and others may have what is missing.
            LOG.debug(
                    "{} does not hear how far its repository is: {}",
                    stream.connection().peer(),
                    e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(State state) throws IOException {
        ViaReply reply = new ViaReply.Working(
                state.phase(), state.bytes(), state.totalBytes(), state.objects(), state.totalObjects());
        Frames.write(stream, ViaCodec.encode(reply));
    }

    /** Waits until the last of them is written: the answer comes behind. A write is bounded by the stream's time-out. */
    @Override
    public void close() {
        done.countDown();
        boolean interrupted = false;
        while (true) {
            try {
                sender.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                stream.reset();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
