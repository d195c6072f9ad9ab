package network.guts.sync;

import static network.guts.sync.testing.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.runtime.Database;
import network.guts.sync.Repositories.Judgement;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.model.RepositoryAnnouncement;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.MemoryHosts;
import network.guts.sync.testing.MemoryNetwork;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.SignedRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The policy "all": what is announced to everybody is judged, passed on and seeded, within quotas. */
class MirrorsTest {
    @TempDir
    private Path folder;

    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryNetwork network = new MemoryNetwork();
    private final List<Node> nodes = new ArrayList<>();

    private final class Node {
        final MemoryHosts.MemoryHost host = hosts.host();
        final MemoryNetwork.Port port = network.port(host.info());
        final PrivateKey key = TestNode.newKey();
        final Path home = TestNode.home(folder, host.peerId());
        final Database database = Database.open(home.resolve("node.db"));
        final DefaultRepositories repositories;

        Node(SyncSettings settings) throws IOException {
            repositories = new DefaultRepositories(
                    home,
                    database,
                    host,
                    port,
                    TestNode.keys(key),
                    settings,
                    InstantSource.system(),
                    new SplittableRandom(1));
            port.attach(repositories);
            repositories.start();
            nodes.add(this);
        }

        RepositoryId publish(Path source) throws IOException {
            return repositories
                    .publish(
                            source,
                            new PublishOptions(Optional.empty(), Optional.of("for\nall"), Optional.empty(), false),
                            Progress.NONE)
                    .repository();
        }

        boolean holds(RepositoryId id) throws IOException {
            Optional<Repositories.RepositoryState> state = repositories.state(id);
            return state.isPresent()
                    && state.get().seeded()
                    && !state.get().refs().isEmpty();
        }
    }

    private static SyncSettings all(SyncSettings.Shares shares, Set<RepositoryId> blocked) {
        return new SyncSettings(
                64 << 20,
                SyncSettings.Policy.ALL,
                1L << 40,
                1L << 40,
                blocked,
                0,
                Set.of(),
                shares,
                SyncSettings.PeerRate.DEFAULT);
    }

    @AfterEach
    void close() throws IOException {
        for (Node node : nodes) {
            node.repositories.close();
            node.database.close();
        }
    }

    private Path source(String name, int mebibytes) throws IOException {
        Path source = Git.repository(folder.resolve(name), mebibytes);
        Git.commit(source, "name", name);
        return source;
    }

    private static RepositoryAnnouncement announcement(Node publisher) throws MalformedException {
        Bytes envelope = publisher.port.announcedToAll().iterator().next();
        return SignedRecords.openAnnouncement(SignedEnvelope.parse(envelope.toArray()))
                .value();
    }

    @Test
    void aNewRepositoryIsSeededByThoseWhoSeedAll() throws IOException {
        Node mirror = new Node(all(SyncSettings.Shares.DEFAULT, Set.of()));
        Node ordinary = new Node(SyncSettings.DEFAULT);
        Node publisher = new Node(SyncSettings.DEFAULT);
        Path source = source("one", 0);
        RepositoryId id = publisher.publish(source);
        assertThat(announcement(publisher).summary()).isEqualTo("one: for all");
        eventually("the mirror has it", () -> mirror.holds(id));
        assertThat(Git.refs(mirror.repositories.gitDirectory(id))).isEqualTo(Git.refs(source));
        eventually("it was passed on", () -> network.judgedOfAll().contains(Judgement.ACCEPT));
        assertThat(ordinary.repositories.list()).isEmpty();
        Git.commit(source, "later", "later");
        publisher.publish(source);
        eventually(
                "the mirror follows",
                () -> Git.refs(mirror.repositories.gitDirectory(id)).equals(Git.refs(source)));
    }

    @Test
    void whatIsOverAQuotaIsNotTaken() throws IOException {
        Node mirror = new Node(all(new SyncSettings.Shares(3 << 20, 1L << 40), Set.of()));
        Node publisher = new Node(SyncSettings.DEFAULT);
        RepositoryId large = publisher.publish(source("large", 4));
        RepositoryId small = publisher.publish(source("small", 0));
        eventually("the small one is there", () -> mirror.holds(small));
        assertThat(mirror.repositories.list())
                .extracting(Repositories.RepositoryState::repository)
                .doesNotContain(large);
        Node other = new Node(SyncSettings.DEFAULT);
        RepositoryId others = other.publish(source("others", 2));
        eventually("another signer has a share of its own", () -> mirror.holds(others));
        assertThat(mirror.repositories.seed(large, List.of(), Progress.NONE).changed())
                .as("what the owner asks for is on no account")
                .isTrue();
    }

    @Test
    void onlyADelegatesWordIsPassedOn() throws IOException {
        Node publisher = new Node(SyncSettings.DEFAULT);
        RepositoryId id = publisher.publish(source("one", 0));
        RepositoryAnnouncement announced = announcement(publisher);
        Node mirror = new Node(all(SyncSettings.Shares.DEFAULT, Set.of()));
        Node blocking = new Node(all(SyncSettings.Shares.DEFAULT, Set.of(id)));
        byte[] good = sealed(publisher.key, announced);
        assertThat(blocking.repositories.announced(publisher.host.peerId(), good))
                .isEqualTo(Judgement.IGNORE);
        assertThat(mirror.repositories.announced(publisher.host.peerId(), sealed(TestNode.newKey(), announced)))
                .as("signed by a stranger")
                .isEqualTo(Judgement.REJECT);
        byte[] bad = good.clone();
        bad[bad.length - 1] ^= 1;
        assertThat(mirror.repositories.announced(publisher.host.peerId(), bad)).isEqualTo(Judgement.REJECT);
        assertThat(mirror.repositories.announced(publisher.host.peerId(), new byte[] {1, 2, 3}))
                .isEqualTo(Judgement.REJECT);
        RepositoryAnnouncement unknown = new RepositoryAnnouncement(
                RepositoryId.ofPayload(new byte[] {1}), announced.identity(), announced.summary());
        assertThat(mirror.repositories.announced(publisher.host.peerId(), sealed(publisher.key, unknown)))
                .as("nobody can say who may sign for it")
                .isEqualTo(Judgement.IGNORE);
        RepositoryAnnouncement newer = new RepositoryAnnouncement(id, Bytes.sha256(new byte[] {2}), "");
        Node another = new Node(all(SyncSettings.Shares.DEFAULT, Set.of()));
        assertThat(another.repositories.announced(publisher.host.peerId(), sealed(publisher.key, newer)))
                .as("of a revision that nobody knows")
                .isEqualTo(Judgement.IGNORE);
        assertThat(mirror.repositories.list()).isEmpty();
        assertThat(mirror.repositories.announced(publisher.host.peerId(), good)).isEqualTo(Judgement.ACCEPT);
        assertThat(mirror.repositories.announced(publisher.host.peerId(), good))
                .as("said again at once")
                .isEqualTo(Judgement.IGNORE);
        eventually("the mirror has it", () -> mirror.holds(id));
    }

    private static byte[] sealed(PrivateKey key, RepositoryAnnouncement announcement) {
        return SignedRecords.seal(key, announcement).envelope().encoded().toArray();
    }
}
