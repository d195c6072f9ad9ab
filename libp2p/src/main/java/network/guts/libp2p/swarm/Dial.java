package network.guts.libp2p.swarm;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;

/**
 * One search for a connection to one peer: its addresses are tried in the order and with the delays of
 * {@link DialRanking}, the next one as soon as one has failed. Names are looked up meanwhile. All who want the peer wait
 * for the same dial.
 */
final class Dial {
    private static final int AT_ONCE = 4;

    /** As many as the address book keeps of a peer. */
    private static final int MAX_ADDRESSES = 64;

    /** All addresses together; who waits has a time-out of his own. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Tries one address. */
    @FunctionalInterface
    interface Attempt {
        /**
         * @param claim asked once, before the connection is used: false if it is not wanted any more
         * @throws IOException with the reason
         */
        Connection connect(Multiaddr address, BooleanSupplier claim) throws IOException;

        /** True if {@code address} begins with a name. */
        default boolean isName(Multiaddr address) {
            return false;
        }

        /**
         * The addresses behind a name.
         *
         * @throws IOException with the reason
         */
        default List<Multiaddr> lookUp(Multiaddr address) throws IOException {
            throw new IOException("names are not looked up");
        }
    }

    /**
     * @param due in {@link System#nanoTime}
     */
    private record Turn(Multiaddr address, long due) {}

    private final PeerId peer;
    private final Attempt attempt;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Multiaddr> seen = new HashSet<>();
    private final List<Turn> waiting = new ArrayList<>();
    private final Map<Multiaddr, String> failures = new LinkedHashMap<>();
    private final Map<Multiaddr, Thread> running = new LinkedHashMap<>();
    private Optional<Connection> answer = Optional.empty();
    private Optional<Multiaddr> claimed = Optional.empty();
    private boolean cancelled;
    private boolean done;
    private boolean hurry;

    Dial(PeerId peer, Attempt attempt) {
        this.peer = peer;
        this.attempt = attempt;
    }

    /**
     * Joins with addresses of one's own; false if this dial is over, or its connection has ended before its thread came to
     * say so.
     */
    boolean join(Collection<Multiaddr> addresses) {
        lock.lock();
        try {
            if (done || answer.filter(connection -> !connection.isOpen()).isPresent()) {
                return false;
            }
            List<Multiaddr> fresh = new ArrayList<>();
            for (Multiaddr address : addresses) {
                if (seen.size() < MAX_ADDRESSES && seen.add(address)) {
                    fresh.add(address);
                }
            }
            plan(fresh);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Names are looked up at once: that is no attempt yet. */
    private void plan(List<Multiaddr> fresh) {
        long now = System.nanoTime();
        List<Multiaddr> known = new ArrayList<>();
        for (Multiaddr address : fresh) {
            if (attempt.isName(address)) {
                waiting.add(new Turn(address, now));
            } else {
                known.add(address);
            }
        }
        for (DialRanking.Planned planned : DialRanking.rank(known)) {
            waiting.add(new Turn(planned.address(), now + planned.delay().toNanos()));
        }
        waiting.sort((one, other) -> Long.compare(one.due - now, other.due - now));
    }

    /** Tries until there is a connection or no address is left; runs on a thread of its own. */
    void run() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        lock.lock();
        try {
            while (!over(deadline)) {
                long now = System.nanoTime();
                if (mayStart(now)) {
                    start(waiting.removeFirst().address);
                    hurry = false;
                } else {
                    boolean soon = !waiting.isEmpty() && claimed.isEmpty() && running.size() < AT_ONCE;
                    long until = soon ? waiting.getFirst().due : deadline;
                    changed.awaitNanos(Math.max(1, until - now));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            done = true;
            if (claimed.isEmpty()) {
                running.values().forEach(Thread::interrupt);
            }
            changed.signalAll();
            lock.unlock();
        }
    }

    private boolean mayStart(long now) {
        return !waiting.isEmpty()
                && claimed.isEmpty()
                && answer.isEmpty()
                && running.size() < AT_ONCE
                && (running.isEmpty() || hurry || waiting.getFirst().due - now <= 0);
    }

    private boolean over(long deadline) {
        boolean nothingLeft = running.isEmpty() && (waiting.isEmpty() || answer.isPresent());
        return nothingLeft || cancelled || claimed.isPresent() && answer.isPresent() || System.nanoTime() >= deadline;
    }

    private void start(Multiaddr address) {
        Thread thread = Thread.ofVirtual().name("dial-" + address).unstarted(() -> tryOne(address));
        running.put(address, thread);
        thread.start();
    }

    private void tryOne(Multiaddr address) {
        Optional<Connection> connection = Optional.empty();
        List<Multiaddr> found = List.of();
        String failure = "given up";
        try {
            if (attempt.isName(address)) {
                found = attempt.lookUp(address);
                failure = "nothing that can be dialled is behind the name";
            } else {
                connection = Optional.of(attempt.connect(address, () -> claim(address)));
            }
        } catch (IOException e) {
            failure = Reasons.of(e);
        } finally {
            lock.lock();
            try {
                running.remove(address);
                if (connection.isPresent()) {
                    answer = connection;
                } else if (found.isEmpty()) {
                    failures.put(address, failure);
                    claimed = claimed.filter(other -> !other.equals(address));
                    hurry = true;
                } else {
                    join(found);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** The first handshake that ends well is the one; it is not interrupted from then on. */
    private boolean claim(Multiaddr address) {
        lock.lock();
        try {
            if (claimed.isPresent() || done || cancelled) {
                return false;
            }
            claimed = Optional.of(address);
            running.remove(address);
            running.values().forEach(Thread::interrupt);
            running.clear();
            running.put(address, Thread.currentThread());
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The peer came to us meanwhile; {@code stop} if no other connection is wanted. */
    void found(Connection connection, boolean stop) {
        lock.lock();
        try {
            if (answer.isEmpty()) {
                answer = Optional.of(connection);
            }
            cancelled |= stop && claimed.isEmpty();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends it without a connection. */
    void cancel() {
        lock.lock();
        try {
            cancelled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for the connection.
     *
     * @throws IOException naming each address with its reason
     */
    Connection await(Duration timeout) throws IOException {
        long nanos = timeout.toNanos();
        lock.lock();
        try {
            while (answer.isEmpty() && !done && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            if (answer.isPresent()) {
                return answer.get();
            }
            if (!done) {
                throw new SocketTimeoutException(
                        describe("no connection to " + peer + " within " + millis(timeout), "still trying"));
            }
            throw new IOException(describe("cannot connect to " + peer, "not tried"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while connecting to " + peer, e);
        } finally {
            lock.unlock();
        }
    }

    private static String millis(Duration timeout) {
        long millis = timeout.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }

    private String describe(String what, String open) {
        List<String> parts = new ArrayList<>();
        failures.forEach((address, reason) -> parts.add(address + ": " + reason));
        running.keySet().forEach(address -> parts.add(address + ": still trying"));
        waiting.forEach(turn -> parts.add(turn.address + ": " + open));
        return parts.isEmpty()
                ? what + ": no address is known"
                : parts.stream().collect(Collectors.joining("; ", what + ": ", ""));
    }
}
