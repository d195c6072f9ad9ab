package network.guts.sync.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import network.guts.core.PeerId;
import network.guts.core.Protocol;
import network.guts.sync.model.PackId;
import org.jspecify.annotations.Nullable;

/**
 * Says which chunk to ask of which provider. Missing chunks are shared by all that hold them: each provider has as much
 * under way as it delivers in a second, so the fast ones get more. Near the end a chunk is asked of a second provider
 * when that promises to be sooner. A provider that sends a wrong chunk is blamed and dropped; the chunks of one that
 * falls silent or dies go to the others. A chunk that was verified is never asked for again.
 */
public final class FetchScheduler implements Protocol<FetchScheduler.Input, FetchScheduler.Effect> {
    /** Requests for chunks under way at one provider: leaves two of the stream's for other questions. */
    public static final int MAX_IN_FLIGHT = 14;

    /** Providers at once: each costs a stream and up to {@link #MAX_IN_FLIGHT} MiB of buffers in the network. */
    public static final int MAX_PROVIDERS = 32;

    /** What a provider whose speed is not known yet gets: enough to measure, little to lose. */
    static final int FIRST_IN_FLIGHT = 2;

    /** As much is under way as arrives in this time: longer than any round trip, short enough to shift load. */
    static final Duration HORIZON = Duration.ofSeconds(1);

    /** A provider that was silent for so long keeps its place, but others may be asked for its chunks; at the end it goes. */
    static final Duration QUIET = Duration.ofSeconds(4);

    /** The protocol's own bound for silence on an open request. */
    static final Duration SILENT = Duration.ofSeconds(30);

    /** A second request must promise to be sooner by this factor: measured speeds are rough. */
    static final double WORTHWHILE = 1.5;

    /** When all is asked for, it is considered again this often whether a second request helps. */
    static final Duration RECONSIDER = Duration.ofSeconds(1);

    /** One chunk that may be asked for. */
    public record ChunkId(PackId pack, int index) implements Comparable<ChunkId> {
        @Override
        public int compareTo(ChunkId other) {
            int byPack = pack.compareTo(other.pack);
            return byPack != 0 ? byPack : Integer.compare(index, other.index);
        }
    }

    /**
     * A pack to fetch.
     *
     * @param size in bytes
     * @param verified chunks that are here already
     */
    public record Wanted(PackId pack, long size, int chunkSize, ChunkSet verified) {
        int length(int chunk) {
            return (int) Math.min(chunkSize, size - (long) chunk * chunkSize);
        }
    }

    /** What happens. */
    public sealed interface Input {}

    /**
     * A provider can be asked, or holds more than before.
     *
     * @param holds by pack; packs that are not wanted are ignored
     */
    public record Joined(PeerId provider, Map<PackId, ChunkSet> holds) implements Input {
        public Joined {
            holds = Collections.unmodifiableMap(new LinkedHashMap<>(holds));
        }
    }

    /** A provider is gone: its stream or connection ended. */
    public record Left(PeerId provider) implements Input {}

    /** Bytes of a chunk came in; the chunk is not complete. */
    public record Heard(PeerId provider) implements Input {}

    /** A chunk came in, matched its hash, and is on disk. */
    public record Verified(PeerId provider, ChunkId chunk) implements Input {}

    /** A chunk came in and does not match its hash. */
    public record Wrong(PeerId provider, ChunkId chunk) implements Input {}

    /** The provider said that it does not hold a chunk. */
    public record NotHeld(PeerId provider, ChunkId chunk) implements Input {}

    /** The provider is busy; it may be asked again after a while. */
    public record Busy(PeerId provider, ChunkId chunk, Duration retryAfter) implements Input {}

    /** What is to be done. */
    public sealed interface Effect {}

    /** Ask {@code provider} for a chunk. */
    public record Request(PeerId provider, ChunkId chunk) implements Effect {}

    /** End the stream to {@code provider}; its requests are given up. */
    public record Drop(PeerId provider, Reason reason, ChunkId chunk) implements Effect {
        /** Why a provider is dropped. */
        public enum Reason {
            WRONG_CHUNK,
            SILENT
        }
    }

    /** Every chunk is here. Said once. */
    public record Complete() implements Effect {}

    private final ChunkBook chunks;
    private final Map<PeerId, ProviderLoad> providers = new TreeMap<>();
    private final Set<PeerId> dropped = new TreeSet<>();
    private Instant time = Instant.MIN;
    private boolean completed;

    public FetchScheduler(List<Wanted> wanted) {
        chunks = new ChunkBook(wanted);
    }

    /** How many chunks are not verified yet. */
    public long unverified() {
        return chunks.unverified();
    }

    /** Providers that have requests open. */
    public int delivering() {
        return (int) providers.values().stream().filter(ProviderLoad::isAsked).count();
    }

    /** Whether somebody who is here holds a chunk that is missing, or was asked for one. */
    public boolean canGoOn() {
        return completed
                || chunks.isAnyAskedFor()
                || providers.values().stream().anyMatch(chunks::isUseful);
    }

    /** Measured bytes a second of a provider; 0 if none has been measured. */
    public double rate(PeerId provider) {
        ProviderLoad known = providers.get(provider);
        return known == null ? 0 : known.rate();
    }

    @Override
    public List<Effect> handle(Input input, Instant now) {
        time = now;
        List<Effect> effects = new ArrayList<>();
        switch (input) {
            case Joined joined -> join(joined);
            case Left left -> remove(left.provider());
            case Heard heard -> {
                ProviderLoad provider = providers.get(heard.provider());
                if (provider != null) {
                    provider.heard(now);
                }
            }
            case Verified verified -> verified(verified);
            case Wrong wrong -> drop(wrong.provider(), Drop.Reason.WRONG_CHUNK, wrong.chunk(), effects);
            case NotHeld not -> {
                ProviderLoad provider = answered(not.provider(), not.chunk());
                if (provider != null && provider.doesNotHold(not.chunk())) {
                    chunks.countPartlyHeld(providers.values());
                }
            }
            case Busy busy -> {
                ProviderLoad provider = answered(busy.provider(), busy.chunk());
                if (provider != null) {
                    provider.pause(now.plus(busy.retryAfter()));
                }
            }
        }
        assign(effects);
        return effects;
    }

    @Override
    public List<Effect> wake(Instant now) {
        time = now;
        List<Effect> effects = new ArrayList<>();
        for (ProviderLoad provider : List.copyOf(providers.values())) {
            if (provider.isSilent(now)) {
                drop(provider.id(), Drop.Reason.SILENT, provider.asked().getFirst(), effects);
            }
        }
        assign(effects);
        return effects;
    }

    @Override
    public @Nullable Instant nextDeadline() {
        if (completed) {
            return null;
        }
        Instant next = null;
        for (ProviderLoad provider : providers.values()) {
            for (Instant deadline : provider.deadlines()) {
                next = sooner(next, deadline);
            }
        }
        return chunks.isNoneMissing() && chunks.isAnyAskedFor() ? sooner(next, time.plus(RECONSIDER)) : next;
    }

    /** The earlier of the two; {@code other} does not count if it has been dealt with. */
    private @Nullable Instant sooner(@Nullable Instant one, Instant other) {
        if (!other.isAfter(time)) {
            return one;
        }
        return one == null || other.isBefore(one) ? other : one;
    }

    private void join(Joined joined) {
        if (dropped.contains(joined.provider())
                || !providers.containsKey(joined.provider()) && providers.size() >= MAX_PROVIDERS) {
            return;
        }
        ProviderLoad provider = providers.computeIfAbsent(joined.provider(), id -> new ProviderLoad(id, time));
        joined.holds().forEach((pack, held) -> {
            if (chunks.fits(pack, held)) {
                provider.holds(pack, held);
            }
        });
        chunks.countPartlyHeld(providers.values());
    }

    private void remove(PeerId id) {
        ProviderLoad provider = providers.remove(id);
        if (provider == null) {
            return;
        }
        for (ChunkId chunk : provider.asked()) {
            giveBack(provider, chunk);
        }
        chunks.countPartlyHeld(providers.values());
    }

    private void drop(PeerId id, Drop.Reason reason, ChunkId chunk, List<Effect> effects) {
        if (providers.containsKey(id)) {
            remove(id);
            dropped.add(id);
            effects.add(new Drop(id, reason, chunk));
        }
    }

    /** The provider's request for {@code chunk} is over without the chunk; null if it was not asked. */
    private @Nullable ProviderLoad answered(PeerId id, ChunkId chunk) {
        ProviderLoad provider = providers.get(id);
        if (provider == null || !provider.wasAsked(chunk)) {
            return null;
        }
        provider.heard(time);
        giveBack(provider, chunk);
        return provider;
    }

    private void giveBack(ProviderLoad provider, ChunkId chunk) {
        provider.giveBack(chunk, chunks.length(chunk));
        chunks.givenBack(provider, chunk);
    }

    private void verified(Verified verified) {
        ChunkId chunk = verified.chunk();
        ProviderLoad provider = providers.get(verified.provider());
        if (provider != null && provider.wasAsked(chunk)) {
            provider.arrived(chunk, chunks.length(chunk), time);
        }
        chunks.verified(chunk);
    }

    /** The others were sooner; whoever has kept all waiting for so long is named all the same. */
    private void dropTheQuiet(List<Effect> effects) {
        for (ProviderLoad provider : List.copyOf(providers.values())) {
            if (provider.isQuiet(time)) {
                drop(provider.id(), Drop.Reason.SILENT, provider.asked().getFirst(), effects);
            }
        }
    }

    private void assign(List<Effect> effects) {
        if (chunks.unverified() == 0) {
            if (!completed) {
                completed = true;
                dropTheQuiet(effects);
                effects.add(new Complete());
            }
            return;
        }
        boolean asked = true;
        // One chunk for each in turn, so that nobody takes all of a short list.
        while (asked) {
            asked = false;
            for (ProviderLoad provider : providers.values()) {
                if (provider.hasRoom(time)) {
                    ChunkId chunk = chunks.next(provider);
                    chunk = chunk != null ? chunk : chunks.again(provider, WORTHWHILE, time);
                    if (chunk != null) {
                        provider.ask(chunk, chunks.length(chunk), time);
                        chunks.asked(provider, chunk);
                        effects.add(new Request(provider.id(), chunk));
                        asked = true;
                    }
                }
            }
        }
    }
}
