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
 * @param shares what strangers may take where everything is seeded
 * @param peerRate what one peer may ask and get
 * @param via whose repositories are taken when a publisher asks for it
 */
public record SyncSettings(
        long parseMemoryBytes,
        Policy policy,
        long maxRepositoryBytes,
        long diskQuotaBytes,
        Set<RepositoryId> blocked,
        long uplinkBytesPerSecond,
        Set<PeerId> members,
        Shares shares,
        PeerRate peerRate,
        Via via) {
    /**
     * Disk for repositories that nobody here asked for; each counts 1 MiB at least.
     *
     * @param signerBytes for all that one delegate has announced
     * @param groupBytes for all that came from one group of public addresses
     */
    public record Shares(long signerBytes, long groupBytes) {
        /** A signer gets room for the largest repository, a group for a few of them. */
        public static final Shares DEFAULT = new Shares(20L << 30, 50L << 30);

        public Shares {
            if (signerBytes < 0 || groupBytes < 0) {
                throw new IllegalArgumentException("quotas are not negative");
            }
        }
    }

    /**
     * What a peer may ask of this node, over all its streams.
     *
     * @param bytesPerSecond 0 for no limit
     * @param requestsPerSecond 0 for no limit
     */
    public record PeerRate(long bytesPerSecond, long requestsPerSecond) {
        /** More requests than chunks of 1 MiB go through any connection that a node has. */
        public static final PeerRate DEFAULT = new PeerRate(0, 5_000);

        public PeerRate {
            if (bytesPerSecond < 0 || requestsPerSecond < 0) {
                throw new IllegalArgumentException("rates are not negative");
            }
        }
    }

    /**
     * Who may have this node keep a repository by asking it ({@code publish --via}).
     *
     * @param listed with {@link Who#LISTED}: peer ids of nodes, or of signing keys
     */
    public record Via(Who who, Set<PeerId> listed) {
        /** Nobody may. */
        public static final Via NONE = new Via(Who.NONE, Set.of());

        /** Who may ask. */
        public enum Who {
            NONE,
            /** The members of the network, if it has any. */
            MEMBERS,
            LISTED,
            ALL
        }

        public Via {
            listed = Set.copyOf(listed);
            if (listed.isEmpty() == (who == Who.LISTED)) {
                throw new IllegalArgumentException("a list belongs to LISTED, and to nothing else");
            }
        }
    }

    /** What a node seeds. */
    public enum Policy {
        /** Only what is published here. */
        NONE,
        /** What its owner asked for. */
        FOLLOWED,
        /** That, and what is announced to everybody, within the {@link Shares}. */
        ALL
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

    /** With the default shares and rates. */
    public SyncSettings(
            long parseMemoryBytes,
            Policy policy,
            long maxRepositoryBytes,
            long diskQuotaBytes,
            Set<RepositoryId> blocked,
            long uplinkBytesPerSecond,
            Set<PeerId> members) {
        this(
                parseMemoryBytes,
                policy,
                maxRepositoryBytes,
                diskQuotaBytes,
                blocked,
                uplinkBytesPerSecond,
                members,
                Shares.DEFAULT,
                PeerRate.DEFAULT);
    }

    /** Where nobody may ask this node to keep a repository. */
    public SyncSettings(
            long parseMemoryBytes,
            Policy policy,
            long maxRepositoryBytes,
            long diskQuotaBytes,
            Set<RepositoryId> blocked,
            long uplinkBytesPerSecond,
            Set<PeerId> members,
            Shares shares,
            PeerRate peerRate) {
        this(
                parseMemoryBytes,
                policy,
                maxRepositoryBytes,
                diskQuotaBytes,
                blocked,
                uplinkBytesPerSecond,
                members,
                shares,
                peerRate,
                Via.NONE);
    }

    /** The same with others who may have repositories kept here. */
    public SyncSettings withVia(Via allowed) {
        return new SyncSettings(
                parseMemoryBytes,
                policy,
                maxRepositoryBytes,
                diskQuotaBytes,
                blocked,
                uplinkBytesPerSecond,
                members,
                shares,
                peerRate,
                allowed);
    }

    /** The same with another cap on what is served. */
    public SyncSettings withUplink(long bytesPerSecond) {
        return new SyncSettings(
                parseMemoryBytes,
                policy,
                maxRepositoryBytes,
                diskQuotaBytes,
                blocked,
                bytesPerSecond,
                members,
                shares,
                peerRate,
                via);
    }
}
