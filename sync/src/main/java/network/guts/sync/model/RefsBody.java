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

    public RefsBody {
        refs = List.copyOf(refs);
        packs = List.copyOf(packs);
        withdrawn = List.copyOf(withdrawn);
        seeds = List.copyOf(seeds);
    }
}
