package network.guts.sync.core;

import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import network.guts.core.PeerId;
import network.guts.sync.core.FetchScheduler.ChunkId;
import network.guts.sync.model.PackId;
import org.jspecify.annotations.Nullable;

/** What one provider holds, what it was asked for, and how fast it has been so far. */
final class ProviderLoad {
    /** How long a provider takes that has not been measured. */
    private static final double UNKNOWN_SECONDS = 1;

    /** The weight of the past in a measured speed, for each chunk that arrives. */
    private static final double DECAY = 0.8;

    private final PeerId id;
    private final Map<PackId, BitSet> holds = new TreeMap<>();
    private final Map<ChunkId, Instant> asked = new LinkedHashMap<>();
    private long bytesAsked;
    private double bytes;
    private double seconds;
    private Instant lastHeard;
    private Instant lastArrival;

    private @Nullable Instant pausedUntil;

    ProviderLoad(PeerId id, Instant now) {
        this.id = id;
        this.lastHeard = now;
        this.lastArrival = now;
    }

    PeerId id() {
        return id;
    }

    /** The chunks of a pack that it holds; null if it holds none. */
    @Nullable BitSet holds(PackId pack) {
        return holds.get(pack);
    }

    void holds(PackId pack, ChunkSet chunks) {
        holds.put(pack, chunks.bits());
    }

    /** False if it was not known to hold anything of the pack. */
    boolean doesNotHold(ChunkId chunk) {
        BitSet held = holds.get(chunk.pack());
        if (held == null) {
            return false;
        }
        held.clear(chunk.index());
        return true;
    }

    /** What it was asked for and has not answered, oldest first. */
    List<ChunkId> asked() {
        return List.copyOf(asked.keySet());
    }

    boolean wasAsked(ChunkId chunk) {
        return asked.containsKey(chunk);
    }

    boolean isAsked() {
        return !asked.isEmpty();
    }

    void ask(ChunkId chunk, int length, Instant now) {
        if (asked.isEmpty()) {
            lastHeard = now;
        }
        asked.put(chunk, now);
        bytesAsked += length;
    }

    void heard(Instant now) {
        lastHeard = now;
    }

    void pause(Instant until) {
        pausedUntil = until;
    }

    /** The request is over without the chunk. */
    void giveBack(ChunkId chunk, int length) {
        if (asked.remove(chunk) != null) {
            bytesAsked -= length;
        }
    }

    /** The chunk came in; nothing happens if it was not asked for. */
    void arrived(ChunkId chunk, int length, Instant now) {
        Instant since = asked.remove(chunk);
        if (since != null) {
            bytesAsked -= length;
            bytes = bytes * DECAY + length;
            seconds = seconds * DECAY
                    + Math.max(secondsBetween(since.isAfter(lastArrival) ? since : lastArrival, now), 1e-6);
            lastArrival = now;
            lastHeard = now;
        }
    }

    /** Measured bytes a second; 0 if none has been measured. */
    double rate() {
        return seconds > 0 ? bytes / seconds : 0;
    }

    boolean hasRoom(Instant now) {
        if (isQuiet(now) || pausedUntil != null && now.isBefore(pausedUntil)) {
            return false;
        }
        if (asked.size() < FetchScheduler.FIRST_IN_FLIGHT) {
            return true;
        }
        return asked.size() < FetchScheduler.MAX_IN_FLIGHT && bytesAsked < rate() * seconds(FetchScheduler.HORIZON);
    }

    /** Whether it has been silent on a request for so long that others are asked as well. */
    boolean isQuiet(Instant now) {
        return !asked.isEmpty() && !now.isBefore(lastHeard.plus(FetchScheduler.QUIET));
    }

    /** Whether it has been silent on a request for longer than the protocol allows. */
    boolean isSilent(Instant now) {
        return !asked.isEmpty() && !now.isBefore(lastHeard.plus(FetchScheduler.SILENT));
    }

    /** When something changes without anything happening. */
    List<Instant> deadlines() {
        List<Instant> all = new java.util.ArrayList<>();
        if (!asked.isEmpty()) {
            all.add(lastHeard.plus(FetchScheduler.QUIET));
            all.add(lastHeard.plus(FetchScheduler.SILENT));
        }
        if (pausedUntil != null) {
            all.add(pausedUntil);
        }
        return all;
    }

    /** Seconds until all that it was asked for is here, with {@code more} bytes behind. */
    double seconds(long more, Instant now) {
        if (isQuiet(now)) {
            return Double.POSITIVE_INFINITY;
        }
        return seconds > 0 ? (bytesAsked + more) / rate() : UNKNOWN_SECONDS;
    }

    /** Seconds until {@code chunk}, which it was asked for, is here: at least as many as it is late. */
    double secondsUntil(ChunkId chunk, Instant now) {
        if (isQuiet(now)) {
            return Double.POSITIVE_INFINITY;
        }
        double share = 1;
        for (ChunkId ahead : asked.keySet()) {
            if (ahead.equals(chunk)) {
                break;
            }
            share++;
        }
        double waiting = secondsBetween(lastArrival, now);
        double expected = seconds > 0 ? share * (bytesAsked / (double) asked.size()) / rate() : UNKNOWN_SECONDS;
        return Math.max(expected - waiting, waiting - expected);
    }

    private static double secondsBetween(Instant from, Instant to) {
        return seconds(Duration.between(from, to));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
