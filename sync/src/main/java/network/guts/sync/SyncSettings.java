package network.guts.sync;

import java.util.Set;
import network.guts.core.PeerId;
import network.guts.sync.model.RepositoryId;

/**
 * What this node's owner allows.
 *
 * @param parseMemoryBytes heap for the content of objects while deltas are resolved
 * @param policy what may be seeded
 * @param maxRepositoryBytes packs of one repository
 * @param diskQuotaBytes packs of all repositories together
 * @param blocked repositories that are neither fetched nor served
 * @param uplinkBytesPerSecond cap on what is served, over all peers; 0 for none
 * @param members of the network, if it has any: nobody else is told the inventory
 */
public record SyncSettings(
        long parseMemoryBytes,
        Policy policy,
        long maxRepositoryBytes,
        long diskQuotaBytes,
        Set<RepositoryId> blocked,
        long uplinkBytesPerSecond,
        Set<PeerId> members) {
    /** What a node seeds. */
    public enum Policy {
        /** Only what is published here. */
        NONE,
        /** What its owner asked for. */
        FOLLOWED
    }

    /** Follows what its owner asked for; 20 GiB a repository, 200 GiB in all; 256 MiB to parse with. */
    public static final SyncSettings DEFAULT =
            new SyncSettings(256L << 20, Policy.FOLLOWED, 20L << 30, 200L << 30, Set.of(), 0, Set.of());

    public SyncSettings {
        blocked = Set.copyOf(blocked);
        members = Set.copyOf(members);
        if (parseMemoryBytes < 1 << 20 || maxRepositoryBytes < 0 || diskQuotaBytes < 0 || uplinkBytesPerSecond < 0) {
            throw new IllegalArgumentException("settings are not negative, and a pack needs memory to be parsed");
        }
    }

    /** The same with another cap on what is served. */
    public SyncSettings withUplink(long bytesPerSecond) {
        return new SyncSettings(
                parseMemoryBytes, policy, maxRepositoryBytes, diskQuotaBytes, blocked, bytesPerSecond, members);
    }
}
