package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.commit;
import static network.guts.integration.GitRepositories.fsck;
import static network.guts.integration.GitRepositories.git;
import static network.guts.integration.GitRepositories.head;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** What people do with git beyond clone, pull and push: leases, atomic pushes, submodules, shallow clones. */
class GitUsageIT {
    @TempDir
    static Path folder;

    private static GutsNode publisher;
    private static GutsNode reader;

    private Path source;
    private String url;
    private String name;

    @BeforeAll
    static void start() {
        publisher = GutsNode.start(folder.resolve("publisher"), "--dht", "server");
        reader = GutsNode.start(folder.resolve("reader"), "--dht", "server", "--bootstrap", publisher.address());
        eventually(
                "the nodes know each other",
                () -> reader.guts().json("dht", "table").succeeded().out(),
                table -> table.contains(publisher.peer()));
    }

    @AfterAll
    static void stop() {
        reader.close();
        publisher.close();
    }

    @BeforeEach
    void publish(TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName();
        source = GitRepositories.create(folder.resolve(name), 4, 1000, name.hashCode());
        url = published(source);
    }

    private static String published(Path repository) {
        return publisher
                .guts()
                .json(
                        "publish",
                        repository.toString(),
                        "--name",
                        repository.getFileName().toString())
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
    }

    private static String ref(String url, String ref) {
        return publisher
                .guts()
                .json("repos", url)
                .succeeded()
                .event("repository")
                .path("refs")
                .path(ref)
                .asString("");
    }

    private static void rejected(Command.Result push, String reason) {
        assertThat(push.exit()).as(push.toString()).isNotZero();
        assertThat(push.err()).as(push.toString()).contains(reason);
    }

    @Test
    void a_forced_push_with_a_lease() {
        String first = head(source);
        git(source, "fetch", "-q", "guts").exit();
        publisher.guts().git(source, "fetch", "-q", "guts").succeeded();
        git(source, "commit", "-q", "--amend", "-m", "rewritten").succeeded();
        String second = head(source);
        publisher
                .guts()
                .git(source, "push", "-q", "--force-with-lease", "guts", "main")
                .succeeded();
        assertThat(ref(url, "refs/heads/main")).isEqualTo(second);

        git(source, "commit", "-q", "--amend", "-m", "rewritten again").succeeded();
        rejected(
                publisher.guts().git(source, "push", "--force-with-lease=main:" + first, "guts", "main"), "stale info");
        rejected(publisher.guts().git(source, "push", "--force-with-lease=main:", "guts", "main"), "stale info");
        assertThat(ref(url, "refs/heads/main")).isEqualTo(second);
        publisher
                .guts()
                .git(source, "push", "-q", "--force-with-lease=main:" + second, "guts", "main")
                .succeeded();
        assertThat(ref(url, "refs/heads/main")).isEqualTo(head(source));
    }

    @Test
    void an_atomic_push() {
        String published = head(source);
        git(source, "branch", "fine").succeeded();
        git(source, "commit", "-q", "--amend", "-m", "rewritten").succeeded();
        Command.Result refused = publisher.guts().git(source, "push", "--atomic", "guts", "main", "fine");
        rejected(refused, "atomic");
        assertThat(ref(url, "refs/heads/fine")).isEmpty();
        assertThat(ref(url, "refs/heads/main")).isEqualTo(published);
        publisher
                .guts()
                .git(source, "push", "-q", "--atomic", "guts", "+main", "fine")
                .succeeded();
        assertThat(ref(url, "refs/heads/fine")).isEqualTo(published);
        assertThat(ref(url, "refs/heads/main")).isEqualTo(head(source));
    }

    @Test
    void a_dry_run_changes_nothing() {
        String published = head(source);
        commit(source, "new.txt", "not pushed\n");
        publisher.guts().git(source, "push", "--dry-run", "guts", "main").succeeded();
        assertThat(ref(url, "refs/heads/main")).isEqualTo(published);
    }

    @Test
    void submodules_by_url() {
        Path library = GitRepositories.create(folder.resolve("library"), 3, 500, 8);
        String libraryUrl = published(library);
        publisher
                .guts()
                .git(source, "-c", "protocol.guts.allow=always", "submodule", "add", libraryUrl, "library")
                .succeeded();
        git(source, "commit", "-q", "-m", "add the library").succeeded();
        publisher.guts().git(source, "push", "-q", "guts", "main").succeeded();

        Path clone = folder.resolve("with-submodule");
        reader.guts()
                .git(
                        folder,
                        "-c",
                        "protocol.guts.allow=always",
                        "clone",
                        "-q",
                        "--recurse-submodules",
                        url,
                        clone.toString())
                .succeeded();
        assertThat(head(clone.resolve("library"))).isEqualTo(head(library));
        fsck(clone.resolve("library"));

        commit(library, "new.txt", "in the library\n");
        publisher.guts().git(library, "push", "-q", "guts", "main").succeeded();
        reader.guts()
                .git(clone, "-c", "protocol.guts.allow=always", "submodule", "update", "-q", "--remote")
                .succeeded();
        assertThat(head(clone.resolve("library"))).isEqualTo(head(library));
    }

    @Test
    void shallow_and_partial_clones_and_how_they_grow() {
        Path shallow = folder.resolve("shallow");
        reader.guts()
                .git(folder, "clone", "-q", "--depth", "1", url, shallow.toString())
                .succeeded();
        assertThat(git(shallow, "rev-list", "--count", "HEAD").succeeded().line())
                .isEqualTo("1");
        reader.guts().git(shallow, "fetch", "-q", "--unshallow").succeeded();
        assertThat(git(shallow, "rev-list", "--count", "HEAD").succeeded().line())
                .isEqualTo("4");
        fsck(shallow);

        Path partial = folder.resolve("partial");
        reader.guts()
                .git(folder, "clone", "-q", "--filter=blob:none", url, partial.toString())
                .succeeded();
        assertThat(head(partial)).isEqualTo(head(source));
        reader.guts().git(partial, "checkout", "-q", "HEAD~2").succeeded();
    }

    @Test
    void a_single_branch_a_bare_and_a_mirror_clone() {
        for (String kind : new String[] {"--single-branch", "--bare", "--mirror"}) {
            Path clone = folder.resolve("clone" + kind);
            reader.guts()
                    .git(folder, "clone", "-q", kind, url, clone.toString())
                    .succeeded();
            assertThat(head(clone)).isEqualTo(head(source));
            fsck(clone);
        }
    }

    @Test
    void guts_clone_leaves_a_working_copy_that_git_goes_on_with() {
        Path clone = folder.resolve("working");
        reader.guts().run("clone", url, clone.toString()).succeeded();
        assertThat(clone.resolve("noise.bin")).hasSameBinaryContentAs(source.resolve("noise.bin"));
        assertThat(git(clone, "status", "--porcelain").succeeded().out()).isEmpty();
        assertThat(git(clone, "remote").succeeded().line()).isEqualTo("guts");
        assertThat(git(clone, "rev-parse", "--abbrev-ref", "@{upstream}")
                        .succeeded()
                        .line())
                .isEqualTo("guts/main");
        commit(source, "later.txt", "later\n");
        publisher.guts().git(source, "push", "-q", "guts", "main").succeeded();
        reader.guts().git(clone, "pull", "-q").succeeded();
        assertThat(head(clone)).isEqualTo(head(source));

        Command.Result occupied = reader.guts().run("clone", url, clone.toString());
        assertThat(occupied.exit()).as(occupied.toString()).isEqualTo(1);
        assertThat(occupied.err()).contains("not empty", "hint: ");
    }
}
