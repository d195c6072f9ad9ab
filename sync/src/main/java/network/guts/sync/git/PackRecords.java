package network.guts.sync.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import network.guts.core.Bytes;
import network.guts.runtime.CrashSafeFile;
import network.guts.sync.model.PackId;

/** Which packs are installed: a small file for each, written last and deleted first. */
final class PackRecords {
    private final Path folder;

    PackRecords(Path folder) {
        this.folder = folder;
    }

    /**
     * What is kept of an installed pack.
     *
     * @param name of the git pack, {@code pack-…} without an ending
     * @param size of the pack as it was published
     * @param objects in its original header
     * @param chunkSize of its descriptor
     * @param trailer its original trailer
     */
    record PackRecord(String name, long size, long objects, int chunkSize, Bytes trailer) {}

    void write(PackId id, PackRecord pack) throws IOException {
        String text = "name " + pack.name() + "\nsize " + pack.size() + "\nobjects " + pack.objects() + "\nchunk "
                + pack.chunkSize() + "\ntrailer " + pack.trailer().hex() + "\n";
        Files.createDirectories(folder);
        CrashSafeFile.write(folder.resolve(id.toString()), text.getBytes(StandardCharsets.US_ASCII));
    }

    void delete(PackId id) throws IOException {
        if (Files.deleteIfExists(folder.resolve(id.toString()))) {
            CrashSafeFile.syncFolder(folder);
        }
    }

    SortedMap<PackId, PackRecord> all() throws IOException {
        SortedMap<PackId, PackRecord> all = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return all;
        }
        List<Path> files;
        try (var list = Files.list(folder)) {
            files = list.toList();
        }
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            if (name.matches("[0-9a-f]{64}")) {
                all.put(new PackId(Bytes.fromHex(name)), read(file));
            } else if (name.startsWith(".")) {
                // Left by a crash while it was written.
                Files.deleteIfExists(file);
            }
        }
        return all;
    }

    private static PackRecord read(Path file) throws IOException {
        Map<String, String> values = Files.readAllLines(file, StandardCharsets.US_ASCII).stream()
                .filter(line -> line.indexOf(' ') > 0)
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(' ')),
                        line -> line.substring(line.indexOf(' ') + 1),
                        (first, second) -> second));
        try {
            return new PackRecord(
                    Optional.ofNullable(values.get("name"))
                            .filter(name -> name.matches("pack-[0-9a-f]{40}"))
                            .orElseThrow(() -> new IllegalArgumentException("no name")),
                    Long.parseLong(values.getOrDefault("size", "")),
                    Long.parseLong(values.getOrDefault("objects", "")),
                    Integer.parseInt(values.getOrDefault("chunk", "")),
                    Bytes.fromHex(values.getOrDefault("trailer", "")));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged", e);
        }
    }
}
