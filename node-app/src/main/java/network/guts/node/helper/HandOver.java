package network.guts.node.helper;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import network.guts.node.output.Failure;

/**
 * Brings objects from the node's bare repository into the user's. Where everything is wanted, whole packs with their
 * indexes change hands, by hard link or copy, and nothing is packed or indexed a second time.
 */
final class HandOver {
    /** A user's repository that has packs already takes small ones whole; of larger ones git picks what is missing. */
    private static final long SMALL_BYTES = 16L << 20;

    private final Path node;
    private final List<String> advertised;
    private final List<Path> keeps = new ArrayList<>();

    /**
     * @param node the bare repository
     * @param advertised the objects of all its refs
     */
    HandOver(Path node, List<String> advertised) {
        this.node = node;
        this.advertised = List.copyOf(advertised);
    }

    /** Brings {@code wanted}; true if whole packs were handed over, which hold everything that the refs reach. */
    boolean fetch(List<String> wanted, HelperOptions options) throws IOException, Failure, InterruptedException {
        Path objects = Path.of(GitProcess.run(GitProcess.inUsers(List.of("rev-parse", "--git-path", "objects")), "")
                        .strip())
                .toAbsolutePath();
        List<Path> missing = missingPacks(objects.resolve("pack"));
        if (missing.isEmpty() || !everything(wanted) || hasLooseObjects()) {
            fetchPack(wanted, options);
            return false;
        }
        long bytes = 0;
        for (Path pack : missing) {
            bytes += Files.size(pack);
        }
        if (bytes > SMALL_BYTES && hasPacks(objects.resolve("pack"))) {
            fetchPack(wanted, options);
            return false;
        }
        Files.createDirectories(objects.resolve("pack"));
        for (Path pack : missing) {
            handOver(pack, objects.resolve("pack"));
        }
        return true;
    }

    private List<Path> missingPacks(Path theirs) throws IOException {
        List<Path> missing = new ArrayList<>();
        try (Stream<Path> files = Files.list(node.resolve("objects/pack"))) {
            for (Path pack : files.filter(HandOver::isPack).sorted().toList()) {
                if (Files.exists(index(pack)) && !Files.exists(theirs.resolve(pack.getFileName()))) {
                    missing.add(pack);
                }
            }
        }
        return missing;
    }

    private static boolean isPack(Path file) {
        return file.getFileName().toString().matches("pack-[0-9a-f]{40}\\.pack");
    }

    private static Path index(Path pack) {
        String name = pack.getFileName().toString();
        return pack.resolveSibling(name.substring(0, name.length() - ".pack".length()) + ".idx");
    }

    private static boolean hasPacks(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(HandOver::isPack);
        }
    }

    private boolean hasLooseObjects() throws IOException {
        try (Stream<Path> folders = Files.list(node.resolve("objects"))) {
            return folders.anyMatch(folder -> folder.getFileName().toString().matches("[0-9a-f]{2}"));
        }
    }

    /** True if whatever is advertised is wanted or there already. */
    private boolean everything(List<String> wanted) throws IOException, Failure, InterruptedException {
        Set<String> rest = new LinkedHashSet<>(advertised);
        wanted.forEach(rest::remove);
        return rest.isEmpty() || missing(rest).isEmpty();
    }

    /** Those of {@code objects} that the user's repository does not have. */
    static Set<String> missing(Set<String> objects) throws IOException, Failure, InterruptedException {
        String answers = GitProcess.run(
                GitProcess.inUsers(List.of("cat-file", "--batch-check")), String.join("\n", objects) + "\n");
        Set<String> missing = new LinkedHashSet<>();
        answers.lines().filter(line -> line.endsWith(" missing")).forEach(line -> missing.add(line.substring(0, 40)));
        return missing;
    }

    private void handOver(Path pack, Path folder) throws IOException {
        String name = pack.getFileName().toString();
        Path keep = folder.resolve(name.replace(".pack", ".keep"));
        // No garbage collection may take the pack before the refs point into it.
        if (!Files.exists(keep)) {
            Files.writeString(keep, "git-remote-guts\n");
            keeps.add(keep);
        }
        linkOrCopy(pack, folder.resolve(name));
        // The index comes last: with it the pack becomes visible.
        linkOrCopy(index(pack), folder.resolve(index(pack).getFileName()));
    }

    private static void linkOrCopy(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (FileAlreadyExistsException sameName) {
            return;
        } catch (IOException | UnsupportedOperationException otherFileSystem) {
            Path temporary = Files.createTempFile(to.toAbsolutePath().getParent(), "tmp_guts_", "");
            Files.copy(from, temporary, StandardCopyOption.REPLACE_EXISTING);
            Files.move(temporary, to, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void fetchPack(List<String> wanted, HelperOptions options)
            throws IOException, Failure, InterruptedException {
        Set<String> unique = new LinkedHashSet<>(wanted);
        List<String> call = new ArrayList<>(List.of("-c", "safe.directory=*", "fetch-pack", "--stdin", "--thin"));
        if (options.quiet()) {
            call.add("--quiet");
        }
        if (!options.progress()) {
            call.add("--no-progress");
        }
        call.add(node.toString());
        GitProcess.run(GitProcess.inUsers(call), String.join("\n", unique) + "\n");
    }

    /** The refs have moved, or never will: garbage collection may have its way again. */
    void release() throws IOException {
        for (Path keep : keeps) {
            Files.deleteIfExists(keep);
        }
    }
}
