package network.guts.libp2p.swarm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.HostListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the listeners what happens, in order, on one thread. Adding an event never blocks, so that it can be done under a
 * lock; those who cause many of them (new connections, identify) first {@link #awaitRoom wait for room}, which bounds the
 * queue and pushes back on remotes.
 */
public final class Events implements AutoCloseable {
    /** Listeners return quickly; this many events behind, remotes are held up. */
    private static final int ROOM = 1024;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final List<HostListener> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Consumer<HostListener>> waiting = new ArrayDeque<>();
    private final Thread owner = Thread.ofVirtual().name("host-events").unstarted(this::run);
    private boolean closed;

    public void start() {
        owner.start();
    }

    public Registration listen(HostListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public void add(Consumer<HostListener> event) {
        lock.lock();
        try {
            if (!closed) {
                waiting.add(event);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits, for a bounded time, until the listeners have caught up. Returns at once on the listeners' own thread. */
    public void awaitRoom() {
        if (Thread.currentThread() == owner) {
            return;
        }
        lock.lock();
        try {
            long nanos = LONGEST_WAIT.toNanos();
            while (!closed && waiting.size() >= ROOM && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (true) {
                tell(next());
            }
        } catch (InterruptedException e) {
            LOG.debug("no more events");
        }
    }

    private Consumer<HostListener> next() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                if (closed) {
                    throw new InterruptedException("closed");
                }
                changed.await(1, TimeUnit.MINUTES);
            }
            changed.signalAll();
            return waiting.remove();
        } finally {
            lock.unlock();
        }
    }

    private void tell(Consumer<HostListener> event) {
        for (HostListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("a listener of the host failed", e);
            }
        }
    }

    /** Ends the thread once the events that are waiting have been told. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
