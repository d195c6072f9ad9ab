package network.guts.runtime;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import network.guts.core.Protocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns a protocol core: one virtual thread takes inputs from a bounded mailbox, wakes the core at its deadlines, and
 * hands each effect to the shell. The effect handler must not block: it starts virtual threads for what does.
 *
 * @param <I> the core's inputs
 * @param <E> the core's effects
 */
public final class ProtocolLoop<I, E> implements AutoCloseable {
    /** An idle loop looks round this often; it costs nothing and bounds every wait. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(ProtocolLoop.class);

    private final String name;
    private final Protocol<I, E> core;
    private final Consumer<E> effects;
    private final InstantSource clock;
    private final BlockingQueue<I> mailbox;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread owner;
    private volatile boolean closed;
    private Instant last;

    /**
     * @param mailbox how many inputs may wait; {@link #submit} blocks when they do, which pushes back on remotes
     */
    public ProtocolLoop(String name, Protocol<I, E> core, Consumer<E> effects, InstantSource clock, int mailbox) {
        this.name = name;
        this.core = core;
        this.effects = effects;
        this.clock = clock;
        this.mailbox = new ArrayBlockingQueue<>(mailbox);
        this.last = clock.instant();
        this.owner = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /** Starts the owner thread; inputs that were submitted before are taken first. */
    public ProtocolLoop<I, E> start() {
        owner.start();
        return this;
    }

    /** Hands in an input, waiting while the mailbox is full; false if the loop is closed or the thread interrupted. */
    public boolean submit(I input) {
        if (Thread.currentThread() == owner) {
            throw new IllegalStateException(
                    name + ": an effect handler that submits on the owner thread could deadlock");
        }
        try {
            while (!closed) {
                if (mailbox.offer(input, 100, TimeUnit.MILLISECONDS)) {
                    return true;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** Hands in an input unless the mailbox is full: for what may be lost. */
    public boolean offer(I input) {
        return !closed && mailbox.offer(input);
    }

    private void run() {
        try {
            perform(core.wake(now()));
            while (!closed) {
                step();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void step() throws InterruptedException {
        Instant deadline = core.nextDeadline();
        Instant now = now();
        if (deadline != null && !deadline.isAfter(now)) {
            perform(core.wake(now));
            I waiting = mailbox.poll();
            if (waiting != null) {
                perform(core.handle(waiting, now()));
            }
            return;
        }
        Duration wait = deadline == null ? LONGEST_WAIT : Duration.between(now, deadline);
        wait = wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
        I input = mailbox.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        if (input != null) {
            perform(core.handle(input, now()));
        }
    }

    private void perform(List<E> wanted) {
        for (E effect : wanted) {
            try {
                effects.accept(effect);
            } catch (RuntimeException e) {
                LOG.error("{}: effect {} failed", name, effect.getClass().getSimpleName(), e);
            }
        }
    }

    /** The wall clock may be set back; a core's time never runs backwards. */
    private Instant now() {
        Instant now = clock.instant();
        if (now.isAfter(last)) {
            last = now;
        }
        return last;
    }

    /** Ends the owner thread after the step that is under way; inputs still waiting are dropped. */
    @Override
    public void close() {
        closed = true;
        owner.interrupt();
        if (Thread.currentThread() == owner || owner.getState() == Thread.State.NEW) {
            return;
        }
        try {
            if (!ended.await(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{}: did not stop within {} s", name, STOP_TIMEOUT.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
