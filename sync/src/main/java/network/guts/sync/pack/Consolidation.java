package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes one pack of several: deterministic, so that everybody who holds the inputs makes the same bytes. */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class Consolidation {
    /** A chain of deltas that is longer forbids to consolidate: repack. */
    public static final int MAX_CHAIN = 250;

    private Consolidation() {}

    /**
     * Which packs of a list (by size, oldest and largest first) to merge so that each is at least twice as large as the
     * next: the bounds (from, to) of a run at the end of the list; empty if the list is well.
     */
    public static Optional<Run> plan(List<Long> sizes) {
        throw new IllegalStateException("being built");
    }

    /** Packs {@code from} (inclusive) to {@code to} (exclusive) of a list. */
    public record Run(int from, int to) {}

    /**
     * Writes the consolidated pack.
     *
     * @param inputs in list order, of one repository
     * @param target where to write; replaced
     * @throws PackException CHAIN if it is forbidden, COLLISION if one id has two contents
     */
    public static void merge(List<ServedPack> inputs, Path target) throws IOException {
        throw new IllegalStateException("being built");
    }
}
