package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.commit;
import static network.guts.integration.GitRepositories.fsck;
import static network.guts.integration.GitRepositories.git;
import static network.guts.integration.GitRepositories.head;
import static network.guts.integration.GitRepositories.refs;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The main job, with separate processes of the real program and git itself as the judge. */
class MainJobIT {
    @TempDir
    Path folder;

    private final List<GutsNode> nodes = new ArrayList<>();
    private GutsNode bootstrap;
    private GutsNode publisher;
    private Path source;
    private String url;

    @BeforeEach
    void publish() {
        bootstrap = node("bootstrap");
        publisher = node("publisher");
        source = GitRepositories.create(folder.resolve("source"), 12, 3_000_000, 1);
        JsonNode published = publisher
                .guts()
                .json("publish", source.toString(), "--name", "trial")
                .succeeded()
                .event("repository");
        url = published.path("url").asString();
        assertThat(url)
                .startsWith("guts://bafkrei")
                .endsWith(published.path("repository").asString());
    }

    @AfterEach
    void stop() {
        nodes.reversed().forEach(GutsNode::close);
    }

    private GutsNode node(String name) {
        GutsNode node = bootstrap == null
                ? GutsNode.start(folder.resolve(name), "--dht", "server")
                : GutsNode.start(folder.resolve(name), "--dht", "server", "--bootstrap", bootstrap.address());
        nodes.add(node);
        return node;
    }

    private Path cloneWithGit(GutsNode node, String name) {
        Path target = folder.resolve(name);
        node.guts().git(folder, "clone", "-q", url, target.toString()).succeeded();
        return target;
    }

    private Path bareRepository(GutsNode node) {
        return node.guts().home().resolve("repositories").resolve(url.substring("guts://".length()) + ".git");
    }

    private static String remoteRefs(Path clone) {
        return git(clone, "for-each-ref", "--format=%(objectname) %(refname:lstrip=3)", "refs/remotes/origin")
                .succeeded()
                .line();
    }

    private String refOf(GutsNode node, String name) {
        return node.guts()
                .json("repos", url)
                .out()
                .lines()
                .map(Command.JSON::readTree)
                .map(event -> event.path("refs").path(name).asString(""))
                .filter(id -> !id.isEmpty())
                .findFirst()
                .orElse("");
    }

    @Test
    void a_stranger_clones_from_one_provider_without_a_dht() {
        try (GutsNode alone = GutsNode.start(folder.resolve("alone"), "--dht", "client")) {
            Path target = folder.resolve("clone");
            alone.guts()
                    .git(folder, "clone", "-q", url + "?peer=" + publisher.address(), target.toString())
                    .succeeded();
            fsck(target);
            assertThat(head(target)).isEqualTo(head(source));
        }
    }

    @Test
    void three_seeders_serve_when_the_publisher_is_gone() {
        List<GutsNode> seeders = List.of(node("seeder1"), node("seeder2"), node("seeder3"));
        for (GutsNode seeder : seeders) {
            seeder.guts().json("seed", url).succeeded();
        }
        GutsNode cloner = node("cloner");
        eventually(
                "providers in the DHT",
                () -> cloner.guts().json("providers", url).out(),
                found -> seeders.stream().allMatch(seeder -> found.contains(seeder.peer())));
        publisher.kill();

        Path clone = cloneWithGit(cloner, "clone");
        fsck(clone);
        assertThat(head(clone)).isEqualTo(head(source));
        assertThat(remoteRefs(clone)).contains(git(source, "rev-parse", "topic").line());
        assertThat(git(clone, "rev-parse", "v1").succeeded().line())
                .isEqualTo(git(source, "rev-parse", "v1").line());

        for (GutsNode seeder : seeders) {
            Path bare = bareRepository(seeder);
            assertThat(refs(bare)).isEqualTo(refs(source));
            fsck(bare);
        }
    }

    @Test
    void a_push_reaches_seeders_and_pulls() {
        GutsNode seeder = node("seeder");
        seeder.guts().json("seed", url).succeeded();
        Path clone = cloneWithGit(node("cloner"), "clone");

        commit(source, "new.txt", "pushed\n");
        publisher.guts().git(source, "push", "-q", "guts", "main").succeeded();
        eventually("the seeder has the commit", () -> refOf(seeder, "refs/heads/main"), head(source)::equals);

        new Guts(folder.resolve("cloner")).git(clone, "pull", "-q").succeeded();
        assertThat(head(clone)).isEqualTo(head(source));

        git(source, "commit", "-q", "--amend", "-m", "rewritten").succeeded();
        Command.Result refused = publisher.guts().git(source, "push", "guts", "main");
        assertThat(refused.exit()).as(refused.toString()).isNotZero();
        publisher.guts().git(source, "push", "-q", "--force", "guts", "main").succeeded();
        eventually("the forced push arrives", () -> refOf(seeder, "refs/heads/main"), head(source)::equals);

        git(source, "tag", "v2").succeeded();
        publisher.guts().git(source, "push", "-q", "guts", "v2").succeeded();
        publisher.guts().git(source, "push", "-q", "guts", ":topic").succeeded();
        eventually("the tag arrives", () -> refOf(seeder, "refs/tags/v2"), head(source)::equals);
        eventually("the branch is gone", () -> refOf(seeder, "refs/heads/topic"), String::isEmpty);
    }

    @Test
    void a_clone_that_is_no_delegates_cannot_push() {
        GutsNode cloner = node("cloner");
        Path clone = cloneWithGit(cloner, "clone");
        commit(clone, "mine.txt", "not a delegate\n");
        Command.Result push = cloner.guts().git(clone, "push", "origin", "main");
        assertThat(push.exit()).isNotZero();
        assertThat(push.err()).contains("delegate");
        assertThat(refOf(publisher, "refs/heads/main")).isEqualTo(head(source));
    }

    /** Who has been connected, by the file of a node that runs. */
    private static List<String> peersOnDisk(Path database) {
        List<String> peers = new ArrayList<>();
        try (Connection file = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement query = file.createStatement();
                ResultSet rows = query.executeQuery("SELECT peer FROM libp2p_peer WHERE last_seen > 0")) {
            while (rows.next()) {
                peers.add(PeerId.parse(rows.getBytes(1)).toString());
            }
        } catch (SQLException | MalformedException e) {
            throw new AssertionError("the address book cannot be read", e);
        }
        return peers;
    }

    @Test
    void a_node_restarts_and_rejoins_without_a_bootstrap_peer() {
        GutsNode seeder = node("seeder");
        seeder.guts().json("seed", url).succeeded();
        GutsNode cloner = node("cloner");
        eventually(
                "the seeder is in the table",
                () -> cloner.guts().json("dht", "table").out(),
                table -> table.contains(seeder.peer()) && table.contains(publisher.peer()));
        eventually(
                "the address book is on disk, which it is a moment later",
                () -> peersOnDisk(folder.resolve("cloner/guts.db")),
                peers -> peers.containsAll(List.of(seeder.peer(), publisher.peer())));
        bootstrap.kill();
        cloner.kill();
        GutsNode again = GutsNode.start(folder.resolve("cloner"), "--dht", "server");
        nodes.add(again);
        eventually(
                "the restarted node finds providers by its own address book",
                () -> again.guts().json("providers", url).out(),
                found -> found.contains(seeder.peer()) || found.contains(publisher.peer()));
        fsck(cloneWithGit(again, "clone"));
    }

    @Test
    void an_acknowledged_push_survives_kill_9() {
        commit(source, "acknowledged.txt", "on disk\n");
        publisher.guts().git(source, "push", "-q", "guts", "main").succeeded();
        publisher.kill();
        GutsNode again =
                GutsNode.start(folder.resolve("publisher"), "--dht", "server", "--bootstrap", bootstrap.address());
        nodes.add(again);
        assertThat(refOf(again, "refs/heads/main")).isEqualTo(head(source));
        Path clone = cloneWithGit(node("cloner"), "clone");
        assertThat(head(clone)).isEqualTo(head(source));
    }
}
