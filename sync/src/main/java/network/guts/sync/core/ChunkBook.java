package network.guts.sync.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.sync.core.FetchScheduler.ChunkId;
import network.guts.sync.core.FetchScheduler.Wanted;
import network.guts.sync.model.PackId;
import org.jspecify.annotations.Nullable;

/** Which chunks of the wanted packs are here, which are missing, and whom the others were asked of. */
final class ChunkBook {
    private static final class Pack {
        final Wanted wanted;
        final BitSet verified;
        /** Neither here nor asked for. */
        final BitSet missing;
        /** Held by a provider that holds not all: left to those as long as there is something else. */
        final BitSet partlyHeld = new BitSet();

        Pack(Wanted wanted) {
            this.wanted = wanted;
            this.verified = wanted.verified().bits();
            this.missing = wanted.verified().bits();
            this.missing.flip(0, wanted.verified().size());
        }

        boolean isWhole(BitSet held) {
            return held.cardinality() == wanted.verified().size();
        }
    }

    private final Map<PackId, Pack> packs = new LinkedHashMap<>();
    private final Map<ChunkId, List<ProviderLoad>> askedFor = new LinkedHashMap<>();
    private long unverified;

    ChunkBook(List<Wanted> wanted) {
        for (Wanted pack : wanted) {
            Pack state = new Pack(pack);
            packs.put(pack.pack(), state);
            unverified += state.missing.cardinality();
        }
    }

    /** How many chunks are not verified yet. */
    long unverified() {
        return unverified;
    }

    /** Bytes of a chunk. */
    int length(ChunkId chunk) {
        return pack(chunk).wanted.length(chunk.index());
    }

    /** Whether a provider's word on this pack is about the chunks that are wanted. */
    boolean fits(PackId id, ChunkSet held) {
        Pack pack = packs.get(id);
        return pack != null && held.size() == pack.wanted.verified().size();
    }

    /** Whether {@code provider} holds a chunk that nobody was asked for. */
    boolean isUseful(ProviderLoad provider) {
        return packs.values().stream().anyMatch(pack -> {
            BitSet held = provider.holds(pack.wanted.pack());
            return held != null && held.intersects(pack.missing);
        });
    }

    boolean isAnyAskedFor() {
        return !askedFor.isEmpty();
    }

    /** Whether every chunk is here or was asked for. */
    boolean isNoneMissing() {
        return packs.values().stream().allMatch(pack -> pack.missing.isEmpty());
    }

    /** To be called when providers came, went, or hold something else. */
    void countPartlyHeld(Collection<ProviderLoad> providers) {
        for (Pack pack : packs.values()) {
            pack.partlyHeld.clear();
            for (ProviderLoad provider : providers) {
                BitSet held = provider.holds(pack.wanted.pack());
                if (held != null && !pack.isWhole(held)) {
                    pack.partlyHeld.or(held);
                }
            }
        }
    }

    /** A missing chunk that nobody was asked for: first what those with a part of the pack cannot give. */
    @Nullable ChunkId next(ProviderLoad provider) {
        ChunkId fallback = null;
        for (Pack pack : packs.values()) {
            BitSet held = provider.holds(pack.wanted.pack());
            if (held == null || pack.missing.isEmpty()) {
                continue;
            }
            boolean holdsAll = pack.isWhole(held);
            for (int at = pack.missing.nextSetBit(0); at >= 0; at = pack.missing.nextSetBit(at + 1)) {
                if (!held.get(at)) {
                    continue;
                }
                ChunkId chunk = new ChunkId(pack.wanted.pack(), at);
                if (!holdsAll || !pack.partlyHeld.get(at)) {
                    return chunk;
                }
                fallback = fallback == null ? chunk : fallback;
            }
        }
        return fallback;
    }

    /** A chunk that one other was asked for, and that {@code provider} should have sooner by {@code factor}. */
    @Nullable ChunkId again(ProviderLoad provider, double factor, Instant now) {
        for (Map.Entry<ChunkId, List<ProviderLoad>> entry : askedFor.entrySet()) {
            ChunkId chunk = entry.getKey();
            BitSet held = provider.holds(chunk.pack());
            if (held == null || !held.get(chunk.index()) || entry.getValue().size() != 1) {
                continue;
            }
            ProviderLoad other = entry.getValue().getFirst();
            if (other != provider && other.secondsUntil(chunk, now) > factor * provider.seconds(length(chunk), now)) {
                return chunk;
            }
        }
        return null;
    }

    void asked(ProviderLoad provider, ChunkId chunk) {
        pack(chunk).missing.clear(chunk.index());
        askedFor.computeIfAbsent(chunk, one -> new ArrayList<>(2)).add(provider);
    }

    /** {@code provider} will not bring it: it is missing again, unless another was asked too, or it is here. */
    void givenBack(ProviderLoad provider, ChunkId chunk) {
        List<ProviderLoad> asked = askedFor.get(chunk);
        if (asked != null) {
            asked.remove(provider);
            if (asked.isEmpty()) {
                askedFor.remove(chunk);
                pack(chunk).missing.set(chunk.index());
            }
        }
    }

    /** It is here, whoever was asked for it. */
    void verified(ChunkId chunk) {
        Pack pack = packs.get(chunk.pack());
        if (pack == null || chunk.index() >= pack.wanted.verified().size() || pack.verified.get(chunk.index())) {
            return;
        }
        pack.verified.set(chunk.index());
        pack.missing.clear(chunk.index());
        askedFor.remove(chunk);
        unverified--;
    }

    private Pack pack(ChunkId chunk) {
        Pack pack = packs.get(chunk.pack());
        if (pack == null) {
            throw new IllegalStateException("a chunk of a pack that is not wanted");
        }
        return pack;
    }
}
