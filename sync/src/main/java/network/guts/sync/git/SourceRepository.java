package network.guts.sync.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import network.guts.core.MalformedException;
import network.guts.sync.SyncException;
import network.guts.sync.SyncException.Kind;
import network.guts.sync.model.ObjectId;

/** A user's git repository that is to be published. It is only read; its own git does the work. */
public final class SourceRepository {
    private static final String HEADS = "refs/heads/";

    private final Path path;
    private final Path gitDirectory;
    private final SequencedMap<String, ObjectId> refs;
    private final Optional<String> defaultBranch;

    private SourceRepository(
            Path path, Path gitDirectory, SequencedMap<String, ObjectId> refs, Optional<String> defaultBranch) {
        this.path = path;
        this.gitDirectory = gitDirectory;
        this.refs = refs;
        this.defaultBranch = defaultBranch;
    }

    /**
     * Looks at the repository at {@code path}: a working copy or a folder in it, or a bare repository. One that is
     * partial is taken if nothing that its refs reach is missing.
     *
     * @throws SyncException if it cannot be published: none, shallow, partial, SHA-256, damaged refs
     */
    public static SourceRepository open(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            throw new SyncException(Kind.FAILED, path + " is no folder", "Name the folder of a git repository.");
        }
        GitCommand git = new GitCommand(path, GitCommand.SHORT);
        GitCommand.Result found =
                git.run(List.of("rev-parse", "--git-common-dir", "--is-shallow-repository", "--show-object-format"));
        if (!found.ok() || found.lines().size() < 3) {
            throw notARepository(path, found);
        }
        Path gitDirectory = path.resolve(found.lines().get(0)).toRealPath();
        if (!found.lines().get(2).equals("sha1")) {
            throw new SyncException(
                    Kind.REFUSED,
                    path + " has " + found.lines().get(2) + " object ids, which are not supported yet",
                    "Publish a repository with SHA-1 ids.");
        }
        if (found.lines().get(1).equals("true")) {
            throw new SyncException(
                    Kind.REFUSED,
                    path + " is a shallow clone: its history is cut off",
                    "Complete it with: git fetch --unshallow");
        }
        SourceRepository source = new SourceRepository(path, gitDirectory, readRefs(path, git), readHead(git));
        if (source.isPartial(git)) {
            source.refuseMissing();
        }
        return source;
    }

    /** Where it is, as it was given. */
    public Path path() {
        return path;
    }

    private static SyncException notARepository(Path path, GitCommand.Result found) {
        if (found.error().contains("not a git repository")) {
            return new SyncException(
                    Kind.FAILED,
                    path + " is no git repository",
                    "Name a working copy or a bare repository, or make one with: git init");
        }
        return new SyncException(
                Kind.FAILED, "git cannot read " + path + ": " + found.complaint(), "Look at it with: git fsck");
    }

    private static SequencedMap<String, ObjectId> readRefs(Path path, GitCommand git) throws IOException {
        GitCommand.Result listed =
                git.run(List.of("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"));
        if (!listed.ok() || listed.error().contains("broken")) {
            throw new SyncException(
                    Kind.FAILED,
                    "the refs of " + path + " are damaged: " + listed.complaint(),
                    "Look at them with: git fsck");
        }
        SequencedMap<String, ObjectId> refs = new TreeMap<>();
        for (String line : listed.lines()) {
            String[] words = line.split(" ", 2);
            try {
                refs.put(words[1], ObjectId.parse(words[0]));
            } catch (MalformedException e) {
                throw new IOException("git for-each-ref answered in an unknown form", e);
            }
        }
        return refs;
    }

    private static Optional<String> readHead(GitCommand git) throws IOException {
        GitCommand.Result head = git.run(List.of("symbolic-ref", "-q", "HEAD"));
        String name = head.output().strip();
        return head.ok() && name.startsWith(HEADS) ? Optional.of(name.substring(HEADS.length())) : Optional.empty();
    }

    private boolean isPartial(GitCommand git) throws IOException {
        GitCommand.Result settings =
                git.run(List.of("config", "--get-regexp", "^(extensions\\.partialclone|remote\\..*\\.promisor)$"));
        if (settings.ok()) {
            return true;
        }
        Path packs = gitDirectory.resolve("objects/pack");
        if (!Files.isDirectory(packs)) {
            return false;
        }
        try (var files = Files.newDirectoryStream(packs, "*.promisor")) {
            return files.iterator().hasNext();
        }
    }

    /** Walks all that the refs reach, and refuses if something is not there. */
    private void refuseMissing() throws IOException {
        GitCommand.Result walked = new GitCommand(path, GitCommand.LONG)
                .run(
                        List.of("rev-list", "--objects", "--missing=print", "--quiet", "--stdin"),
                        tips(new TreeSet<>(refs.values())),
                        null);
        Optional<String> missing =
                walked.lines().stream().filter(line -> line.startsWith("?")).findFirst();
        if (missing.isPresent()) {
            throw missing(missing.get().substring(1));
        }
        if (!walked.ok()) {
            throw damaged(walked);
        }
    }

    private SyncException missing(String id) {
        return new SyncException(
                Kind.FAILED,
                path + " lacks objects; the first is " + id,
                "Fetch all of it, for example with: git fetch --refetch (git 2.36 or newer), or make a new full clone.");
    }

    private SyncException damaged(GitCommand.Result result) {
        return new SyncException(
                Kind.FAILED,
                "git cannot read all of " + path + ": " + result.complaint(),
                "See what is wrong with: git fsck --full");
    }

    private static String tips(Collection<ObjectId> ids) {
        StringBuilder text = new StringBuilder();
        ids.forEach(id -> text.append(id).append('\n'));
        return text.toString();
    }

    /** The branches and tags, full names, sorted. */
    public SequencedMap<String, ObjectId> refs() {
        return Collections.unmodifiableSequencedMap(refs);
    }

    /** The branch that HEAD names, without {@code refs/heads/}; it may not exist yet. Empty if HEAD is detached. */
    public Optional<String> defaultBranch() {
        return defaultBranch;
    }

    /** The name of the folder, without {@code .git}. */
    public String name() {
        Path folder = gitDirectory;
        Path parent = gitDirectory.getParent();
        if (gitDirectory.endsWith(".git") && parent != null) {
            folder = parent;
        }
        Path last = folder.getFileName();
        String name = last == null ? "repository" : last.toString();
        return name.endsWith(".git") ? name.substring(0, name.length() - 4) : name;
    }

    /** Where its objects and refs are; of a linked work tree, those of the main one. */
    public Path gitDirectory() {
        return gitDirectory;
    }

    /**
     * Writes what the refs reach and {@code have} does not, as packs in {@code folder}: oldest and largest first. With
     * an empty {@code have} they are self-contained; else it is one thin pack, or none.
     *
     * @param have objects that are published already, with their closure; those not in this repository are ignored
     * @throws SyncException if objects are missing or corrupt, with the first one's name
     */
    public List<Path> pack(Path folder, Collection<ObjectId> have) throws IOException {
        TreeSet<ObjectId> tips = new TreeSet<>(refs.values());
        if (tips.isEmpty()) {
            return List.of();
        }
        PackMaker.Outcome outcome = PackMaker.make(path, folder, tips, present(have));
        if (!outcome.result().ok()) {
            refuseMissing();
            throw damaged(outcome.result());
        }
        return outcome.pack().map(List::of).orElse(List.of());
    }

    /**
     * A copy in {@code folder} of the repository's one pack: it may hold just what the refs reach, and then need
     * not be made anew. Empty if the repository has loose objects, several packs, objects elsewhere, or commits that no
     * branch and no tag reaches. Whoever takes it must still check that it holds all and nothing else.
     */
    public Optional<Path> onlyPack(Path folder) throws IOException {
        Path objects = gitDirectory.resolve("objects");
        if (refs.isEmpty() || Files.exists(objects.resolve("info/alternates"))) {
            return Optional.empty();
        }
        GitCommand git = new GitCommand(path, GitCommand.SHORT);
        List<String> counts = git.run(List.of("count-objects", "-v")).lines();
        if (!counts.contains("count: 0") || !counts.contains("packs: 1")) {
            return Optional.empty();
        }
        // Commits of remotes, of the stash, of a detached HEAD.
        GitCommand.Result others = new GitCommand(path, GitCommand.LONG)
                .run(List.of("rev-list", "--max-count=1", "--all", "--reflog", "--not", "--branches", "--tags"));
        if (!others.ok() || !others.output().isBlank()) {
            return Optional.empty();
        }
        List<Path> packs = new ArrayList<>();
        try (var files = Files.newDirectoryStream(objects.resolve("pack"), "pack-*.pack")) {
            files.forEach(packs::add);
        }
        if (packs.size() != 1) {
            return Optional.empty();
        }
        Files.createDirectories(folder);
        Path target = folder.resolve("source-" + Long.toHexString(System.nanoTime()) + ".pack");
        // No link: what happens to the user's file must not happen to what is served.
        Files.copy(packs.getFirst(), target);
        return Optional.of(target);
    }

    /** Those of {@code ids} that are in this repository. */
    private List<ObjectId> present(Collection<ObjectId> ids) throws IOException {
        if (ids.isEmpty()) {
            return List.of();
        }
        TreeSet<ObjectId> sorted = new TreeSet<>(ids);
        GitCommand.Result checked = new GitCommand(path, GitCommand.SHORT)
                .run(List.of("cat-file", "--batch-check=%(objectname)"), tips(sorted), null);
        List<ObjectId> present = new ArrayList<>();
        for (String line : checked.lines()) {
            if (line.length() == 2 * ObjectId.BYTES) {
                present.add(ObjectId.parse(line));
            }
        }
        return present;
    }
}
