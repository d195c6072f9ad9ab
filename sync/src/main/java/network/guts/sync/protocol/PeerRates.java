package network.guts.sync.protocol;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import network.guts.core.PeerId;

/**
 * What one peer may ask and get of this node in a second, over all its streams. A peer that asks for more is told when to
 * come back. Thread-safe; forgets the peers that have been away for longest.
 */
public final class PeerRates {
    /** So many seconds' worth may come at once after a pause. */
    static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** A peer that is forgotten starts with a full burst: no more than a new peer id would get. */
    private static final int MAX_PEERS = 10_000;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long bytesPerSecond;
    private final long requestsPerSecond;
    private final LongSupplier nanos;
    private final Cache<PeerId, Meter> meters =
            Caffeine.newBuilder().maximumSize(MAX_PEERS).build();

    /** When what a peer was given so far will be paid for at its rates. */
    private static final class Meter {
        private long bytesPaid;
        private long requestsPaid;

        private Meter(long now) {
            bytesPaid = now;
            requestsPaid = now;
        }
    }

    /**
     * A request that came too early.
     *
     * @param limit in words
     */
    public record Refusal(String limit, Duration retryAfter) {}

    /**
     * @param bytesPerSecond 0 for no limit
     * @param requestsPerSecond 0 for no limit
     */
    public PeerRates(long bytesPerSecond, long requestsPerSecond) {
        this(bytesPerSecond, requestsPerSecond, System::nanoTime);
    }

    PeerRates(long bytesPerSecond, long requestsPerSecond, LongSupplier nanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.requestsPerSecond = requestsPerSecond;
        this.nanos = nanos;
    }

    private Meter meter(PeerId peer, long now) {
        return meters.get(peer, id -> new Meter(now));
    }

    /** Counts a request; the answer says which limit it is over, if it is. One that is refused is not counted. */
    Optional<Refusal> request(PeerId peer) {
        if (bytesPerSecond == 0 && requestsPerSecond == 0) {
            return Optional.empty();
        }
        long now = nanos.getAsLong();
        Meter meter = meter(peer, now);
        synchronized (meter) {
            if (bytesPerSecond > 0 && meter.bytesPaid - now > BURST_NANOS) {
                return refusal(bytesPerSecond + " bytes a second for a peer", meter.bytesPaid - now);
            }
            if (requestsPerSecond > 0) {
                if (meter.requestsPaid - now > BURST_NANOS) {
                    return refusal(requestsPerSecond + " requests a second for a peer", meter.requestsPaid - now);
                }
                meter.requestsPaid = later(meter.requestsPaid, now) + SECOND / requestsPerSecond;
            }
            return Optional.empty();
        }
    }

    private static Optional<Refusal> refusal(String limit, long debt) {
        // In whole milliseconds, as the protocol has them, and never none.
        long millis = TimeUnit.NANOSECONDS.toMillis(debt - BURST_NANOS) + 1;
        return Optional.of(new Refusal(limit, Duration.ofMillis(millis)));
    }

    /** Counts bytes of an answer; it goes out whole, and what it was too much delays the next request. */
    void sent(PeerId peer, int bytes) {
        if (bytesPerSecond == 0) {
            return;
        }
        long now = nanos.getAsLong();
        Meter meter = meter(peer, now);
        synchronized (meter) {
            meter.bytesPaid = later(meter.bytesPaid, now) + (long) (bytes * (double) SECOND / bytesPerSecond);
        }
    }

    /** Of two readings of the nano clock, which may wrap round. */
    private static long later(long a, long b) {
        return a - b > 0 ? a : b;
    }
}
