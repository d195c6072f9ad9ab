package network.guts.sync.records;

import network.guts.sync.model.RepositoryId;

/**
 * What this node does for one repository.
 *
 * @param seeded kept, provided and followed
 * @param quotaBytes of disk that it may take; {@link #NO_QUOTA} for the node's default
 */
public record SeedingPolicy(RepositoryId repository, boolean seeded, long quotaBytes) {
    public static final long NO_QUOTA = 0;

    public SeedingPolicy {
        if (quotaBytes < 0) {
            throw new IllegalArgumentException("a quota is not negative: " + quotaBytes);
        }
    }
}
