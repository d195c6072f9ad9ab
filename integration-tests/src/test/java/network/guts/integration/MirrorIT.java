package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.fsck;
import static network.guts.integration.GitRepositories.refs;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --seeding-policy all} over real nodes: what a stranger announces is kept, as far as the quotas go. */
class MirrorIT {
    @TempDir
    Path folder;

    private static String publish(GutsNode publisher, Path source) {
        return publisher
                .guts()
                .json("publish", source.toString())
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
    }

    @Test
    void what_a_stranger_announces_is_kept_within_its_quotas() {
        Path small = GitRepositories.create(folder.resolve("small"), 3, 500_000, 1);
        Path large = GitRepositories.create(folder.resolve("large"), 3, 4_000_000, 2);
        try (GutsNode mirror = GutsNode.start(
                        folder.resolve("mirror"),
                        "--dht",
                        "server",
                        "--seeding-policy",
                        "all",
                        "--seeding-signer-quota",
                        "3MiB");
                GutsNode publisher = GutsNode.start(
                        folder.resolve("publisher"), "--dht", "server", "--bootstrap", mirror.address())) {
            String over = publish(publisher, large);
            String within = publish(publisher, small);
            String kept = eventually(
                    "the small one is kept",
                    () -> mirror.guts().json("repos").succeeded().out(),
                    repositories -> repositories.contains(within) && repositories.contains("\"seeded\":true"));
            eventually(
                    "the large one is refused by name of the quota",
                    mirror::log,
                    log -> log.lines()
                            .anyMatch(line -> line.contains(over.substring("guts://".length()))
                                    && line.contains("seeding.signer_quota")));
            assertThat(kept).doesNotContain(over);
            assertThat(mirror.guts().json("repos").succeeded().out()).doesNotContain(over);
            Path bare =
                    mirror.guts().home().resolve("repositories").resolve(within.substring("guts://".length()) + ".git");
            assertThat(refs(bare)).isEqualTo(refs(small));
            fsck(bare);
            publisher.kill();
            try (GutsNode cloner =
                    GutsNode.start(folder.resolve("cloner"), "--dht", "client", "--bootstrap", mirror.address())) {
                Path clone = folder.resolve("clone");
                eventually(
                        "the mirror provides it",
                        () -> cloner.guts().json("providers", within).out(),
                        providers -> providers.contains(mirror.peer()));
                cloner.guts()
                        .git(folder, "clone", "-q", within, clone.toString())
                        .succeeded();
                fsck(clone);
            }
        }
    }
}
