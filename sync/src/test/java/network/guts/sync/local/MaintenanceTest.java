package network.guts.sync.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import network.guts.runtime.Database;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.SigningKeys;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.records.RecordStore;
import network.guts.sync.records.SeedingPolicy;
import network.guts.sync.records.ViaStore;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.MemoryHosts;
import network.guts.sync.testing.MemoryNetwork;
import network.guts.sync.testing.TestClock;
import network.guts.sync.testing.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens when time passes, with a clock that the test moves. */
class MaintenanceTest {
    private static final Duration PAUSE = Duration.ofMinutes(10);

    @TempDir
    Path folder;

    private final TestClock clock = new TestClock();
    private final MemoryHosts.MemoryHost host = new MemoryHosts().host();
    private final MemoryNetwork.Port network = new MemoryNetwork().port(host.info());
    private final List<RepositoryId> looks = new ArrayList<>();
    private Database database;
    private LocalRepositories repositories;
    private Publisher publisher;
    private Maintenance maintenance;
    private Path source;

    @BeforeEach
    void open() throws IOException {
        SigningKeys keys = TestNode.keys(TestNode.newKey());
        database = Database.open(folder.resolve("node.db"));
        RecordStore store = new RecordStore(database);
        repositories = new LocalRepositories(folder.resolve("repositories"), store, clock);
        Signer signer = new Signer(repositories, network, clock);
        publisher = new Publisher(
                repositories,
                new PublishedSources(folder.resolve("published.properties")),
                new PackIntake(store, 64 << 20, SyncMetrics.none(), clock),
                signer,
                keys,
                host,
                new ViaStore(database),
                id -> assertThat(id).isNotNull(),
                new SplittableRandom(1));
        Maintenance.CatchUp catchUp = new Maintenance.CatchUp() {
            @Override
            public Duration pause() {
                return PAUSE;
            }

            @Override
            public void look(RepositoryId repository) {
                looks.add(repository);
            }
        };
        maintenance = new Maintenance(repositories, catchUp, signer, keys, clock);
        source = Git.repository(folder.resolve("source"), 0);
    }

    @AfterEach
    void close() throws IOException {
        repositories.close();
        database.close();
    }

    private RepositoryId publish(boolean purge) throws IOException {
        PublishOptions options = new PublishOptions(Optional.empty(), Optional.empty(), Optional.empty(), purge);
        return publisher.publish(source, options, Progress.NONE).repository();
    }

    private void after(Duration time) {
        clock.advance(time);
        maintenance.round();
    }

    @Test
    void aRepositoryIsLookedAtSoonAfterTheStartAndThenEveryTenMinutes() throws IOException {
        RepositoryId id = publish(false);
        maintenance.round();
        assertThat(looks).as("the network has to be found first").isEmpty();
        after(Maintenance.TICK);
        assertThat(looks).containsExactly(id);
        after(PAUSE.minusSeconds(1));
        assertThat(looks).hasSize(1);
        after(Duration.ofSeconds(1));
        assertThat(looks).hasSize(2);
    }

    @Test
    void whatIsNotSeededIsLeftAlone() throws IOException {
        RepositoryId id = publish(false);
        repositories.store().putPolicy(new SeedingPolicy(id, false, SeedingPolicy.NO_QUOTA));
        int announced = network.announced().size();
        for (int day = 0; day < 3; day++) {
            after(Duration.ofDays(1));
        }
        assertThat(looks).isEmpty();
        assertThat(network.announced()).hasSize(announced);
    }

    @Test
    void aDelegateSignsAWordOfFreshnessEveryDay() throws IOException {
        RepositoryId id = publish(false);
        int first = network.announced().size();
        after(Duration.ofHours(23));
        assertThat(network.announced()).hasSize(first);
        after(Duration.ofHours(1));
        assertThat(network.announced()).hasSize(first + 1);
        maintenance.round();
        assertThat(network.announced()).as("one a day").hasSize(first + 1);
        after(Duration.ofHours(24));
        assertThat(network.announced()).hasSize(first + 2);
        assertThat(repositories.store().fresh(id))
                .extracting(word -> word.value().time())
                .contains(clock.instant());
    }

    @Test
    void aPackThatNobodyListsAnyMoreGoesAfterADay() throws IOException {
        Git.commit(source, "more", "more");
        RepositoryId id = publish(false);
        LocalRepository repository = repositories.find(id).orElseThrow();
        List<PackId> before = repository.listedPacks();
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        publish(true);
        assertThat(repository.listedPacks()).doesNotContainAnyElementsOf(before);
        maintenance.round();
        after(Maintenance.GRACE.minusSeconds(1));
        assertThat(repository.git().packs()).containsAll(before);
        after(Duration.ofSeconds(1));
        assertThat(repository.git().packs()).doesNotContainAnyElementsOf(before).containsAll(repository.listedPacks());
        assertThat(Git.attempt(repository.git().folder(), "fsck", "--strict").code())
                .isZero();
    }

    private int packsAfterACommit(int number) throws IOException {
        Git.commit(source, "file" + number, "content " + number);
        return repositories.find(publish(false)).orElseThrow().listedPacks().size();
    }

    @Test
    void packsAreConsolidatedOnceAnHourAtMost() throws IOException {
        publish(false);
        int commits = 0;
        int packs = 1;
        boolean shorter = false;
        while (!shorter && commits < 10) {
            int next = packsAfterACommit(commits++);
            shorter = next <= packs;
            packs = next;
        }
        assertThat(shorter).as("small packs are put together").isTrue();
        for (int more = 1; more <= 6; more++) {
            assertThat(packsAfterACommit(commits++)).isEqualTo(packs + more);
        }
        clock.advance(PackIntake.CONSOLIDATION_PAUSE);
        assertThat(packsAfterACommit(commits)).isLessThan(packs + 6);
    }
}
