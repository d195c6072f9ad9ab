package network.guts.sync.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PeerId;
import network.guts.runtime.CrashSafeFile;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ParsedPack;
import network.guts.sync.pack.ServedPack;

/**
 * A bare git repository of the node: packs that came from the network, the canonical refs, and every delegate's own
 * refs under {@code refs/namespaces/<peer id>/}. Plain git reads it. One instance per folder; thread-safe.
 */
public final class BareRepository implements AutoCloseable {
    /** Git shows the canonical refs to its clients, lets them filter, and never repacks by itself. */
    private static final String CONFIG = """
            [core]
            \trepositoryformatversion = 0
            \tfilemode = true
            \tbare = true
            [gc]
            \tauto = 0
            [transfer]
            \thideRefs = refs/namespaces
            [uploadpack]
            \tallowFilter = true
            \tallowAnySHA1InWant = true
            """;

    private static final String NAMESPACES = "refs/namespaces/";

    private final Path folder;
    private final PackStore store;
    private final PackedRefs refs;
    private final CommitGraph commits;
    private final ReentrantLock refsLock = new ReentrantLock();

    private BareRepository(Path folder, PackStore store) {
        this.folder = folder;
        this.store = store;
        this.refs = new PackedRefs(folder, store);
        this.commits = new CommitGraph(store);
    }

    /** Opens the repository in {@code folder}, or makes it; removes what a crash left half written. */
    public static BareRepository open(Path folder) throws IOException {
        Path whole = folder.toAbsolutePath().normalize();
        for (String part : List.of("objects/pack", "objects/info", "refs/heads", "refs/tags", "guts/incoming")) {
            Files.createDirectories(whole.resolve(part));
        }
        Files.deleteIfExists(whole.resolve("packed-refs.lock"));
        if (!Files.exists(whole.resolve("config"))) {
            CrashSafeFile.write(whole.resolve("config"), CONFIG.getBytes(StandardCharsets.US_ASCII));
        }
        if (!Files.exists(whole.resolve("HEAD"))) {
            writeHead(whole, "main");
        }
        return new BareRepository(whole, PackStore.open(whole));
    }

    private static void writeHead(Path folder, String branch) throws IOException {
        byte[] content = ("ref: refs/heads/" + branch + "\n").getBytes(StandardCharsets.UTF_8);
        Path head = folder.resolve("HEAD");
        if (!Files.exists(head) || !java.util.Arrays.equals(Files.readAllBytes(head), content)) {
            CrashSafeFile.write(head, content);
        }
    }

    public Path folder() {
        return folder;
    }

    /** A folder on the same disk for packs that are being made or fetched; kept over restarts. */
    public Path incoming() {
        return folder.resolve("guts/incoming");
    }

    /**
     * Takes a checked pack in: completed for git if it is thin, with its index, synced. The pack's file is moved or
     * deleted, and {@code pack} is closed if that worked. All or nothing; installing one that is there does nothing.
     */
    public void install(PackId id, PackDescriptor descriptor, ParsedPack pack) throws IOException {
        store.install(id, descriptor, pack);
    }

    /** The packs that are installed. */
    public SortedSet<PackId> packs() {
        return store.ids();
    }

    /** The bytes of an installed pack as its descriptor describes them. */
    public Optional<ServedPack> served(PackId id) {
        return store.served(id);
    }

    /** Deletes packs (withdrawn, or consolidated into another). */
    public void remove(Collection<PackId> ids) throws IOException {
        store.remove(ids);
    }

    /** All installed objects. */
    public ObjectSource objects() {
        return store;
    }

    /**
     * Moves all refs at once: these are all that there are afterwards. HEAD names {@code defaultBranch}.
     *
     * @param defaultBranch without {@code refs/heads/}
     * @param canonical full names ({@code refs/heads/main}) and objects
     * @param views each delegate's own refs, full names
     */
    public void moveRefs(
            String defaultBranch, Map<String, ObjectId> canonical, Map<PeerId, Map<String, ObjectId>> views)
            throws IOException {
        Map<String, ObjectId> all = new TreeMap<>(canonical);
        views.forEach((peer, own) -> own.forEach((name, id) -> all.put(NAMESPACES + peer + "/" + name, id)));
        refsLock.lock();
        try {
            refs.write(all);
            writeHead(folder, defaultBranch);
        } finally {
            refsLock.unlock();
        }
    }

    /** The canonical refs, sorted by name. */
    public SortedMap<String, ObjectId> refs() throws IOException {
        SortedMap<String, ObjectId> canonical = refs.read();
        canonical.keySet().removeIf(name -> name.startsWith(NAMESPACES));
        return canonical;
    }

    public Ancestry ancestry() {
        return commits;
    }

    /** Bytes of the folder. What is deleted meanwhile takes no room. */
    public long diskBytes() throws IOException {
        AtomicLong bytes = new AtomicLong();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes.addAndGet(attributes.size());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
                if (problem instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw problem;
            }
        });
        return bytes.get();
    }

    /** Objects in the installed packs (one that lies in two packs counts twice). */
    public long objectCount() {
        return store.objectCount();
    }

    /**
     * Hands all packs and indexes over to a user's repository, by hard link where the disk allows it, else as a copy.
     *
     * @param gitDirectory of the user's repository ({@code $GIT_DIR}, or the common one of linked work trees)
     * @return the {@code .keep} files; git-remote-guts reports them to git ({@code lock}), which deletes them when the
     *     refs have moved; anybody else deletes them then
     */
    public List<Path> handOver(Path gitDirectory) throws IOException {
        return store.handOver(gitDirectory.resolve("objects/pack"));
    }

    /**
     * What a push brought, as one thin pack in {@link #incoming()}; empty if there is nothing new.
     *
     * @param quarantine a bare repository whose alternates name this one
     * @throws IOException if git cannot pack it: an object is missing or corrupt
     */
    public Optional<Path> intake(Path quarantine, Collection<ObjectId> tips) throws IOException {
        return make(quarantine, tips, new TreeSet<>(refs.read().values()));
    }

    /** One new pack in {@link #incoming()} of exactly what {@code tips} reach, for {@code --purge}. */
    public Optional<Path> repack(Collection<ObjectId> tips) throws IOException {
        return make(folder, tips, List.of());
    }

    /** Whether {@code some} reach a commit that {@code others} do not. */
    public boolean reachesMore(Collection<ObjectId> some, Collection<ObjectId> others) throws IOException {
        StringBuilder input = new StringBuilder();
        some.forEach(id -> input.append(id).append('\n'));
        others.forEach(id -> input.append('^').append(id).append('\n'));
        GitCommand.Result walked = walk(List.of("rev-list", "--max-count=1", "--stdin"), input);
        if (!walked.ok()) {
            throw new IOException("git cannot walk " + folder + ": " + walked.complaint());
        }
        return !walked.output().isBlank();
    }

    /**
     * The packed bytes of all that {@code tips} reach; empty if git does not count them (it does since 2.31). Git walks
     * all of it: seconds for a large repository.
     */
    public OptionalLong reachableBytes(Collection<ObjectId> tips) throws IOException {
        StringBuilder input = new StringBuilder();
        tips.forEach(id -> input.append(id).append('\n'));
        GitCommand.Result walked = walk(List.of("rev-list", "--disk-usage", "--objects", "--stdin"), input);
        String bytes = walked.output().strip();
        return walked.ok() && bytes.matches("\\d{1,18}")
                ? OptionalLong.of(Long.parseLong(bytes))
                : OptionalLong.empty();
    }

    private GitCommand.Result walk(List<String> arguments, StringBuilder input) throws IOException {
        return new GitCommand(folder, GitCommand.LONG).run(arguments, input.toString(), null);
    }

    private Optional<Path> make(Path repository, Collection<ObjectId> tips, Collection<ObjectId> have)
            throws IOException {
        if (tips.isEmpty()) {
            return Optional.empty();
        }
        PackMaker.Outcome outcome = PackMaker.make(repository, incoming(), new ArrayList<>(tips), have);
        if (!outcome.result().ok()) {
            throw new IOException(
                    "git cannot pack what is new: " + outcome.result().complaint());
        }
        return outcome.pack();
    }

    @Override
    public void close() {
        store.close();
    }
}
