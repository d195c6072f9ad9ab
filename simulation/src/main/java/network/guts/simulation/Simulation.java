package network.guts.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import network.guts.core.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time and a heap of events ordered by (time, number): nodes run their cores one event at a time, so a run is a
 * function of its seed. {@link #digest()} sums up every event that happened; two runs of one seed have the same.
 *
 * @param <A> the addresses of nodes
 * @param <M> the messages on the modelled network
 * @param <I> the cores' inputs
 * @param <E> the cores' effects
 */
public final class Simulation<A extends Comparable<A>, M, I, E> {
    /** An arbitrary fixed instant: a simulation does not know what day it is. */
    public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private record Event(Instant time, long number, String what, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = time.compareTo(other.time);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private record Link<A>(A from, A to) {}

    private final class Running implements SimulatedNode.Port<A, M, I> {
        final A address;
        final SimulatedNode<A, M, I, E> node;

        @Nullable Instant armed;

        Running(A address, SimulatedNode<A, M, I, E> node) {
            this.address = address;
            this.node = node;
        }

        boolean alive() {
            return nodes.get(address) == this;
        }

        void run(List<E> effects) {
            for (E effect : effects) {
                node.perform(effect, this);
            }
            arm();
        }

        private void arm() {
            Instant deadline = node.core().nextDeadline();
            if (deadline == null) {
                armed = null;
                return;
            }
            if (deadline.equals(armed)) {
                return;
            }
            Instant at = deadline.isBefore(now) ? now : deadline;
            armed = at;
            schedule(at, "wake " + address, () -> {
                if (alive() && Objects.equals(armed, at)) {
                    armed = null;
                    run(node.core().wake(now));
                }
            });
        }

        @Override
        public void send(A to, M message) {
            transmit(this, to, message);
        }

        @Override
        public void later(Duration delay, I input) {
            schedule(now.plus(delay), "later " + address, () -> {
                if (alive()) {
                    run(node.core().handle(input, now));
                }
            });
        }
    }

    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final TreeMap<A, Running> nodes = new TreeMap<>();
    private final Set<Link<A>> cut = new HashSet<>();
    private NetworkModel network;
    private Instant now = START;
    private long numbers;
    private long digest = 1125899906842597L;
    private long delivered;

    public Simulation(long seed, NetworkModel network) {
        this.random = new SplittableRandom(seed);
        this.network = network;
    }

    /** The virtual time. */
    public Instant now() {
        return now;
    }

    /** How many messages have arrived so far. */
    public long delivered() {
        return delivered;
    }

    /** A sum over every event so far: equal for equal runs. */
    public long digest() {
        return digest;
    }

    /** A random source for a node or a scenario, derived from the seed in order of the calls. */
    public SplittableRandom random() {
        return random.split();
    }

    /** Starts a node, or starts it again with a new core after {@link #kill}. */
    public void start(A address, SimulatedNode<A, M, I, E> node) {
        if (nodes.containsKey(address)) {
            throw new IllegalArgumentException(address + " is running");
        }
        Running running = new Running(address, node);
        nodes.put(address, running);
        running.run(node.core().wake(now));
    }

    /** Ends a node at once; messages to it come back as undelivered. */
    public void kill(A address) {
        nodes.remove(address);
    }

    public Set<A> running() {
        return java.util.Collections.unmodifiableSet(nodes.navigableKeySet());
    }

    /** Gives a running node's core an input, now. */
    public void input(A address, I input) {
        Running running = running(address);
        note("input " + address);
        running.run(running.node.core().handle(input, now));
    }

    /** Cuts or mends both directions between two nodes. */
    public void cut(A one, A other, boolean isCut) {
        for (Link<A> link : List.of(new Link<>(one, other), new Link<>(other, one))) {
            if (isCut) {
                cut.add(link);
            } else {
                cut.remove(link);
            }
        }
    }

    /** Changes the network from now on. */
    public void network(NetworkModel model) {
        this.network = model;
    }

    /** Runs until nothing is left to do before {@code duration} has passed, then sets the clock to its end. */
    public void run(Duration duration) {
        runUntil(() -> false, duration);
    }

    /** Runs until {@code condition} holds; false if it did not within {@code atMost}. */
    public boolean runUntil(BooleanSupplier condition, Duration atMost) {
        Instant end = now.plus(atMost);
        while (!condition.getAsBoolean()) {
            Event next = events.peek();
            if (next == null || next.time.isAfter(end)) {
                now = end;
                return condition.getAsBoolean();
            }
            events.poll();
            now = next.time;
            note(next.what);
            next.action.run();
        }
        return true;
    }

    /** Schedules a step of the scenario itself. */
    public void at(Duration fromNow, String what, Runnable action) {
        schedule(now.plus(fromNow), what, action);
    }

    private Running running(A address) {
        Running running = nodes.get(address);
        if (running == null) {
            throw new IllegalArgumentException(address + " is not running");
        }
        return running;
    }

    private void transmit(Running from, A to, M message) {
        if (random.nextDouble() < network.loss()) {
            return;
        }
        boolean reachable = nodes.containsKey(to) && !cut.contains(new Link<>(from.address, to));
        if (!reachable) {
            schedule(now.plus(network.unreachable()), "undelivered " + from.address + ">" + to, () -> {
                if (from.alive()) {
                    from.run(from.node.core().handle(from.node.undelivered(to, message), now));
                }
            });
            return;
        }
        long least = network.minLatency().toNanos();
        long span = network.maxLatency().toNanos() - least;
        Duration latency = Duration.ofNanos(least + (span == 0 ? 0 : random.nextLong(span)));
        schedule(now.plus(latency), "deliver " + from.address + ">" + to, () -> deliver(from, to, message));
    }

    private void deliver(Running from, A to, M message) {
        Running target = nodes.get(to);
        if (target == null) {
            if (from.alive()) {
                from.run(from.node.core().handle(from.node.undelivered(to, message), now));
            }
            return;
        }
        delivered++;
        target.run(target.node.core().handle(target.node.received(from.address, message), now));
    }

    private void schedule(Instant time, String what, Runnable action) {
        events.add(new Event(time, numbers++, what, action));
    }

    private void note(String what) {
        digest = 31 * digest + what.hashCode();
        digest = 31 * digest + Duration.between(START, now).toNanos();
    }

    /** The cores that run, in order of their addresses: for invariants over all nodes. */
    public List<Protocol<I, E>> cores() {
        List<Protocol<I, E>> cores = new ArrayList<>();
        nodes.values().forEach(running -> cores.add(running.node.core()));
        return cores;
    }
}
