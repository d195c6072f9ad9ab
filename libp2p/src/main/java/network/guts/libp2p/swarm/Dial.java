package network.guts.libp2p.swarm;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
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
 * One search for a connection to one peer: its addresses are tried one after the other, the next one a moment after the
 * one before or as soon as one has failed. All who want the peer wait for the same dial.
 */
final class Dial {
    /** As in happy eyeballs (RFC 8305): long enough for an answer across the world. */
    private static final Duration STAGGER = Duration.ofMillis(250);

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
    }

    private final PeerId peer;
    private final Attempt attempt;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Multiaddr> seen = new HashSet<>();
    private final Deque<Multiaddr> waiting = new ArrayDeque<>();
    private final Map<Multiaddr, String> failures = new LinkedHashMap<>();
    private final Map<Multiaddr, Thread> running = new LinkedHashMap<>();
    private Optional<Connection> answer = Optional.empty();
    private Optional<Multiaddr> claimed = Optional.empty();
    private boolean cancelled;
    private boolean done;
    private long nextStart = System.nanoTime();

    Dial(PeerId peer, Attempt attempt) {
        this.peer = peer;
        this.attempt = attempt;
    }

    /** Joins with addresses of one's own; false if this dial is over. */
    boolean join(Collection<Multiaddr> addresses) {
        lock.lock();
        try {
            if (done) {
                return false;
            }
            for (Multiaddr address : addresses) {
                if (seen.size() < MAX_ADDRESSES && seen.add(address)) {
                    waiting.add(address);
                }
            }
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Tries until there is a connection or no address is left; runs on a thread of its own. */
    void run() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        lock.lock();
        try {
            while (!over(deadline)) {
                long now = System.nanoTime();
                if (mayStart(now)) {
                    start(waiting.remove());
                    nextStart = now + STAGGER.toNanos();
                } else {
                    boolean soon = !waiting.isEmpty() && claimed.isEmpty() && running.size() < AT_ONCE;
                    long until = soon ? nextStart : deadline;
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
                && (running.isEmpty() || now >= nextStart);
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
        String failure = "given up";
        try {
            connection = Optional.of(attempt.connect(address, () -> claim(address)));
        } catch (IOException e) {
            failure = Reasons.of(e);
        } finally {
            lock.lock();
            try {
                running.remove(address);
                if (connection.isPresent()) {
                    answer = connection;
                } else {
                    failures.put(address, failure);
                    claimed = claimed.filter(other -> !other.equals(address));
                    nextStart = System.nanoTime();
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
        waiting.forEach(address -> parts.add(address + ": " + open));
        return parts.isEmpty()
                ? what + ": no address is known"
                : parts.stream().collect(Collectors.joining("; ", what + ": ", ""));
    }
}
