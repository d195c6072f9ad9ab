package network.guts.sync.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;

/**
 * Packs or bodies that were fetched whole and turned out to be invalid: not fetched, or looked at, again for a while.
 * Thread-safe, bounded.
 *
 * @param <K> what names one of them
 */
final class KnownFaults<K> {
    /** More than a node meets; each costs whoever made it a signature, and us a download. */
    private static final int MAX_FAULTS = 10_000;

    /** A thin pack may become valid when the packs before it come, so this is not for ever. */
    private static final Duration MEMORY = Duration.ofHours(1);

    private final Cache<K, String> reasons = Caffeine.newBuilder()
            .maximumSize(MAX_FAULTS)
            .expireAfterWrite(MEMORY)
            .build();

    void add(K faulty, String reason) {
        reasons.put(faulty, reason);
    }

    /** What was wrong with it, if it is known to be invalid. */
    Optional<String> reason(K one) {
        return Optional.ofNullable(reasons.getIfPresent(one));
    }
}
