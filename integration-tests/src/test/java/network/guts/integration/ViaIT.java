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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import network.guts.integration.FaultyNodeMain.Mode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code publish --via}: a publisher that nobody can dial, with separate processes of the real program. */
class ViaIT {
    private static final int CHUNK = 1 << 20;
    private static final int CHUNKS = 12;

    @TempDir
    Path folder;

    private final List<AutoCloseable> nodes = new ArrayList<>();
    private GutsNode seeder;

    @BeforeEach
    void start() {
        seeder = opened(GutsNode.start(folder.resolve("seeder"), "--dht", "server", "--seeding-via", "all"));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable node : nodes.reversed()) {
            node.close();
        }
    }

    private <T extends AutoCloseable> T opened(T node) {
        nodes.add(node);
        return node;
    }

    /** A node that does not listen. */
    private GutsNode deaf(String name) {
        return opened(GutsNode.listening(folder.resolve(name), "", "--bootstrap", seeder.address()));
    }

    private static JsonNode described(Guts guts, String url) {
        return guts.json("repos", url)
                .out()
                .lines()
                .map(Command.JSON::readTree)
                .filter(event -> event.path("event").asString().equals("repository"))
                .findFirst()
                .orElse(Command.JSON.createObjectNode());
    }

    private static String refOf(Guts guts, String url, String name) {
        return described(guts, url).path("refs").path(name).asString("");
    }

    private Path bareRepository(GutsNode node, String url) {
        return node.guts().home().resolve("repositories").resolve(url.substring("guts://".length()) + ".git");
    }

    @Test
    void a_publisher_that_does_not_listen_is_cloned_from_its_seeder() {
        GutsNode publisher = deaf("publisher");
        Path source = GitRepositories.create(folder.resolve("source"), 5, 3_000_000, 1);
        Command.Result published = publisher
                .guts()
                .json("publish", source.toString(), "--name", "trial", "--via", seeder.address())
                .succeeded();
        JsonNode done = published.event("done");
        String url = done.path("url").asString();
        assertThat(done.path("addresses")).isEmpty();
        assertThat(done.path("kept_by").path(0).path("peer").asString()).isEqualTo(seeder.peer());
        assertThat(done.path("kept_by").path(0).path("addresses").path(0).asString())
                .isEqualTo(seeder.listenAddress());
        assertThat(published.err()).contains("kept by " + seeder.peer() + " (" + seeder.listenAddress() + ")");
        assertThat(refs(bareRepository(seeder, url))).isEqualTo(refs(source));
        publisher.close();

        GutsNode cloner = opened(GutsNode.start(folder.resolve("cloner"), "--bootstrap", seeder.address()));
        String found = eventually(
                "the seeder in the DHT",
                () -> cloner.guts().json("providers", url).out(),
                providers -> providers.contains(seeder.peer()));
        assertThat(found).as("who cannot be dialled is no provider").doesNotContain(publisher.peer());
        Path clone = folder.resolve("clone");
        cloner.guts().git(folder, "clone", "-q", url, clone.toString()).succeeded();
        fsck(clone);
        assertThat(head(clone)).isEqualTo(head(source));

        GutsNode again = deaf("publisher");
        commit(source, "new.txt", "pushed\n");
        again.guts().git(source, "push", "-q", "guts", "main").succeeded();
        eventually(
                "a push arrives at the seeder",
                () -> refOf(seeder.guts(), url, "refs/heads/main"),
                head(source)::equals);
        cloner.guts().git(clone, "pull", "-q").succeeded();
        assertThat(head(clone)).isEqualTo(head(source));
        eventually(
                "the publisher knows",
                () -> described(again.guts(), url)
                        .path("kept_by")
                        .path(0)
                        .path("sequence")
                        .asLong(0),
                sequence -> sequence
                        == described(again.guts(), url)
                                .path("views")
                                .path(0)
                                .path("sequence")
                                .asLong(-1));
    }

    @Test
    void a_seeder_that_does_not_allow_it_refuses_with_a_reason() {
        GutsNode publisher = deaf("publisher");
        GutsNode closed = opened(GutsNode.start(folder.resolve("closed"), "--bootstrap", seeder.address()));
        GutsNode small = opened(GutsNode.start(
                folder.resolve("small"), "--seeding-via", publisher.peer(), "--seeding-max-repository-size", "1MiB"));
        Path source = GitRepositories.create(folder.resolve("source"), 2, 2_000_000, 2);

        Command.Result refused = publisher.guts().run("publish", source.toString(), "--via", closed.address());
        assertThat(refused.exit()).as(refused.toString()).isEqualTo(4);
        assertThat(refused.err()).contains(closed.peer()).contains("(seeding.via)");
        assertThat(git(source, "config", "--get", "remote.guts.url").succeeded().line())
                .as("it is published all the same")
                .startsWith("guts://");

        JsonNode error = publisher
                .guts()
                .json("publish", source.toString(), "--via", small.address())
                .event("error");
        assertThat(error.path("code").asInt()).isEqualTo(4);
        assertThat(error.path("message").asString()).contains("1048576").contains("seeding.max_repository_size");
        assertThat(error.path("hint").asString()).contains("seeding.via");
        assertThat(small.guts()
                        .json("repos")
                        .succeeded()
                        .event("done")
                        .path("repositories")
                        .asInt())
                .isZero();

        Command.Result nobody = publisher.guts().run("publish", source.toString(), "--via", "nobody");
        assertThat(nobody.exit()).isEqualTo(2);
    }

    /** The chunks that were sent whole until now; the publisher holds the next one back. */
    private static Set<Integer> sentUntilHeld(FaultyNode publisher) {
        eventually("a chunk is held back", publisher::faulted, faulted -> !faulted.isEmpty());
        return new HashSet<>(publisher.sent());
    }

    private FaultyNode holdingBack(String name) {
        FaultyNode publisher = opened(FaultyNode.start(folder.resolve(name)));
        publisher.behave(Mode.HOLD, 4);
        return publisher;
    }

    @Test
    void a_seeder_that_is_killed_midway_goes_on_where_it_was() {
        FaultyNode publisher = holdingBack("publisher");
        Path source = GitRepositories.create(folder.resolve("source"), 3, CHUNKS * CHUNK - CHUNK / 2, 3);
        try (Running publishing =
                Running.start(() -> publisher.guts().json("publish", source.toString(), "--via", seeder.address()))) {
            sentUntilHeld(publisher);
            Set<Integer> verified =
                    eventually("chunks are on disk", () -> FaultsIT.verified(seeder), held -> held.size() >= 3);
            seeder.kill();
            int before = publisher.sent().size();
            publisher.behave(Mode.HONEST);
            GutsNode again = opened(GutsNode.listening(
                    folder.resolve("seeder"), seeder.listenAddress(), "--dht", "server", "--seeding-via", "all"));
            Command.Result published = publishing.end().succeeded();
            String url = published.event("done").path("url").asString();
            assertThat(refs(bareRepository(again, url))).isEqualTo(refs(source));
            fsck(bareRepository(again, url));
            List<Integer> later = publisher.sent();
            assertThat(later.subList(before, later.size()))
                    .as("nothing that was verified is sent again")
                    .doesNotContainAnyElementsOf(verified);
        }
    }

    @Test
    void a_publisher_that_is_killed_midway_goes_back_to_its_seeder() {
        FaultyNode publisher = holdingBack("publisher");
        Path source = GitRepositories.create(folder.resolve("source"), 3, CHUNKS * CHUNK - CHUNK / 2, 4);
        String url;
        try (Running publishing =
                Running.start(() -> publisher.guts().json("publish", source.toString(), "--via", seeder.address()))) {
            sentUntilHeld(publisher);
            publisher.kill();
            assertThat(publishing.end().exit()).isNotZero();
            url = "guts://" + publishedAs(source);
        }
        deaf("publisher");
        eventually(
                "everything arrives without anybody's doing",
                () -> refOf(seeder.guts(), url, "refs/heads/main"),
                head(source)::equals);
        assertThat(refs(bareRepository(seeder, url))).isEqualTo(refs(source));
        fsck(bareRepository(seeder, url));
    }

    private static String publishedAs(Path source) {
        return git(source, "config", "--get", "remote.guts.url")
                .succeeded()
                .line()
                .replace("guts://", "");
    }
}
