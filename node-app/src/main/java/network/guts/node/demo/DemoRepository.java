package network.guts.node.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import network.guts.node.cli.Git;
import network.guts.node.daemon.Home;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;

/** What the demo does with git: always in copies, never in the user's own repository. */
final class DemoRepository {
    private static final int COMPLAINTS_SHOWN = 3;

    private DemoRepository() {}

    /** A bare copy of {@code source} with all of its branches and tags. */
    static Path copy(Path source, Path folder) throws Failure {
        Git git = new Git(new Home(folder));
        if (git.run(source, List.of("rev-parse", "--git-dir"), true).exit() != 0) {
            throw new Failure(
                    ExitCode.FAILED, source + " is no git repository", "give the path of one: guts demo PATH");
        }
        Path copy = folder.resolve("source.git");
        run(git, folder, "clone", "--quiet", "--mirror", source.toString(), copy.toString());
        if (git.run(copy, List.of("for-each-ref", "--count=1", "refs/heads"), true)
                .text()
                .isEmpty()) {
            // A checkout of a single commit, as build servers make them, has no branch.
            Git.Result head = git.run(source, List.of("rev-parse", "--verify", "--quiet", "HEAD"), true);
            if (head.exit() == 0) {
                run(git, copy, "update-ref", "refs/heads/main", head.text());
                run(git, copy, "symbolic-ref", "HEAD", "refs/heads/main");
            }
        }
        return copy;
    }

    /** Runs git, which must succeed. */
    static String run(Git git, Path folder, String... arguments) throws Failure {
        Git.Result result = git.run(folder, List.of(arguments), false);
        if (result.exit() != 0) {
            throw new Failure(
                    ExitCode.FAILED,
                    "git " + arguments[0] + " in " + folder + " ended with exit code " + result.exit(),
                    "see what it said above");
        }
        return result.text();
    }

    /**
     * Checks a repository by {@code git fsck --strict}. Old histories make it warn thousands of times of what was once
     * allowed; that is kept back unless it fails.
     */
    static void fsck(Git git, Path folder, Path errors, Output output) throws Failure, IOException {
        output.note("checking with git fsck --strict");
        Git.Result result = git.run(
                folder,
                List.of("fsck", "--strict", "--no-progress", "--no-dangling"),
                ProcessBuilder.Redirect.to(errors.toFile()));
        if (result.exit() != 0) {
            List<String> complaints = Files.readAllLines(errors).stream()
                    .filter(line -> !line.startsWith("warning"))
                    .limit(COMPLAINTS_SHOWN)
                    .toList();
            throw new Failure(
                    ExitCode.FAILED,
                    "git fsck --strict in " + folder + " ended with exit code " + result.exit() + ": "
                            + String.join("; ", complaints),
                    "run it there yourself after guts demo --keep");
        }
    }

    /** Branches and tags of a repository. */
    static Map<String, String> refs(Git git, Path folder) throws Failure {
        Map<String, String> refs = new TreeMap<>();
        run(git, folder, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags")
                .lines()
                .forEach(line ->
                        refs.put(line.substring(0, line.lastIndexOf(' ')), line.substring(line.lastIndexOf(' ') + 1)));
        return refs;
    }

    /** Branches and tags of the remote {@code origin} as a working copy has them. */
    static Map<String, String> cloned(Git git, Path folder) throws Failure {
        Map<String, String> refs = new TreeMap<>();
        List<String> lines = new ArrayList<>(run(
                        git,
                        folder,
                        "for-each-ref",
                        "--format=%(refname) %(objectname) %(symref)",
                        "refs/remotes/origin",
                        "refs/tags")
                .lines()
                .toList());
        for (String line : lines) {
            String[] words = line.split(" ", 3);
            if (words.length < 3 || words[2].isEmpty()) {
                refs.put(words[0].replace("refs/remotes/origin/", "refs/heads/"), words[1]);
            }
        }
        return refs;
    }
}
