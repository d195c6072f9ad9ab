package network.guts.sync.git;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import network.guts.core.Bytes;
import network.guts.runtime.CrashSafeFile;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.GitObject;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ObjectType;

/** All refs of a repository in git's {@code packed-refs}: one file, so that they move at once or not at all. */
final class PackedRefs {
    private static final String FIRST_LINE = "# pack-refs with: peeled fully-peeled sorted \n";
    private static final Pattern TARGET = Pattern.compile("object ([0-9a-f]{40})\ntype ([a-z]+)\n");

    /** Tags of tags of tags: more is an attack. */
    private static final int MAX_PEELS = 16;

    /** Names as git sorts them: by their bytes. */
    private static final Comparator<String> BY_BYTES =
            Comparator.comparing(name -> Bytes.of(name.getBytes(StandardCharsets.UTF_8)));

    private final Path folder;
    private final ObjectSource objects;

    PackedRefs(Path folder, ObjectSource objects) {
        this.folder = folder;
        this.objects = objects;
    }

    /** Replaces all refs, by git's own locking protocol. */
    void write(Map<String, ObjectId> refs) throws IOException {
        SortedMap<String, ObjectId> sorted = new TreeMap<>(BY_BYTES);
        sorted.putAll(refs);
        StringBuilder text = new StringBuilder(FIRST_LINE);
        for (Map.Entry<String, ObjectId> ref : sorted.entrySet()) {
            checkName(ref.getKey());
            text.append(ref.getValue()).append(' ').append(ref.getKey()).append('\n');
            Optional<ObjectId> peeled = peel(ref.getValue());
            if (peeled.isPresent()) {
                text.append('^').append(peeled.get()).append('\n');
            }
        }
        Path lock = folder.resolve("packed-refs.lock");
        try (FileChannel file = FileChannel.open(lock, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
            while (rest.hasRemaining()) {
                file.write(rest);
            }
            file.force(true);
        }
        CrashSafeFile.moveInPlace(lock, folder.resolve("packed-refs"));
        deleteLoose();
    }

    /** Nothing but what git itself would take may end up in the file. */
    private static void checkName(String name) {
        boolean bad = !name.startsWith("refs/") || name.endsWith("/") || name.contains("..") || name.contains("//");
        if (bad || name.codePoints().anyMatch(c -> c <= ' ' || c == 0x7f || "~^:?*[\\".indexOf(c) >= 0)) {
            throw new IllegalArgumentException("not the full name of a ref");
        }
    }

    /** What an annotated tag is of in the end; empty for anything else. */
    private Optional<ObjectId> peel(ObjectId target) throws IOException {
        ObjectId id = target;
        for (int i = 0; i < MAX_PEELS; i++) {
            Optional<ObjectType> type = objects.type(id);
            if (type.isEmpty() || type.get() != ObjectType.TAG) {
                return i == 0 || type.isEmpty() ? Optional.empty() : Optional.of(id);
            }
            byte[] data = objects.read(id).map(GitObject::data).orElse(new byte[0]);
            Matcher matcher = TARGET.matcher(new String(data, StandardCharsets.ISO_8859_1));
            if (!matcher.lookingAt()) {
                return Optional.empty();
            }
            id = ObjectId.parse(matcher.group(1));
        }
        return Optional.empty();
    }

    /** Loose refs would hide packed ones; nobody but a person with git makes them here. */
    private void deleteLoose() throws IOException {
        Path refs = folder.resolve("refs");
        if (!Files.isDirectory(refs)) {
            return;
        }
        List<Path> files;
        try (var walk = Files.walk(refs)) {
            files = walk.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    /** All refs by name. */
    SortedMap<String, ObjectId> read() throws IOException {
        SortedMap<String, ObjectId> refs = new TreeMap<>(BY_BYTES);
        List<String> lines;
        try {
            lines = Files.readAllLines(folder.resolve("packed-refs"), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return refs;
        }
        for (String line : lines) {
            if (!line.startsWith("#") && !line.startsWith("^") && line.length() > 41) {
                refs.put(line.substring(41), ObjectId.parse(line.substring(0, 40)));
            }
        }
        return refs;
    }
}
