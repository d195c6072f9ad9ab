package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes one pack of several: deterministic, so that everybody who holds the inputs makes the same bytes. */
public final class Consolidation {
    /** A chain of deltas that is longer forbids to consolidate: repack. */
    public static final int MAX_CHAIN = 250;

    private Consolidation() {}

    /** Packs {@code from} (inclusive) to {@code to} (exclusive) of a list. */
    public record Run(int from, int to) {}

    /**
     * Which packs of a list (by size, oldest and largest first) to merge so that each is at least twice as large as the
     * next: a run at the end of the list; empty if the list is well.
     */
    public static Optional<Run> plan(List<Long> sizes) {
        int from = 0;
        while (from < sizes.size() - 1 && sizes.get(from) >= 2 * sizes.get(from + 1)) {
            from++;
        }
        if (from >= sizes.size() - 1) {
            return Optional.empty();
        }
        long together = sizes.subList(from, sizes.size()).stream()
                .mapToLong(Long::longValue)
                .sum();
        while (from > 0 && sizes.get(from - 1) < 2 * together) {
            together += sizes.get(--from);
        }
        return Optional.of(new Run(from, sizes.size()));
    }

    /**
     * Writes the consolidated pack: the inputs' entries in list order, the first copy of each object kept, distances to
     * bases rewritten, header and trailer recomputed. The file is synced.
     *
     * @param inputs in list order, of one repository, with their indexes beside them
     * @param target where to write; replaced
     * @throws PackException CHAIN if it is forbidden, COLLISION if one id has two contents
     */
    public static void merge(List<ServedPack> inputs, Path target) throws IOException {
        List<InstalledPack> opened = new ArrayList<>();
        try {
            for (ServedPack input : inputs) {
                String name = String.valueOf(input.file().getFileName());
                String index = name.substring(0, name.length() - ".pack".length()) + ".idx";
                opened.add(InstalledPack.open(input.file(), input.file().resolveSibling(index)));
            }
            Merge merge = new Merge(inputs, opened);
            merge.checkCopies();
            merge.checkChains();
            merge.write(target);
        } finally {
            opened.forEach(InstalledPack::close);
        }
    }
}
