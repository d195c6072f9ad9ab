package network.guts.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Git repositories to try with, made by git itself. */
final class GitRepositories {
    private GitRepositories() {}

    static Command.Result git(Path folder, String... arguments) {
        List<String> words = new java.util.ArrayList<>(List.of("git"));
        words.addAll(List.of(arguments));
        return Command.in(folder).run(words);
    }

    /** A working copy with {@code commits} commits on main, a branch, a tag and a file of {@code bytes} random bytes. */
    static Path create(Path folder, int commits, int bytes, long seed) {
        try {
            Files.createDirectories(folder);
            git(folder, "init", "-q", "-b", "main").succeeded();
            SplittableRandom random = new SplittableRandom(seed);
            byte[] noise = new byte[bytes];
            random.nextBytes(noise);
            Files.write(folder.resolve("noise.bin"), noise);
            for (int i = 0; i < commits; i++) {
                Files.writeString(
                        folder.resolve("file" + i % 7 + ".txt"), "line " + i + "\n".repeat(i % 5) + random.nextLong());
                git(folder, "add", "-A").succeeded();
                git(folder, "commit", "-q", "-m", "commit " + i).succeeded();
            }
            git(folder, "branch", "topic", "HEAD~" + commits / 2).succeeded();
            git(folder, "tag", "-a", "-m", "a tag", "v1").succeeded();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void commit(Path folder, String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        git(folder, "add", "-A").succeeded();
        git(folder, "commit", "-q", "-m", "change " + file).succeeded();
    }

    static String head(Path folder) {
        return git(folder, "rev-parse", "HEAD").succeeded().line();
    }

    /** Branches and tags with their ids, one a line. */
    static String refs(Path folder) {
        return git(folder, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags")
                .succeeded()
                .line();
    }

    static void fsck(Path folder) {
        git(folder, "fsck", "--strict", "--full").succeeded();
    }
}
