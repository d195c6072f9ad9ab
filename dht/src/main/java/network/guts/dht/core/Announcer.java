package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;

/**
 * Provide and republish: says which keys of this node are to be announced now. A record lives 48 h and its addresses
 * 24 h, so each key is announced anew after 22 h and a random while, a few at a time; sooner if few took the record or
 * this node's addresses have changed.
 */
final class Announcer {
    /** The specification's republish interval. */
    static final Duration INTERVAL = Duration.ofHours(22);

    /** Spread added to the interval; together they stay below the life of addresses. */
    static final Duration SPREAD = Duration.ofHours(1);

    /** Where fewer than k took the record, the network is young or was hard to reach. */
    static final Duration INTERVAL_FEW = Duration.ofHours(1);

    /** Announcements under way at once. */
    static final int MAX_RUNNING = 4;

    private static final Duration FIRST_RETRY = Duration.ofSeconds(30);
    private static final int MAX_RETRY_DOUBLINGS = 7;

    private record Due(Instant at, Bytes key) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = at.compareTo(other.at);
            return byTime != 0 ? byTime : key.compareTo(other.key);
        }
    }

    private static final class State {
        private Instant due;
        private Bytes addresses;
        private int failures;
        private boolean running;

        State(Instant due, Bytes addresses) {
            this.due = due;
            this.addresses = addresses;
        }
    }

    private final RandomGenerator random;
    private final TreeMap<Bytes, State> keys = new TreeMap<>();
    private final TreeSet<Due> queue = new TreeSet<>();
    private Bytes addresses = Bytes.EMPTY;
    private int running;

    Announcer(RandomGenerator random) {
        this.random = random;
    }

    /** Takes up a key as it was remembered. */
    void restore(ProvidedKey key, Instant now) {
        boolean never = key.announced().equals(Instant.EPOCH);
        Instant due = never ? now : key.announced().plus(interval());
        put(key.key(), new State(due, key.addresses()));
        renewIfMoved(key.key(), now);
    }

    /** Registers a key; false if it was before. It is due now unless somebody announces it already. */
    boolean add(Bytes key, Instant now) {
        if (keys.containsKey(key)) {
            return false;
        }
        put(key, new State(now, Bytes.EMPTY));
        return true;
    }

    private void put(Bytes key, State state) {
        remove(key);
        keys.put(key, state);
        queue.add(new Due(state.due, key));
    }

    void remove(Bytes key) {
        State state = keys.remove(key);
        if (state != null) {
            queue.remove(new Due(state.due, key));
            running -= state.running ? 1 : 0;
        }
    }

    boolean provides(Bytes key) {
        return keys.containsKey(key);
    }

    /** This node's addresses, as a hash: what was announced with others is announced anew. */
    void addresses(Bytes latest, Instant now) {
        addresses = latest;
        for (Bytes key : List.copyOf(keys.keySet())) {
            renewIfMoved(key, now);
        }
    }

    private void renewIfMoved(Bytes key, Instant now) {
        State state = keys.get(key);
        if (state == null || state.running || addresses.isEmpty()) {
            return;
        }
        if (!state.addresses.isEmpty() && !state.addresses.equals(addresses)) {
            schedule(key, state, now);
        }
    }

    /** Tries again at once what failed before: the network is back. */
    void retry(Instant now) {
        keys.forEach((key, state) -> {
            if (state.failures > 0 && !state.running) {
                schedule(key, state, now);
            }
        });
    }

    /** The keys to announce now; each comes back by {@link #done}. */
    List<Bytes> start(Instant now) {
        List<Bytes> started = new ArrayList<>();
        while (running < MAX_RUNNING && !queue.isEmpty() && !queue.first().at.isAfter(now)) {
            Bytes key = queue.first().key;
            started.add(key);
            begin(key);
        }
        return started;
    }

    /** Marks {@code key} as being announced, by whoever. */
    void begin(Bytes key) {
        State state = keys.get(key);
        if (state != null && !state.running) {
            queue.remove(new Due(state.due, key));
            state.running = true;
            running++;
        }
    }

    /**
     * An announcement is over.
     *
     * @param taken how many peers took the record
     * @return what to remember, if anybody took it
     */
    Optional<ProvidedKey> done(Bytes key, int taken, Bytes announcedAddresses, Instant now) {
        State state = keys.get(key);
        if (state == null) {
            return Optional.empty();
        }
        if (state.running) {
            state.running = false;
            running--;
        }
        if (taken == 0) {
            int doublings = Math.min(state.failures++, MAX_RETRY_DOUBLINGS);
            schedule(key, state, now.plus(FIRST_RETRY.multipliedBy(1L << doublings)));
            return Optional.empty();
        }
        state.failures = 0;
        state.addresses = announcedAddresses;
        schedule(key, state, now.plus(taken < Parameters.K ? INTERVAL_FEW : interval()));
        renewIfMoved(key, now);
        return Optional.of(new ProvidedKey(key, now, announcedAddresses));
    }

    /** Whoever wanted the announcement no longer waits for it: it is tried again soon. */
    void cancelled(Bytes key, Instant now) {
        State state = keys.get(key);
        if (state != null && state.running) {
            state.running = false;
            running--;
            schedule(key, state, now);
        }
    }

    private Duration interval() {
        return INTERVAL.plusSeconds(random.nextLong(SPREAD.toSeconds()));
    }

    private void schedule(Bytes key, State state, Instant due) {
        queue.remove(new Due(state.due, key));
        state.due = due;
        queue.add(new Due(due, key));
    }

    /** When the next key is due; far off if none is, or too many are under way. */
    Instant nextDeadline() {
        return queue.isEmpty() || running >= MAX_RUNNING ? Instant.MAX : queue.first().at;
    }
}
