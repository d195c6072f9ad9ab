package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.Multihash;
import network.guts.core.PeerId;

/**
 * Says which keys to look up so that the table stays fresh: the own one, and a random one in each bucket's range. A round
 * is due every {@link Parameters#REFRESH_INTERVAL}; a node that has just joined makes its first rounds sooner, because
 * those who joined with it were not there yet.
 */
final class Refresh {
    /** Rounds after joining; then the interval holds. */
    private static final List<Duration> JOINING =
            List.of(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(2));

    /**
     * A key in a bucket's range is found by trying: 2^(bucket + 1) hashes on average. Deeper buckets are near this node,
     * and the look-up of its own key refreshes them.
     */
    static final int MAX_BUCKET = 11;

    private static final int MAX_TRIES = 1 << (MAX_BUCKET + 4);

    private final PeerId self;
    private final Key selfKey;
    private final RandomGenerator random;
    private final Deque<Bytes> queue = new ArrayDeque<>();
    private Instant next = Instant.MAX;
    private int rounds;

    Refresh(PeerId self, RandomGenerator random) {
        this.self = self;
        this.selfKey = Key.of(self);
        this.random = random;
    }

    /** The table has got its first entry: the node joins, now. */
    void joined(Instant now) {
        rounds = 0;
        next = now;
    }

    /** The next key to look up, if one is due. */
    Optional<Bytes> poll(RoutingTable table, Instant now) {
        if (queue.isEmpty() && !next.isAfter(now) && table.size() > 0) {
            queue.add(self.bytes());
            int deepest = Math.min(table.deepest(), MAX_BUCKET);
            for (int bucket = deepest; bucket >= 0; bucket--) {
                inBucket(bucket).ifPresent(queue::add);
            }
            next = now.plus(rounds < JOINING.size() ? JOINING.get(rounds) : Parameters.REFRESH_INTERVAL);
            rounds++;
        }
        return Optional.ofNullable(queue.poll());
    }

    /** A key that shares exactly {@code bucket} bits with this node's. It has a peer id's form: some servers insist. */
    Optional<Bytes> inBucket(int bucket) {
        byte[] digest = new byte[32];
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            random.nextBytes(digest);
            Bytes key = Bytes.of(new Multihash(Multihash.SHA2_256, Bytes.of(digest)).toBytes());
            if (Key.of(key).commonPrefix(selfKey) == bucket) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }

    Instant nextDeadline() {
        return next;
    }
}
