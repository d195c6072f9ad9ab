package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import network.guts.core.Bytes;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;

/** Makes the descriptor of a pack that is on disk. */
public final class PackDescriptors {
    private PackDescriptors() {}

    /** A pack and what describes it. */
    public record Described(PackDescriptor descriptor, ParsedPack pack) {}

    /**
     * Parses and checks {@code file}, and hashes its chunks, on all cores.
     *
     * @param inputs the packs that it consolidates
     * @param before where the bases of a thin pack are
     * @throws PackException if the pack is malformed
     */
    public static Described describe(Path file, List<PackId> inputs, ObjectSource before, PackLimits limits)
            throws IOException {
        return describe(file, inputs, before, limits, PackDescriptor.CHUNK_SIZE);
    }

    static Described describe(Path file, List<PackId> inputs, ObjectSource before, PackLimits limits, int chunkSize)
            throws IOException {
        ParsedPack parsed;
        // Pieces as long as a chunk at least: tests have short ones.
        try (PackIndexer indexer = PackIndexer.openWhole(file, limits, chunkSize)) {
            parsed = indexer.finish(before);
        }
        boolean described = false;
        try {
            Described result = new Described(describe(parsed, inputs, limits, chunkSize), parsed);
            described = true;
            return result;
        } finally {
            if (!described) {
                parsed.close();
            }
        }
    }

    private static PackDescriptor describe(ParsedPack parsed, List<PackId> inputs, PackLimits limits, int chunkSize)
            throws IOException {
        MappedPack pack = parsed.mapped();
        int chunks = Math.toIntExact((pack.size() + chunkSize - 1) / chunkSize);
        Bytes[] hashes = hashes(pack, chunks, chunkSize, limits);
        int[] first = new int[chunks];
        Arrays.fill(first, PackDescriptor.NO_ENTRY);
        EntryTable entries = parsed.entries();
        for (int i = entries.count() - 1; i >= 0; i--) {
            long offset = entries.offset(i);
            first[(int) (offset / chunkSize)] = (int) (offset % chunkSize);
        }
        List<PackDescriptor.Chunk> list = new ArrayList<>();
        for (int i = 0; i < chunks; i++) {
            list.add(new PackDescriptor.Chunk(hashes[i], first[i]));
        }
        return new PackDescriptor(pack.size(), parsed.objects(), chunkSize, list, parsed.bases(), inputs);
    }

    private static Bytes[] hashes(MappedPack pack, int chunks, int chunkSize, PackLimits limits) throws IOException {
        Bytes[] hashes = new Bytes[chunks];
        try (Workers workers = new Workers(limits.threads())) {
            List<Workers.Job> jobs = new ArrayList<>();
            for (int t = 0; t < limits.threads(); t++) {
                int from = t;
                jobs.add(() -> {
                    MessageDigest sha256 = Bytes.sha256();
                    for (int i = from; i < chunks; i += limits.threads()) {
                        long start = (long) i * chunkSize;
                        sha256.update(pack.view(start, Math.min(pack.size(), start + chunkSize)));
                        hashes[i] = Bytes.of(sha256.digest());
                    }
                });
            }
            workers.runAll(jobs);
        }
        return hashes;
    }
}
