package network.guts.sync.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import network.guts.sync.SyncException;
import network.guts.sync.pack.GitSandbox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceRepositoryTest {
    @TempDir
    private Path folder;

    private GitSandbox init(String name, String... options) throws IOException {
        GitSandbox git = new GitSandbox(Files.createDirectories(folder.resolve(name)));
        Object[] command = new Object[options.length + 2];
        command[0] = "init";
        command[1] = "-q";
        System.arraycopy(options, 0, command, 2, options.length);
        git.git(command);
        git.git("config", "user.name", "A");
        git.git("config", "user.email", "a@example.org");
        return git;
    }

    private static void refused(Path path, String... words) {
        assertThatThrownBy(() -> {
                    SourceRepository source = SourceRepository.open(path);
                    source.pack(path.resolveSibling("out"), Set.of());
                })
                .isInstanceOf(SyncException.class)
                .hasMessageContainingAll(words)
                .satisfies(e -> assertThat(((SyncException) e).hint()).isNotBlank());
    }

    @Test
    void readsAWorkingCopy() throws Exception {
        GitSandbox git = init("project", "-b", "trunk");
        Files.writeString(git.folder().resolve("a"), "a");
        git.git("add", "a");
        git.git("commit", "-q", "-m", "a");
        git.git("tag", "-a", "v1", "-m", "v1");
        git.git("update-ref", "refs/remotes/origin/x", "HEAD");
        git.git("notes", "add", "-m", "note");
        Files.writeString(git.folder().resolve("a"), "secret of the stash");
        git.git("stash", "-q");
        Files.createDirectories(git.folder().resolve("sub"));
        SourceRepository source = SourceRepository.open(git.folder().resolve("sub"));
        assertThat(source.refs().keySet()).containsExactly("refs/heads/trunk", "refs/tags/v1");
        assertThat(source.defaultBranch()).contains("trunk");
        assertThat(source.name()).isEqualTo("project");
        String before = git.git("count-objects", "-v");
        Path pack = source.pack(folder.resolve("out"), Set.of()).getFirst();
        assertThat(git.git("count-objects", "-v")).isEqualTo(before);
        GitSandbox check = new GitSandbox(folder.resolve("out"));
        check.git("index-pack", pack);
        // A commit, its tree, a blob and the tag: not the stash, not the notes.
        assertThat(check.git("verify-pack", "-v", pack.toString().replace(".pack", ".idx"))
                        .lines())
                .filteredOn(line -> line.matches("[0-9a-f]{40} (commit|tree|blob|tag) .*"))
                .hasSize(4);
        assertThat(source.pack(folder.resolve("out"), source.refs().values())).isEmpty();
    }

    @Test
    void anEmptyRepositoryHasNoPack() throws Exception {
        GitSandbox git = init("empty.git", "--bare", "-b", "main");
        SourceRepository source = SourceRepository.open(git.folder());
        assertThat(source.refs()).isEmpty();
        assertThat(source.defaultBranch()).contains("main");
        assertThat(source.name()).isEqualTo("empty");
        assertThat(source.pack(folder.resolve("out"), Set.of())).isEmpty();
    }

    @Test
    void refusesWhatIsNoRepository() throws Exception {
        Path plain = Files.createDirectories(folder.resolve("plain"));
        refused(plain, "no git repository");
        refused(folder.resolve("nowhere"), "no folder");
    }

    @Test
    void refusesSha256() throws Exception {
        GitSandbox git = init("new", "--object-format=sha256");
        refused(git.folder(), "sha256");
    }

    @Test
    void refusesShallowClones() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 1, 10);
        source.git("clone", "-q", "--depth=2", "file://" + source.folder(), folder.resolve("shallow"));
        refused(folder.resolve("shallow"), "shallow");
    }

    @Test
    void refusesPartialClonesThatLackObjectsAndTakesOthers() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 1, 10);
        source.git("config", "uploadpack.allowFilter", "true");
        source.git(
                "clone", "-q", "--bare", "--filter=blob:none", "file://" + source.folder(), folder.resolve("partial"));
        refused(folder.resolve("partial"), "lacks objects", "first is ");
        source.git(
                "clone", "-q", "--bare", "--filter=blob:limit=1g", "file://" + source.folder(), folder.resolve("all"));
        assertThat(SourceRepository.open(folder.resolve("all")).pack(folder.resolve("out"), Set.of()))
                .hasSize(1);
    }

    @Test
    void namesTheFirstObjectThatIsMissing() throws Exception {
        GitSandbox git = init("project");
        Files.writeString(git.folder().resolve("a"), "a");
        git.git("add", "a");
        git.git("commit", "-q", "-m", "a");
        String blob = git.git("rev-parse", "HEAD:a").strip();
        Files.delete(git.folder().resolve(".git/objects/" + blob.substring(0, 2) + "/" + blob.substring(2)));
        refused(git.folder(), "lacks objects", blob);
    }

    @Test
    void refusesCorruptObjectsAndRefs() throws Exception {
        GitSandbox git = init("project");
        Files.writeString(git.folder().resolve("a"), "a");
        git.git("add", "a");
        git.git("commit", "-q", "-m", "a");
        String blob = git.git("rev-parse", "HEAD:a").strip();
        Path object = git.folder().resolve(".git/objects/" + blob.substring(0, 2) + "/" + blob.substring(2));
        byte[] good = Files.readAllBytes(object);
        Files.delete(object);
        Files.writeString(object, "garbage");
        refused(git.folder(), blob);
        Files.write(object, good);
        Files.writeString(git.folder().resolve(".git/refs/heads/bad"), "garbage\n");
        refused(git.folder(), "refs");
    }
}
