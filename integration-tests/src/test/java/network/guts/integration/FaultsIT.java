package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.fsck;
import static network.guts.integration.GitRepositories.head;
import static network.guts.integration.GitRepositories.refs;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import network.guts.integration.FaultyNodeMain.Mode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Providers and cloners that die, lie or fall silent in the middle of a clone. */
class FaultsIT {
    private static final int CHUNK = 1 << 20;
    private static final int CHUNKS = 16;

    @TempDir
    Path folder;

    private final List<AutoCloseable> nodes = new ArrayList<>();
    private FaultyNode publisher;
    private Path source;
    private String url;

    @BeforeEach
    void publish() {
        source = GitRepositories.create(folder.resolve("source"), 4, CHUNKS * CHUNK - CHUNK / 2, 11);
        publisher = faulty("publisher");
        url = publisher
                .guts()
                .json("publish", source.toString(), "--name", "trial")
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable node : nodes.reversed()) {
            node.close();
        }
    }

    private FaultyNode faulty(String name) {
        FaultyNode node = FaultyNode.start(folder.resolve(name));
        nodes.add(node);
        return node;
    }

    /** Another provider, which has everything. */
    private FaultyNode seeder(String name) {
        FaultyNode node = faulty(name);
        node.guts().json("seed", from(publisher)).succeeded();
        return node;
    }

    private GutsNode cloner() {
        GutsNode node = GutsNode.start(folder.resolve("cloner"), "--dht", "client");
        nodes.add(node);
        return node;
    }

    private String from(FaultyNode... providers) {
        return url + "?"
                + Stream.of(providers).map(node -> "peer=" + node.address()).collect(Collectors.joining("&"));
    }

    /** The chunks that the cloner has verified, as its own file beside the incoming pack says. */
    static Set<Integer> verified(GutsNode cloner) {
        try (Stream<Path> files = Files.walk(cloner.guts().home())) {
            Set<Integer> chunks = new TreeSet<>();
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".held")).toList()) {
                BitSet.valueOf(Files.readAllBytes(file)).stream().forEach(chunks::add);
            }
            return chunks;
        } catch (NoSuchFileException moving) {
            return Set.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertComplete(Path clone) {
        fsck(clone);
        assertThat(head(clone)).isEqualTo(head(source));
    }

    @Test
    void a_killed_cloner_goes_on_and_fetches_no_verified_chunk_twice() {
        int before = 6;
        publisher.behave(Mode.HOLD, before);
        GutsNode cloner = cloner();
        Path clone = folder.resolve("clone");
        try (Running first = Running.start(cloner.guts(), "clone", from(publisher), clone.toString())) {
            eventually("some chunks are verified", () -> verified(cloner), chunks -> chunks.size() == before);
            cloner.kill();
            Command.Result broken = first.end();
            assertThat(broken.exit()).as(broken.toString()).isEqualTo(1);
            assertThat(broken.err()).contains("error: ", "hint: ").doesNotContain("Exception");
        }
        assertThat(clone).doesNotExist();
        Set<Integer> kept = verified(cloner);
        assertThat(kept).hasSize(before);
        publisher.behave(Mode.RESET);
        publisher.behave(Mode.HONEST);

        GutsNode again = cloner();
        JsonNode done = again.guts()
                .json("clone", from(publisher), clone.toString())
                .succeeded()
                .event("done");
        assertComplete(clone);
        assertThat(publisher.sent()).as("each chunk travelled once").doesNotHaveDuplicates();
        assertThat(publisher.sent().subList(0, before))
                .as("what was kept is what came before the kill, in whatever order")
                .containsExactlyInAnyOrderElementsOf(kept);
        assertThat(done.path("bytes").asLong()).isLessThan((long) (CHUNKS - before + 1) * CHUNK);
    }

    @Test
    void a_clone_outlives_a_provider_that_is_killed() {
        FaultyNode second = seeder("second");
        FaultyNode victim = seeder("victim");
        List<FaultyNode> all = List.of(publisher, second, victim);
        int before = publisher.sent().size();
        all.forEach(node -> node.behave(Mode.HOLD, 2));
        GutsNode cloner = cloner();
        Path clone = folder.resolve("clone");
        try (Running running =
                Running.start(cloner.guts(), "--json", "clone", from(publisher, second, victim), clone.toString())) {
            eventually(
                    "all serve and none can go on",
                    () -> all.stream().map(node -> node.faulted().size()).toList(),
                    waiting -> waiting.stream().allMatch(count -> count > 0));
            victim.kill();
            publisher.behave(Mode.HONEST);
            second.behave(Mode.HONEST);
            JsonNode done = running.end().succeeded().event("done");
            assertThat(done.path("providers").path(victim.peer()).asLong()).isEqualTo(2L * CHUNK);
        }
        assertComplete(clone);
        assertThat(publisher.sent().size()).isGreaterThan(before + 2);
        assertThat(victim.sent()).hasSize(2);
    }

    @Test
    void liars_are_named_and_the_silent_are_left_behind() {
        FaultyNode liar = seeder("liar");
        FaultyNode cutter = seeder("cutter");
        FaultyNode padder = seeder("padder");
        FaultyNode silent = seeder("silent");
        FaultyNode mute = seeder("mute");
        publisher.behave(Mode.HOLD, 1);
        liar.behave(Mode.LIE);
        cutter.behave(Mode.TRUNCATE);
        padder.behave(Mode.TRAIL);
        silent.behave(Mode.SWALLOW);
        mute.behave(Mode.MUTE);
        GutsNode cloner = cloner();
        Path clone = folder.resolve("clone");
        List<FaultyNode> faulty = List.of(liar, cutter, padder, silent, mute);
        try (Running running = Running.start(
                cloner.guts(),
                "--json",
                "clone",
                from(publisher, liar, cutter, padder, silent, mute),
                clone.toString())) {
            eventually(
                    "every fault has happened",
                    () -> faulty.stream().map(node -> node.faulted().size()).toList(),
                    faults -> faults.stream().allMatch(count -> count > 0));
            publisher.behave(Mode.HONEST);
            JsonNode done = running.end().succeeded().event("done");
            for (FaultyNode wrong : List.of(liar, cutter, padder)) {
                assertThat(done.path("blamed").path(wrong.peer()).asString())
                        .as(done.toString())
                        .contains("wrong chunk");
                assertThat(done.path("providers").path(wrong.peer()).asLong()).isZero();
                assertThat(cloner.log()).containsPattern("provider " + wrong.peer() + " of \\S+ sent a wrong chunk");
            }
        }
        assertComplete(clone);
    }

    @Test
    void a_liar_alone_fails_the_clone_and_leaves_what_can_be_resumed() {
        publisher.behave(Mode.HOLD, 3);
        GutsNode cloner = cloner();
        Path clone = folder.resolve("clone");
        try (Running running = Running.start(cloner.guts(), "clone", from(publisher), clone.toString())) {
            eventually("some chunks are verified", () -> verified(cloner), chunks -> chunks.size() == 3);
            publisher.behave(Mode.LIE);
            Command.Result failed = running.end();
            assertThat(failed.exit()).as(failed.toString()).isEqualTo(1);
            assertThat(failed.err())
                    .contains("error: ", "hint: ", publisher.peer())
                    .doesNotContain("Exception");
        }
        assertThat(clone).doesNotExist();
        assertThat(refs(bareRepository(cloner))).as("nothing is visible").isEmpty();

        publisher.behave(Mode.HONEST);
        cloner.guts().run("clone", from(publisher), clone.toString()).succeeded();
        assertComplete(clone);
        assertThat(publisher.sent())
                .as("what was verified was not asked for again")
                .doesNotHaveDuplicates();
    }

    private Path bareRepository(GutsNode node) {
        String name = url.substring("guts://".length()) + ".git";
        try (Stream<Path> folders = Files.walk(node.guts().home(), 3)) {
            return folders.filter(path -> path.endsWith(name)).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
