package network.guts.integration;

import static network.guts.integration.GitRepositories.git;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a person can get wrong: each has its exit code, two lines that say what to do, and changes nothing. */
class BadInputIT {
    private static final String UNKNOWN = "guts://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

    @TempDir
    static Path folder;

    private static GutsNode node;
    private static GutsNode neighbour;

    @BeforeAll
    static void start() {
        node = GutsNode.start(folder.resolve("node"), "--dht", "server");
        neighbour = GutsNode.start(folder.resolve("neighbour"), "--dht", "server", "--bootstrap", node.address());
        Eventually.eventually(
                "somebody to ask",
                () -> node.guts().json("dht", "table").succeeded().out(),
                table -> table.contains(neighbour.peer()));
    }

    @AfterAll
    static void stop() {
        neighbour.close();
        node.close();
    }

    private static void refused(Command.Result result, int exit, String... words) {
        assertThat(result.exit()).as(result.toString()).isEqualTo(exit);
        // A slow machine has time for a line of progress before.
        List<String> lines = result.err()
                .lines()
                .dropWhile(line -> !line.startsWith("error: "))
                .filter(line -> !line.isBlank())
                .toList();
        assertThat(lines).as(result.toString()).hasSize(2);
        assertThat(result.err()).as(result.toString()).contains(words).doesNotContain("Exception", "\tat ");
    }

    @Test
    void a_url_that_is_no_cid() {
        refused(node.guts().run("clone", "guts://nonsense", folder.resolve("x").toString()), 2, "nonsense");
        assertThat(folder.resolve("x")).doesNotExist();
        Command.Result json = node.guts().json("seed", "guts://nonsense");
        assertThat(json.exit()).isEqualTo(2);
        JsonNode error = json.event("error");
        assertThat(error.path("code").asInt()).isEqualTo(2);
        assertThat(error.path("message").asString()).contains("nonsense");
        assertThat(error.path("hint").asString()).isNotBlank();
        assertThat(node.guts().json("repos").out()).doesNotContain("nonsense");
    }

    @Test
    void a_repository_that_nobody_provides() {
        refused(node.guts().run("clone", UNKNOWN, folder.resolve("y").toString()), 3, "bafkreigh2");
        assertThat(folder.resolve("y")).doesNotExist();
        refused(node.guts().run("seed", UNKNOWN), 3, "bafkreigh2");
        assertThat(node.guts().json("repos").out()).doesNotContain("bafkreigh2");
        Command.Result providers = node.guts().run("providers", UNKNOWN);
        assertThat(providers.exit()).as(providers.toString()).isEqualTo(3);
    }

    @Test
    void no_node_is_running() {
        refused(new Guts(folder.resolve("nobody")).run("peers"), 5, "node");
    }

    @Test
    void a_second_node_in_the_same_home() {
        Command.Result second =
                node.guts().run("node", "start", "--network", "private", "--listen", "/ip4/127.0.0.1/tcp/0");
        refused(second, 1, folder.resolve("node").toString());
        assertThat(node.guts().json("status").succeeded().out()).contains(node.peer());
    }

    @Test
    void a_port_that_is_taken() {
        Command.Result taken = new Guts(folder.resolve("taken"))
                .run("node", "start", "--network", "private", "--listen", node.listenAddress());
        refused(taken, 1, node.listenAddress());
    }

    @Test
    void a_home_that_cannot_be_made() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        refused(
                new Guts(file.resolve("home"))
                        .run("node", "start", "--network", "private", "--listen", "/ip4/127.0.0.1/tcp/0"),
                1,
                file.toString());
    }

    @Test
    void a_corrupt_key() throws IOException {
        Path home = Files.createDirectories(folder.resolve("corrupt"));
        Path key = Files.writeString(home.resolve("node.key"), "garbage");
        refused(
                new Guts(home).run("node", "start", "--network", "private", "--listen", "/ip4/127.0.0.1/tcp/0"),
                2,
                key.toString());
        assertThat(key).hasContent("garbage");
    }

    @Test
    void a_configuration_with_a_mistake_names_line_and_column() throws IOException {
        Path home = Files.createDirectories(folder.resolve("configured"));
        Files.writeString(home.resolve("config.toml"), "max_connections = 50\nmax_conections = 10\n");
        refused(new Guts(home).run("node", "start", "--network", "private"), 2, "config.toml", "2", "max_conections");
        Files.writeString(home.resolve("config.toml"), "max_connections = \"many\"\n");
        refused(new Guts(home).run("config", "check"), 2, "config.toml", "1", "max_connections");
    }

    @Test
    void publishing_what_is_no_whole_repository() throws IOException {
        Path plain = Files.createDirectories(folder.resolve("plain"));
        refused(node.guts().run("publish", plain.toString()), 1, plain.toString());

        Path source = GitRepositories.create(folder.resolve("whole"), 6, 1000, 2);
        git(folder, "clone", "-q", "--depth", "1", "file://" + source, "shallow")
                .succeeded();
        refused(node.guts().run("publish", folder.resolve("shallow").toString()), 4, "shallow", "--unshallow");

        git(source, "config", "uploadpack.allowFilter", "true").succeeded();
        git(folder, "clone", "-q", "--no-checkout", "--filter=blob:none", "file://" + source, "partial")
                .succeeded();
        refused(node.guts().run("publish", folder.resolve("partial").toString()), 1, "partial");

        git(folder, "init", "-q", "--object-format=sha256", "sha256").succeeded();
        refused(node.guts().run("publish", folder.resolve("sha256").toString()), 4, "sha256");

        Path lacking = GitRepositories.create(folder.resolve("lacking"), 3, 1000, 3);
        String blob = git(lacking, "rev-parse", "HEAD:noise.bin").succeeded().line();
        Files.delete(lacking.resolve(".git/objects/" + blob.substring(0, 2) + "/" + blob.substring(2)));
        refused(node.guts().run("publish", lacking.toString()), 1, blob);

        assertThat(node.guts().json("repos").succeeded().out()).doesNotContain("lacking", "shallow", "partial");
    }

    @Test
    void publishing_what_is_damaged() throws IOException {
        Path corrupt = GitRepositories.create(folder.resolve("corrupt-object"), 3, 1000, 4);
        String blob = git(corrupt, "rev-parse", "HEAD:noise.bin").succeeded().line();
        Path object = corrupt.resolve(".git/objects/" + blob.substring(0, 2) + "/" + blob.substring(2));
        byte[] bytes = Files.readAllBytes(object);
        bytes[bytes.length / 2] ^= 0x10;
        Files.delete(object);
        Files.write(object, bytes);
        refused(node.guts().run("publish", corrupt.toString()), 1, blob);

        Path packed = GitRepositories.create(folder.resolve("corrupt-pack"), 3, 100_000, 5);
        git(packed, "gc", "-q", "--prune=now").succeeded();
        Path pack;
        try (Stream<Path> files = Files.list(packed.resolve(".git/objects/pack"))) {
            pack = files.filter(file -> file.toString().endsWith(".pack"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] packBytes = Files.readAllBytes(pack);
        packBytes[packBytes.length / 2] ^= 0x10;
        Files.delete(pack);
        Files.write(pack, packBytes);
        refused(node.guts().run("publish", packed.toString()), 1, "corrupt-pack");

        Path dangling = GitRepositories.create(folder.resolve("dangling"), 3, 1000, 6);
        String missing = "0123456789012345678901234567890123456789";
        Files.writeString(dangling.resolve(".git/refs/heads/broken"), missing + "\n");
        refused(node.guts().run("publish", dangling.toString()), 1, missing);

        assertThat(node.guts().json("repos").succeeded().out())
                .doesNotContain("corrupt-object", "corrupt-pack", "dangling");
        for (Path untouched : List.of(corrupt, packed, dangling)) {
            assertThat(git(untouched, "remote").succeeded().out()).isEmpty();
        }
    }

    @Test
    void a_database_that_is_none() throws IOException {
        Path home = Files.createDirectories(folder.resolve("database"));
        Path database = Files.writeString(home.resolve("guts.db"), "garbage ".repeat(1000));
        refused(
                new Guts(home).run("node", "start", "--network", "private", "--listen", "/ip4/127.0.0.1/tcp/0"),
                1,
                "guts.db");
        assertThat(database).hasContent("garbage ".repeat(1000));
    }

    @Test
    void wrong_usage() {
        refused(node.guts().run("seed"), 2, "URL");
        refused(node.guts().run("ping", "/ip4/127.0.0.1/tcp/1"), 2, "/p2p/");
        refused(node.guts().run("nonsense"), 2, "nonsense");
        refused(node.guts().run("peers", "--nonsense"), 2, "--nonsense");
        refused(
                new Guts(folder.resolve("flags")).run("node", "start", "--network", "private", "--listen", "here"),
                2,
                "here");
    }

    @Test
    void an_empty_repository_is_published_and_cloned() {
        Path empty = folder.resolve("empty");
        git(folder, "init", "-q", "-b", "main", empty.toString()).succeeded();
        String url = node.guts()
                .json("publish", empty.toString())
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
        Command.Result clone = node.guts().git(folder, "clone", url, "empty-clone");
        assertThat(clone.exit()).as(clone.toString()).isZero();
        assertThat(clone.err()).contains("empty repository");
    }
}
