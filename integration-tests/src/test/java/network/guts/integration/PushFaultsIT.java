package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.commit;
import static network.guts.integration.GitRepositories.fsck;
import static network.guts.integration.GitRepositories.git;
import static network.guts.integration.GitRepositories.head;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The publisher's node dies at different moments of a push: what it acknowledged is there when it is back. */
class PushFaultsIT {
    private static final long SEED = 20;

    /** How a push is seen from outside: each of these happens after the one before. */
    private enum Moment {
        BEGUN(1),
        QUARANTINED(2),
        UNPACKED(3),
        ACKNOWLEDGED(1);

        private final int rounds;

        Moment(int rounds) {
            this.rounds = rounds;
        }
    }

    @TempDir
    Path folder;

    private GutsNode publisher;
    private Path source;
    private String url;

    @BeforeEach
    void publish() {
        publisher = node();
        source = GitRepositories.create(folder.resolve("source"), 5, 100_000, 3);
        url = publisher
                .guts()
                .json("publish", source.toString())
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
    }

    @AfterEach
    void stop() {
        publisher.close();
    }

    private GutsNode node() {
        return GutsNode.start(folder.resolve("publisher"), "--dht", "server");
    }

    private JsonNode state() {
        return publisher.guts().json("repos", url).succeeded().event("repository");
    }

    private String published() {
        return state().path("refs").path("refs/heads/main").asString();
    }

    @Test
    void a_push_was_acknowledged_and_is_there_or_the_pusher_saw_an_error() {
        SplittableRandom random = new SplittableRandom(SEED);
        int acknowledged = 0;
        String before = published();
        Path bare = Path.of(state().path("git_directory").asString());
        for (Moment moment : Moment.values()) {
            for (int round = 0; round < moment.rounds; round++) {
                String what = moment + ", round " + round + ", seed " + SEED;
                Duration later = Duration.ofMillis(round == 0 ? 0 : random.nextInt(400));
                commit(source, moment + "-" + round + ".txt", "of " + what + "\n" + random.nextLong());
                byte[] noise = new byte[300_000];
                random.nextBytes(noise);
                write(source.resolve("noise.bin"), noise);
                git(source, "commit", "-q", "-a", "-m", "noise").succeeded();
                Command.Result push;
                try (Running running = Running.start(() -> publisher.guts().git(source, "push", "guts", "main"))) {
                    eventually(what, () -> running.isDone() || reached(moment), Boolean::booleanValue);
                    LockSupport.parkNanos(later.toNanos());
                    publisher.kill();
                    push = running.end();
                }
                if (push.err().contains("in the background")) {
                    // It found no node and started one by itself.
                    publisher.guts().run("node", "stop");
                }
                publisher = node();
                String after = published();
                if (push.exit() == 0) {
                    acknowledged++;
                    assertThat(after).as(what + "\n" + push).isEqualTo(head(source));
                } else {
                    assertThat(push.err()).as(what).contains("error: ");
                    assertThat(after).as(what + "\n" + push).isIn(before, head(source));
                }
                before = after;
                fsck(bare);
            }
        }
        assertThat(acknowledged)
                .as("the last moment is after the acknowledgement")
                .isPositive();
        publisher.guts().git(source, "push", "-q", "guts", "main").succeeded();
        assertThat(published()).isEqualTo(head(source));
        fsck(bare);
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean reached(Moment moment) {
        Path quarantine = publisher.guts().home().resolve("quarantine");
        return switch (moment) {
            case BEGUN -> true;
            case QUARANTINED -> !list(quarantine, 1).isEmpty();
            case UNPACKED ->
                list(quarantine, 4).stream().anyMatch(file -> file.toString().endsWith(".idx"));
            case ACKNOWLEDGED -> false;
        };
    }

    /** What is below {@code folder}, itself not counted; files may come and go meanwhile. */
    private static List<Path> list(Path folder, int depth) {
        try (Stream<Path> files = Files.walk(folder, depth)) {
            return files.filter(file -> !file.equals(folder)).toList();
        } catch (UncheckedIOException | IOException changing) {
            return List.of();
        }
    }
}
