package network.guts.dht.shell;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import network.guts.dht.Dht;
import network.guts.dht.LookupException;
import network.guts.dht.core.DhtEffect;
import network.guts.dht.core.DhtInput;
import network.guts.dht.core.Goal;
import network.guts.runtime.ProtocolLoop;

/** Runs look-ups for callers: each waits on its own thread, and its consumers are called there. */
final class QueryRunner {
    /** What the core may take beyond the time-out before the caller stops waiting for it. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final ProtocolLoop<DhtInput, DhtEffect> loop;
    private final AtomicLong ids = new AtomicLong();

    /** The events that a caller has not seen; the core bounds how many a look-up has. */
    private final Map<Long, BlockingQueue<DhtEffect>> running = new ConcurrentHashMap<>();

    private volatile boolean closed;

    QueryRunner(ProtocolLoop<DhtInput, DhtEffect> loop) {
        this.loop = loop;
    }

    void event(long query, DhtEffect effect) {
        BlockingQueue<DhtEffect> events = running.get(query);
        if (events != null) {
            events.add(effect);
        }
    }

    /** Ends all look-ups: their callers get a LookupException. */
    void close() {
        closed = true;
        running.forEach((query, events) -> events.add(ended(query, "this node is closing")));
    }

    private static DhtEffect.Finished ended(long query, String why) {
        return new DhtEffect.Finished(query, List.of(), 0, why, Map.of());
    }

    /**
     * Runs a look-up to its end.
     *
     * @param found called with each provider
     * @return what came of it; if the thread is interrupted, what came of it by then, and the flag is set again
     * @throws LookupException if it came to nothing
     */
    DhtEffect.Finished run(
            Goal goal, Duration timeout, Consumer<Dht.FoundProvider> found, Consumer<Dht.LookupEvent> trace)
            throws LookupException {
        long query = ids.incrementAndGet();
        BlockingQueue<DhtEffect> events = new LinkedBlockingQueue<>();
        running.put(query, events);
        boolean over = false;
        try {
            if (closed || !loop.submit(new DhtInput.StartQuery(query, goal, timeout))) {
                throw new LookupException("this node is closing", Map.of());
            }
            DhtEffect.Finished finished = await(events, timeout.plus(GRACE), found, trace);
            over = true;
            if (!finished.failure().isEmpty()) {
                throw new LookupException(finished.failure(), finished.asked());
            }
            return finished;
        } finally {
            running.remove(query);
            if (!over) {
                loop.offer(new DhtInput.CancelQuery(query));
            }
        }
    }

    private DhtEffect.Finished await(
            BlockingQueue<DhtEffect> events,
            Duration atMost,
            Consumer<Dht.FoundProvider> found,
            Consumer<Dht.LookupEvent> trace)
            throws LookupException {
        long end = System.nanoTime() + atMost.toNanos();
        try {
            while (true) {
                DhtEffect event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                switch (event) {
                    case null -> throw new LookupException("the look-up did not end in time", Map.of());
                    case DhtEffect.Finished finished -> {
                        return finished;
                    }
                    case DhtEffect.Step(var of, var peer, var hops, var elapsed, var outcome) ->
                        trace.accept(new Dht.LookupEvent(peer, hops, elapsed, outcome));
                    case DhtEffect.Found(var of, var provider, var from, var hops, var elapsed) ->
                        found.accept(new Dht.FoundProvider(provider, from, hops, elapsed));
                    default -> throw new IllegalStateException("no event of a look-up: " + event);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LookupException("interrupted", Map.of());
        }
    }
}
