package network.guts.sync.model;

import java.util.List;
import network.guts.core.PeerInfo;

/**
 * The large half of a delegate's refs, fetched by the hash in its header.
 *
 * @param refs sorted by name bytes, unique
 * @param packs that together hold every object the refs reach, oldest and largest first
 * @param withdrawn packs that are no longer to be served
 * @param seeds peers that the delegate vouches for
 */
public record RefsBody(List<Ref> refs, List<PackId> packs, List<PackId> withdrawn, List<PeerInfo> seeds) {
    public static final int MAX_REFS = 200_000;
    public static final int MAX_PACKS = 64;
    public static final int MAX_SEEDS = 16;
    public static final int MAX_REF_NAME = 255;
    /** Purges are rare; a longer list belongs to a repository that wants a new identity. */
    public static final int MAX_WITHDRAWN = 1024;
    /** A peer with more addresses that matter does not exist. */
    public static final int MAX_SEED_ADDRESSES = 16;
    /** 200,000 refs of the longest names need 57 MB. */
    public static final int MAX_ENCODED = 64 << 20;

    /** Two nodes of one content have one body: no refs, no packs, nothing else. */
    public static final RefsBody EMPTY = new RefsBody(List.of(), List.of(), List.of(), List.of());

    public RefsBody {
        refs = List.copyOf(refs);
        packs = List.copyOf(packs);
        withdrawn = List.copyOf(withdrawn);
        seeds = List.copyOf(seeds);
    }
}
