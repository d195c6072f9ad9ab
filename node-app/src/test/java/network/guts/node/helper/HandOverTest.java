package network.guts.node.helper;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a real git, in folders that it does not share with the test's own. */
class HandOverTest {
    @TempDir
    Path folder;

    private String git(Path where, String... arguments) throws Exception {
        return GitProcess.run(GitProcess.elsewhere(where, List.of(arguments)), "")
                .strip();
    }

    @Test
    void gitProcessesReportTheirFailure() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> git(folder, "rev-parse", "--git-dir")))
                .isInstanceOf(network.guts.node.output.Failure.class)
                .hasMessageContaining("git rev-parse");
    }

    @Test
    void callsElsewhereDoNotSeeTheUsersRepository() throws Exception {
        ProcessBuilder builder = GitProcess.elsewhere(folder, List.of("status"));
        assertThat(builder.environment().keySet()).doesNotContain("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE");
    }

    @Test
    void aPipeCarriesAPackFromOneRepositoryToAnother() throws Exception {
        Path from = Files.createDirectories(folder.resolve("from"));
        Path to = Files.createDirectories(folder.resolve("to"));
        git(from, "init", "-q", ".");
        git(from, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one");
        String commit = git(from, "rev-parse", "HEAD");
        git(to, "init", "-q", "--bare", ".");
        GitProcess.pipe(
                GitProcess.elsewhere(from, List.of("pack-objects", "-q", "--revs", "--stdout")),
                commit + "\n",
                GitProcess.elsewhere(to, List.of("index-pack", "--stdin", "--fix-thin")));
        assertThat(git(to, "cat-file", "-t", commit)).isEqualTo("commit");
        try (Stream<Path> packs = Files.list(to.resolve("objects/pack"))) {
            assertThat(packs.map(Path::toString)).anyMatch(name -> name.endsWith(".pack"));
        }
    }
}
