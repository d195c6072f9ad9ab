package network.guts.sync.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
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

    /** A provider that was silent for so long keeps its place, but others may be asked for its chunks. */
    static final Duration QUIET = Duration.ofSeconds(4);

    /** The protocol's own bound for silence on an open request. */
    static final Duration SILENT = Duration.ofSeconds(30);

    /** A second request must promise to be sooner by this factor: measured speeds are rough. */
    static final double WORTHWHILE = 1.5;

    /** When all is asked for, it is considered again this often whether a second request helps. */
    static final Duration RECONSIDER = Duration.ofSeconds(1);

    /** How long a provider takes that has not been measured. */
    private static final double UNKNOWN_SECONDS = 1;

    /** The weight of the past in a measured speed, for each chunk that arrives. */
    private static final double DECAY = 0.8;

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
    }

    private static final class Provider {
        final PeerId id;
        final Map<PackId, BitSet> holds = new TreeMap<>();
        final Map<ChunkId, Instant> asked = new LinkedHashMap<>();
        long bytesAsked;
        double bytes;
        double seconds;
        Instant lastHeard;
        Instant lastArrival;

        @Nullable Instant pausedUntil;

        Provider(PeerId id, Instant now) {
            this.id = id;
            this.lastHeard = now;
            this.lastArrival = now;
        }

        boolean measured() {
            return seconds > 0;
        }

        double rate() {
            return bytes / seconds;
        }

        boolean quiet(Instant now) {
            return !asked.isEmpty() && !now.isBefore(lastHeard.plus(QUIET));
        }

        /** Seconds until all that it was asked for is here, with {@code more} bytes behind. */
        double seconds(long more, Instant now) {
            if (quiet(now)) {
                return Double.POSITIVE_INFINITY;
            }
            return measured() ? (bytesAsked + more) / rate() : UNKNOWN_SECONDS;
        }

        /** Seconds until {@code chunk}, which it was asked for, is here: at least as many as it is late. */
        double secondsUntil(ChunkId chunk, Instant now) {
            if (quiet(now)) {
                return Double.POSITIVE_INFINITY;
            }
            double share = 1;
            for (ChunkId ahead : asked.keySet()) {
                if (ahead.equals(chunk)) {
                    break;
                }
                share++;
            }
            double waiting = FetchScheduler.seconds(lastArrival, now);
            double expected = measured() ? share * (bytesAsked / (double) asked.size()) / rate() : UNKNOWN_SECONDS;
            return Math.max(expected - waiting, waiting - expected);
        }
    }

    private final Map<PackId, Pack> packs = new LinkedHashMap<>();
    private final Map<PeerId, Provider> providers = new TreeMap<>();
    private final Map<ChunkId, List<Provider>> askedFor = new LinkedHashMap<>();
    private final Set<PeerId> dropped = new TreeSet<>();
    private Instant time = Instant.MIN;
    private long unverified;
    private boolean completed;

    public FetchScheduler(List<Wanted> wanted) {
        for (Wanted pack : wanted) {
            Pack state = new Pack(pack);
            packs.put(pack.pack(), state);
            unverified += state.missing.cardinality();
        }
    }

    /** How many chunks are not verified yet. */
    public long unverified() {
        return unverified;
    }

    /** Providers that have requests open. */
    public int delivering() {
        return (int) providers.values().stream().filter(p -> !p.asked.isEmpty()).count();
    }

    /** Whether somebody who is here holds a chunk that is missing, or was asked for one. */
    public boolean canGoOn() {
        return completed || !askedFor.isEmpty() || providers.values().stream().anyMatch(this::usable);
    }

    private boolean usable(Provider provider) {
        return packs.values().stream().anyMatch(pack -> {
            BitSet held = provider.holds.get(pack.wanted.pack());
            return held != null && held.intersects(pack.missing);
        });
    }

    /** Measured bytes a second of a provider; 0 if none has been measured. */
    public double rate(PeerId provider) {
        Provider known = providers.get(provider);
        return known == null || !known.measured() ? 0 : known.rate();
    }

    @Override
    public List<Effect> handle(Input input, Instant now) {
        time = now;
        List<Effect> effects = new ArrayList<>();
        switch (input) {
            case Joined joined -> join(joined);
            case Left left -> remove(left.provider());
            case Heard heard -> {
                Provider provider = providers.get(heard.provider());
                if (provider != null) {
                    provider.lastHeard = now;
                }
            }
            case Verified verified -> verified(verified);
            case Wrong wrong -> drop(wrong.provider(), Drop.Reason.WRONG_CHUNK, wrong.chunk(), effects);
            case NotHeld not -> {
                Provider provider = answered(not.provider(), not.chunk());
                BitSet held =
                        provider == null ? null : provider.holds.get(not.chunk().pack());
                if (held != null) {
                    held.clear(not.chunk().index());
                    countPartlyHeld();
                }
            }
            case Busy busy -> {
                Provider provider = answered(busy.provider(), busy.chunk());
                if (provider != null) {
                    provider.pausedUntil = now.plus(busy.retryAfter());
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
        for (Provider provider : List.copyOf(providers.values())) {
            if (!provider.asked.isEmpty() && !now.isBefore(provider.lastHeard.plus(SILENT))) {
                ChunkId oldest = provider.asked.keySet().iterator().next();
                drop(provider.id, Drop.Reason.SILENT, oldest, effects);
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
        for (Provider provider : providers.values()) {
            if (!provider.asked.isEmpty()) {
                next = sooner(next, provider.lastHeard.plus(QUIET));
                next = sooner(next, provider.lastHeard.plus(SILENT));
            }
            if (provider.pausedUntil != null) {
                next = sooner(next, provider.pausedUntil);
            }
        }
        boolean allAskedFor = packs.values().stream().allMatch(pack -> pack.missing.isEmpty());
        return allAskedFor && !askedFor.isEmpty() ? sooner(next, time.plus(RECONSIDER)) : next;
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
        Provider provider = providers.computeIfAbsent(joined.provider(), id -> new Provider(id, time));
        joined.holds().forEach((id, held) -> {
            Pack pack = packs.get(id);
            if (pack != null && held.size() == pack.wanted.verified().size()) {
                provider.holds.put(id, held.bits());
            }
        });
        countPartlyHeld();
    }

    private void countPartlyHeld() {
        for (Pack pack : packs.values()) {
            pack.partlyHeld.clear();
            for (Provider provider : providers.values()) {
                BitSet held = provider.holds.get(pack.wanted.pack());
                if (held != null && held.cardinality() < pack.wanted.verified().size()) {
                    pack.partlyHeld.or(held);
                }
            }
        }
    }

    private void remove(PeerId id) {
        Provider provider = providers.remove(id);
        if (provider == null) {
            return;
        }
        for (ChunkId chunk : List.copyOf(provider.asked.keySet())) {
            giveBack(provider, chunk);
        }
        countPartlyHeld();
    }

    private void drop(PeerId id, Drop.Reason reason, ChunkId chunk, List<Effect> effects) {
        if (providers.containsKey(id)) {
            remove(id);
            dropped.add(id);
            effects.add(new Drop(id, reason, chunk));
        }
    }

    /** The provider's request for {@code chunk} is over without the chunk; null if it was not asked. */
    private @Nullable Provider answered(PeerId id, ChunkId chunk) {
        Provider provider = providers.get(id);
        if (provider == null || !provider.asked.containsKey(chunk)) {
            return null;
        }
        provider.lastHeard = time;
        giveBack(provider, chunk);
        return provider;
    }

    private void giveBack(Provider provider, ChunkId chunk) {
        if (provider.asked.remove(chunk) == null) {
            return;
        }
        Pack pack = pack(chunk);
        provider.bytesAsked -= pack.wanted.length(chunk.index());
        List<Provider> asked = askedFor.get(chunk);
        if (asked != null) {
            asked.remove(provider);
            if (asked.isEmpty()) {
                askedFor.remove(chunk);
                pack.missing.set(chunk.index());
            }
        }
    }

    private Pack pack(ChunkId chunk) {
        Pack pack = packs.get(chunk.pack());
        if (pack == null) {
            throw new IllegalStateException("a chunk of a pack that is not wanted");
        }
        return pack;
    }

    private void verified(Verified verified) {
        ChunkId chunk = verified.chunk();
        Provider provider = providers.get(verified.provider());
        if (provider != null) {
            Instant asked = provider.asked.remove(chunk);
            if (asked != null) {
                int length = pack(chunk).wanted.length(chunk.index());
                provider.bytesAsked -= length;
                Instant since = asked.isAfter(provider.lastArrival) ? asked : provider.lastArrival;
                provider.bytes = provider.bytes * DECAY + length;
                provider.seconds = provider.seconds * DECAY + Math.max(seconds(since, time), 1e-6);
                provider.lastArrival = time;
                provider.lastHeard = time;
            }
        }
        Pack pack = packs.get(chunk.pack());
        if (pack == null || !pack.verified.get(chunk.index())) {
            markVerified(chunk);
        }
    }

    private void markVerified(ChunkId chunk) {
        Pack pack = packs.get(chunk.pack());
        if (pack == null || chunk.index() >= pack.wanted.verified().size()) {
            return;
        }
        pack.verified.set(chunk.index());
        pack.missing.clear(chunk.index());
        askedFor.remove(chunk);
        unverified--;
    }

    private void assign(List<Effect> effects) {
        if (unverified == 0) {
            if (!completed) {
                completed = true;
                effects.add(new Complete());
            }
            return;
        }
        boolean asked = true;
        // One chunk for each in turn, so that nobody takes all of a short list.
        while (asked) {
            asked = false;
            for (Provider provider : providers.values()) {
                if (hasRoom(provider)) {
                    ChunkId chunk = next(provider);
                    chunk = chunk != null ? chunk : again(provider);
                    if (chunk != null) {
                        ask(provider, chunk, effects);
                        asked = true;
                    }
                }
            }
        }
    }

    private boolean hasRoom(Provider provider) {
        if (provider.quiet(time) || provider.pausedUntil != null && time.isBefore(provider.pausedUntil)) {
            return false;
        }
        if (provider.asked.size() < FIRST_IN_FLIGHT) {
            return true;
        }
        return provider.asked.size() < MAX_IN_FLIGHT
                && provider.measured()
                && provider.bytesAsked < provider.rate() * seconds(HORIZON);
    }

    /** A missing chunk that nobody was asked for: first what those with a part of the pack cannot give. */
    private @Nullable ChunkId next(Provider provider) {
        ChunkId fallback = null;
        for (Pack pack : packs.values()) {
            BitSet held = provider.holds.get(pack.wanted.pack());
            if (held == null || pack.missing.isEmpty()) {
                continue;
            }
            boolean holdsAll = held.cardinality() == pack.wanted.verified().size();
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

    /** A chunk that another was asked for, and that this provider should have sooner. */
    private @Nullable ChunkId again(Provider provider) {
        for (Map.Entry<ChunkId, List<Provider>> entry : askedFor.entrySet()) {
            ChunkId chunk = entry.getKey();
            BitSet held = provider.holds.get(chunk.pack());
            if (held == null || !held.get(chunk.index()) || entry.getValue().size() != 1) {
                continue;
            }
            Provider other = entry.getValue().getFirst();
            int length = pack(chunk).wanted.length(chunk.index());
            if (other != provider && other.secondsUntil(chunk, time) > WORTHWHILE * provider.seconds(length, time)) {
                return chunk;
            }
        }
        return null;
    }

    private void ask(Provider provider, ChunkId chunk, List<Effect> effects) {
        Pack pack = pack(chunk);
        if (provider.asked.isEmpty()) {
            provider.lastHeard = time;
        }
        provider.asked.put(chunk, time);
        provider.bytesAsked += pack.wanted.length(chunk.index());
        pack.missing.clear(chunk.index());
        askedFor.computeIfAbsent(chunk, one -> new ArrayList<>(2)).add(provider);
        effects.add(new Request(provider.id, chunk));
    }

    private static double seconds(Instant from, Instant to) {
        return seconds(Duration.between(from, to));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
