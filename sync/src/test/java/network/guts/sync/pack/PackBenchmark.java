package network.guts.sync.pack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import network.guts.sync.model.PackDescriptor;

/** Parses a pack against {@code git index-pack}: run by hand with the path of a pack, prints seconds and ratios. */
final class PackBenchmark {
    private PackBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        Path pack = Path.of(arguments[0]);
        int threads = Runtime.getRuntime().availableProcessors();
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        Path folder = Files.createTempDirectory("packs");
        PackLimits limits = PackLimits.of(256 << 20);
        long began = System.nanoTime();
        PackDescriptor descriptor;
        try (ParsedPack parsed = PackDescriptors.describe(pack, List.of(), ObjectSource.EMPTY, limits)
                .pack()) {
            System.out.printf(
                    "%d objects, %d bytes packed, %d inflated%n",
                    parsed.objects(), parsed.size(), parsed.inflatedBytes());
        }
        System.out.printf("described, without a descriptor: %.1f s%n", seconds(began));
        descriptor = PackDescriptors.describe(pack, List.of(), ObjectSource.EMPTY, limits)
                .descriptor();
        double ours = Double.MAX_VALUE;
        double git = Double.MAX_VALUE;
        for (int round = 0; round < rounds; round++) {
            began = System.nanoTime();
            try (PackIndexer indexer = PackIndexer.open(pack, descriptor, limits)) {
                for (int i = 0; i < descriptor.chunks().size(); i++) {
                    indexer.chunkArrived(i);
                }
                try (ParsedPack parsed = indexer.finish(ObjectSource.EMPTY)) {
                    parsed.writeIndex(folder.resolve("ours.idx"));
                }
            }
            double time = seconds(began);
            ours = Math.min(ours, time);
            Path index = folder.resolve("git.idx");
            Files.deleteIfExists(index);
            began = System.nanoTime();
            int code = new ProcessBuilder(
                            "git", "index-pack", "--threads=" + threads, "-o", index.toString(), pack.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            double theirs = seconds(began);
            git = Math.min(git, theirs);
            boolean same = Files.mismatch(index, folder.resolve("ours.idx")) == -1;
            System.out.printf("ours %.1f s, git %.1f s (exit %d), indexes equal: %b%n", time, theirs, code, same);
        }
        System.out.printf("best: ours %.1f s, git %.1f s, ratio %.2f%n", ours, git, ours / git);
    }

    private static double seconds(long began) {
        return Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
    }
}
