package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.commit;
import static network.guts.integration.GitRepositories.fsck;
import static network.guts.integration.GitRepositories.git;
import static network.guts.integration.GitRepositories.head;
import static network.guts.integration.GitRepositories.refs;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import network.guts.integration.FaultyNodeMain.Mode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A disk that takes no more: each failure is a clear error, the state is what it was, and work goes on when there is room
 * again. The limit is that of the process for the size of a file, which needs no rights and no disk of its own.
 */
class DiskFullIT {
    private static final int MEBIBYTE = 1 << 20;

    /** No page of a database and no pack fits. */
    private static final int NOTHING = 1024;

    @TempDir
    Path folder;

    private final List<AutoCloseable> nodes = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable node : nodes.reversed()) {
            node.close();
        }
    }

    private GutsNode node(String name) {
        GutsNode node = GutsNode.start(folder.resolve(name), "--dht", "server");
        nodes.add(node);
        return node;
    }

    /** From now on no file of the running node grows beyond {@code bytes}. */
    private void limit(GutsNode node, String bytes) {
        Command.in(folder)
                .run("prlimit", "--pid", Long.toString(node.pid()), "--fsize=" + bytes + ":unlimited")
                .succeeded();
    }

    private static void failedClearly(Command.Result result) {
        assertThat(result.exit()).as(result.toString()).isEqualTo(1);
        assertThat(result.err())
                .as(result.toString())
                .containsPattern("error: .*cannot write to the disk")
                .contains("hint: ")
                .doesNotContain("Exception", "\tat ", "bug in Guts");
    }

    private static JsonNode state(GutsNode node, String url) {
        return node.guts().json("repos", url).succeeded().event("repository");
    }

    private static String published(GutsNode node, Path source) {
        return node.guts()
                .json("publish", source.toString())
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
    }

    @Test
    void in_the_middle_of_a_clone() {
        FaultyNode publisher = FaultyNode.start(folder.resolve("publisher"));
        nodes.add(publisher);
        Path source = GitRepositories.create(folder.resolve("source"), 3, 12 * MEBIBYTE, 5);
        String url = published(publisher.node(), source) + "?peer=" + publisher.address();
        publisher.behave(Mode.HOLD, 2);
        GutsNode cloner = node("cloner");
        Path clone = folder.resolve("clone");
        try (Running running = Running.start(cloner.guts(), "clone", url, clone.toString())) {
            eventually("some chunks are on their way", publisher::faulted, held -> !held.isEmpty());
            limit(cloner, Integer.toString(6 * MEBIBYTE));
            publisher.behave(Mode.HONEST);
            failedClearly(running.end());
        }
        assertThat(clone).doesNotExist();
        assertThat(cloner.guts().json("repos").succeeded().events()).hasSize(1);
        assertThat(cloner.guts().json("status").succeeded().out()).contains(cloner.peer());

        limit(cloner, "unlimited");
        cloner.guts().run("clone", url, clone.toString()).succeeded();
        fsck(clone);
        assertThat(head(clone)).isEqualTo(head(source));
        assertThat(publisher.sent().size()).as("most chunks travelled once").isLessThan(13 + 8);
    }

    @Test
    void in_a_publish_and_in_a_push() {
        GutsNode node = node("node");
        Path source = GitRepositories.create(folder.resolve("source"), 3, 2 * MEBIBYTE, 6);
        limit(node, Integer.toString(MEBIBYTE));
        failedClearly(node.guts().run("publish", source.toString()));
        assertThat(node.guts()
                        .json("repos")
                        .succeeded()
                        .event("done")
                        .path("repositories")
                        .asInt())
                .isZero();
        assertThat(git(source, "remote").succeeded().out()).isEmpty();

        limit(node, "unlimited");
        String url = published(node, source);
        String before = refs(Path.of(state(node, url).path("git_directory").asString()));
        commit(source, "more.txt", "more\n");
        limit(node, Integer.toString(NOTHING));
        Command.Result push = node.guts().git(source, "push", "guts", "main");
        assertThat(push.exit()).as(push.toString()).isNotZero();
        assertThat(push.err())
                .containsPattern("error: .*cannot write to the disk")
                .doesNotContain("Exception");
        Path bare = Path.of(state(node, url).path("git_directory").asString());
        assertThat(refs(bare)).isEqualTo(before);

        limit(node, "unlimited");
        node.guts().git(source, "push", "-q", "guts", "main").succeeded();
        assertThat(refs(bare)).contains(head(source));
        fsck(bare);
    }

    @Test
    void under_the_nodes_own_database() {
        GutsNode node = node("node");
        Path source = GitRepositories.create(folder.resolve("source"), 3, 1000, 7);
        String url = published(node, source);
        assertThat(state(node, url).path("seeded").asBoolean()).isTrue();
        limit(node, Integer.toString(NOTHING));
        failedClearly(node.guts().run("unseed", url));
        assertThat(state(node, url).path("seeded").asBoolean())
                .as("nothing has changed")
                .isTrue();
        limit(node, "unlimited");
        node.guts().run("unseed", url).succeeded();
        assertThat(state(node, url).path("seeded").asBoolean()).isFalse();
        node.kill();
        GutsNode again = node("node");
        assertThat(state(again, url).path("seeded").asBoolean()).isFalse();
        fsck(Path.of(state(again, url).path("git_directory").asString()));
    }
}
