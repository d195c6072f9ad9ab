package network.guts.sync.git;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import network.guts.runtime.CrashSafeFile;
import network.guts.sync.git.PackRecords.PackRecord;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.pack.GitObject;
import network.guts.sync.pack.InstalledPack;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ObjectType;
import network.guts.sync.pack.PackCompletion;
import network.guts.sync.pack.ParsedPack;
import network.guts.sync.pack.ServedPack;

/**
 * The packs of a bare repository. A pack becomes visible in this order: {@code .keep} (so that git never repacks it),
 * {@code .pack}, {@code .idx} (git looks for these), and last our record of it. What a crash leaves without a record is
 * deleted when the repository is opened again; packs that are not ours have no keep file of ours and stay.
 */
final class PackStore implements ObjectSource, AutoCloseable {
    private static final String KEEP = "held by guts\n";
    private static final String TEMPORARY = "tmp_guts_";

    private final Path packs;
    private final PackRecords records;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final SortedMap<PackId, PackRecord> installed;
    private final Map<String, InstalledPack> open = new HashMap<>();

    private PackStore(Path folder) throws IOException {
        this.packs = folder.resolve("objects/pack");
        this.records = new PackRecords(folder.resolve("guts/packs"));
        this.installed = records.all();
    }

    static PackStore open(Path folder) throws IOException {
        PackStore store = new PackStore(folder);
        store.recover();
        for (PackRecord pack : store.installed.values()) {
            store.map(pack.name());
        }
        return store;
    }

    private void recover() throws IOException {
        for (Map.Entry<PackId, PackRecord> entry : List.copyOf(installed.entrySet())) {
            PackId id = entry.getKey();
            String name = entry.getValue().name();
            if (!Files.exists(file(name, ".pack")) || !Files.exists(file(name, ".idx"))) {
                records.delete(id);
                installed.remove(id);
            }
        }
        Set<String> known = new HashSet<>();
        installed.values().forEach(pack -> known.add(pack.name()));
        List<Path> files;
        try (var list = Files.list(packs)) {
            files = list.toList();
        }
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            if (name.startsWith(TEMPORARY)) {
                Files.deleteIfExists(file);
            } else if (name.endsWith(".keep") && isOurs(file)) {
                String pack = name.substring(0, name.length() - ".keep".length());
                if (!known.contains(pack)) {
                    deleteFiles(pack);
                }
            }
        }
    }

    private static boolean isOurs(Path keep) throws IOException {
        return Files.size(keep) == KEEP.length()
                && Files.readString(keep, StandardCharsets.ISO_8859_1).equals(KEEP);
    }

    private Path file(String name, String ending) {
        return packs.resolve(name + ending);
    }

    private void map(String name) throws IOException {
        if (!open.containsKey(name)) {
            open.put(name, InstalledPack.open(file(name, ".pack"), file(name, ".idx")));
        }
    }

    void install(PackId id, PackDescriptor descriptor, ParsedPack pack) throws IOException {
        lock.writeLock().lock();
        try {
            if (!installed.containsKey(id)) {
                PackRecord written = place(descriptor, pack);
                records.write(id, written);
                map(written.name());
                installed.put(id, written);
            }
        } finally {
            lock.writeLock().unlock();
        }
        pack.close();
        Files.deleteIfExists(pack.file());
    }

    private PackRecord place(PackDescriptor descriptor, ParsedPack pack) throws IOException {
        String temporary = TEMPORARY + Long.toHexString(System.nanoTime());
        Path pending = packs.resolve(temporary + ".pack");
        Path index = packs.resolve(temporary + ".idx");
        try {
            String name;
            if (pack.bases().isEmpty()) {
                pack.writeIndex(index);
                name = "pack-" + pack.trailer().hex();
                sync(pack.file());
                link(pack.file(), pending);
            } else {
                name = "pack-" + PackCompletion.complete(pack, pending, index).hex();
            }
            var readOnly = PosixFilePermissions.fromString("r--r--r--");
            Files.setPosixFilePermissions(pending, readOnly);
            Files.setPosixFilePermissions(index, readOnly);
            if (!Files.exists(file(name, ".idx"))) {
                CrashSafeFile.write(file(name, ".keep"), KEEP.getBytes(StandardCharsets.ISO_8859_1));
                CrashSafeFile.moveInPlace(pending, file(name, ".pack"));
                CrashSafeFile.moveInPlace(index, file(name, ".idx"));
            }
            return new PackRecord(
                    name, descriptor.size(), descriptor.objects(), descriptor.chunkSize(), pack.trailer());
        } finally {
            Files.deleteIfExists(pending);
            Files.deleteIfExists(index);
        }
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** A hard link, or a copy where the disk has none; the copy is synced. */
    private static void link(Path source, Path target) throws IOException {
        try {
            Files.createLink(target, source);
            return;
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES);
        }
        sync(target);
    }

    SortedSet<PackId> ids() {
        lock.readLock().lock();
        try {
            return new TreeSet<>(installed.keySet());
        } finally {
            lock.readLock().unlock();
        }
    }

    Optional<ServedPack> served(PackId id) {
        lock.readLock().lock();
        try {
            return Optional.ofNullable(installed.get(id))
                    .map(pack -> new ServedPack(
                            id,
                            file(pack.name(), ".pack"),
                            (position, target, length) -> read(pack.name(), position, target, length),
                            pack.size(),
                            pack.objects(),
                            pack.chunkSize(),
                            pack.trailer()));
        } finally {
            lock.readLock().unlock();
        }
    }

    private void read(String name, long position, byte[] target, int length) throws IOException {
        lock.readLock().lock();
        try {
            InstalledPack pack = open.get(name);
            if (pack == null) {
                throw new IOException(name + " was removed meanwhile");
            }
            pack.read(position, target, length);
        } finally {
            lock.readLock().unlock();
        }
    }

    void remove(Collection<PackId> ids) throws IOException {
        lock.writeLock().lock();
        try {
            for (PackId id : ids) {
                PackRecord pack = installed.remove(id);
                if (pack == null) {
                    continue;
                }
                records.delete(id);
                boolean shared = installed.values().stream()
                        .anyMatch(other -> other.name().equals(pack.name()));
                if (!shared) {
                    InstalledPack mapped = open.remove(pack.name());
                    if (mapped != null) {
                        mapped.close();
                    }
                    deleteFiles(pack.name());
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The index first: without it git sees no pack. The keep file last: it says that the others are ours. */
    private void deleteFiles(String name) throws IOException {
        for (String ending : List.of(".idx", ".rev", ".bitmap", ".pack", ".keep")) {
            Files.deleteIfExists(file(name, ending));
        }
    }

    long objectCount() {
        lock.readLock().lock();
        try {
            return open.values().stream().mapToLong(InstalledPack::objects).sum();
        } finally {
            lock.readLock().unlock();
        }
    }

    List<Path> handOver(Path target) throws IOException {
        Files.createDirectories(target);
        List<Path> keeps = new ArrayList<>();
        lock.readLock().lock();
        try {
            for (String name : new TreeSet<>(open.keySet())) {
                if (Files.exists(target.resolve(name + ".idx"))) {
                    continue;
                }
                Path keep = target.resolve(name + ".keep");
                CrashSafeFile.write(keep, "fetched by guts\n".getBytes(StandardCharsets.ISO_8859_1));
                keeps.add(keep);
                for (String ending : List.of(".pack", ".idx")) {
                    Path pending = target.resolve(TEMPORARY + name + ending);
                    Files.deleteIfExists(pending);
                    link(file(name, ending), pending);
                    CrashSafeFile.moveInPlace(pending, target.resolve(name + ending));
                }
            }
            return keeps;
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public Optional<ObjectType> type(ObjectId id) throws IOException {
        lock.readLock().lock();
        try {
            for (InstalledPack pack : open.values()) {
                Optional<ObjectType> type = pack.type(id);
                if (type.isPresent()) {
                    return type;
                }
            }
            return Optional.empty();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public Optional<GitObject> read(ObjectId id) throws IOException {
        lock.readLock().lock();
        try {
            for (InstalledPack pack : open.values()) {
                Optional<GitObject> object = pack.read(id);
                if (object.isPresent()) {
                    return object;
                }
            }
            return Optional.empty();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            open.values().forEach(InstalledPack::close);
            open.clear();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
