package network.guts.node.daemon;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import network.guts.node.control.Operation.Reply;
import network.guts.node.output.Event;
import network.guts.sync.Progress;
import org.jspecify.annotations.Nullable;

/** Turns the frequent reports of long work into a few {@code progress} events a second. */
public final class ProgressRelay implements Progress, AutoCloseable {
    private static final long INTERVAL_NANOS = 250_000_000L;

    private final AtomicReference<@Nullable State> latest = new AtomicReference<>();
    private final Reply reply;
    private final Thread sender;
    private volatile boolean closed;

    public ProgressRelay(Reply reply) {
        this.reply = reply;
        this.sender = Thread.ofVirtual().name("progress").start(this::run);
    }

    @Override
    public void update(State state) {
        latest.set(state);
    }

    private void run() {
        try {
            while (!closed) {
                LockSupport.parkNanos(INTERVAL_NANOS);
                State state = latest.getAndSet(null);
                if (state != null && !closed) {
                    reply.send(event(state));
                }
            }
        } catch (IOException clientIsGone) {
            closed = true;
        }
    }

    static Event event(Progress.State state) {
        return Event.of("progress")
                .with("phase", state.phase())
                .with("bytes", state.bytes())
                .with("total_bytes", state.totalBytes())
                .with("objects", state.objects())
                .with("total_objects", state.totalObjects())
                .with("providers", state.providers())
                .with("bytes_per_second", state.bytesPerSecond());
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(sender);
    }
}
