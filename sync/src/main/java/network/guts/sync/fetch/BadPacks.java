package network.guts.sync.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import network.guts.sync.model.PackId;

/** Packs that were fetched whole and turned out to be invalid: not fetched again for a while. Thread-safe, bounded. */
final class BadPacks {
    /** More than a node meets; each costs whoever made it a signature, and us a download. */
    private static final int MAX_PACKS = 10_000;

    /** A thin pack may become valid when the packs before it come, so this is not for ever. */
    private static final Duration MEMORY = Duration.ofHours(1);

    private final Cache<PackId, String> reasons = Caffeine.newBuilder()
            .maximumSize(MAX_PACKS)
            .expireAfterWrite(MEMORY)
            .build();

    void add(PackId pack, String reason) {
        reasons.put(pack, reason);
    }

    /** What was wrong with it, if it is known to be invalid. */
    Optional<String> reason(PackId pack) {
        return Optional.ofNullable(reasons.getIfPresent(pack));
    }
}
