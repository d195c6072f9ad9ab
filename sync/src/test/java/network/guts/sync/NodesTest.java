package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.runtime.Database;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.fetch.PartialPack;
import network.guts.sync.local.LocalRepositories;
import network.guts.sync.local.Seeder;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.protocol.PeerRates;
import network.guts.sync.protocol.RateCap;
import network.guts.sync.protocol.SyncServer;
import network.guts.sync.protocol.SyncSource;
import network.guts.sync.records.RecordStore;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.MemoryHosts;
import network.guts.sync.testing.MemoryNetwork;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;
import network.guts.sync.wire.SyncLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes on hosts in memory, with real git repositories: what the tests of this package share. */
abstract class NodesTest {
    static final PublishOptions PUBLISH =
            new PublishOptions(Optional.empty(), Optional.empty(), Optional.empty(), false);
    static final FetchOptions FETCH = new FetchOptions(8, Duration.ofSeconds(30), Optional.empty());

    @TempDir
    Path folder;

    final MemoryHosts hosts = new MemoryHosts();
    final MemoryNetwork network = new MemoryNetwork();
    private final List<Node> nodes = new ArrayList<>();
    private final List<LocalRepositories> opened = new ArrayList<>();

    /** One node. */
    final class Node {
        final MemoryHosts.MemoryHost host = hosts.host();
        final MemoryNetwork.Port port = network.port(host.info());
        final Path home = TestNode.home(folder, host.peerId());
        final PrivateKey key = TestNode.newKey();
        private final SyncSettings settings;
        private final InstantSource clock;
        Database database;
        DefaultRepositories repositories;

        private Node(SyncSettings settings, PartialPack.Disk disk, InstantSource clock) throws IOException {
            this.settings = settings;
            this.clock = clock;
            this.database = Database.open(home.resolve("node.db"));
            this.repositories = open(disk);
            nodes.add(this);
        }

        private DefaultRepositories open(PartialPack.Disk disk) throws IOException {
            DefaultRepositories opened = new DefaultRepositories(
                    home,
                    database,
                    host,
                    port,
                    TestNode.keys(key),
                    settings,
                    clock,
                    new SplittableRandom(nodes.size()),
                    disk);
            port.attach(opened);
            opened.start();
            return opened;
        }

        void stop() throws IOException {
            repositories.close();
            database.close();
        }

        /** A new process in the same home, on a disk that works. */
        void restart() throws IOException {
            stop();
            database = Database.open(home.resolve("node.db"));
            repositories = open(PartialPack.Disk.REAL);
        }

        RecordStore store() throws IOException {
            return new RecordStore(database);
        }

        Published publish(Path source) throws IOException {
            return repositories.publish(source, PUBLISH, Progress.NONE);
        }

        Fetched fetch(RepositoryId id, PeerInfo... hints) throws IOException {
            return repositories.fetch(id, List.of(hints), FETCH, Progress.NONE);
        }

        void seed(RepositoryId id) throws IOException {
            repositories.seed(id, List.of(), Progress.NONE);
        }

        String refs(RepositoryId id) throws IOException {
            return Git.refs(repositories.gitDirectory(id));
        }

        /** Serves something else than it holds, from the next stream on. */
        void serve(UnaryOperator<SyncSource> change) throws IOException {
            LocalRepositories held = new LocalRepositories(home.resolve("repositories"), store(), clock);
            opened.add(held);
            SyncSource real = new Seeder(held, host, settings);
            host.handle(SyncLimits.PROTOCOL, new SyncServer(change.apply(real), new RateCap(0), new PeerRates(0, 0)));
        }

        /** How many verified chunks lie in its home, of packs that are not complete or not taken over. */
        int heldChunks() throws IOException {
            try (Stream<Path> files = Files.walk(home)) {
                int count = 0;
                for (Path file :
                        files.filter(one -> one.toString().endsWith(".held")).toList()) {
                    count += BitSet.valueOf(Files.readAllBytes(file)).cardinality();
                }
                return count;
            }
        }
    }

    Node node() throws IOException {
        return node(SyncSettings.DEFAULT);
    }

    Node node(SyncSettings settings) throws IOException {
        return new Node(settings, PartialPack.Disk.REAL, InstantSource.system());
    }

    Node node(PartialPack.Disk disk) throws IOException {
        return new Node(SyncSettings.DEFAULT, disk, InstantSource.system());
    }

    Node node(InstantSource clock) throws IOException {
        return new Node(SyncSettings.DEFAULT, PartialPack.Disk.REAL, clock);
    }

    @AfterEach
    void close() throws IOException {
        opened.forEach(LocalRepositories::close);
        for (Node node : nodes) {
            node.stop();
        }
    }

    /** A git repository of a user, see {@link Git#repository}. */
    Path source(int mebibytes) throws IOException {
        return Git.repository(folder.resolve("source"), mebibytes);
    }

    static void assertSame(Node node, RepositoryId id, Path source) throws IOException {
        assertThat(node.refs(id)).isEqualTo(Git.refs(source));
        Git.Result fsck = Git.attempt(node.repositories.gitDirectory(id), "fsck", "--strict", "--full");
        assertThat(fsck.output()).doesNotContain("error").doesNotContain("missing");
        assertThat(fsck.code()).as(fsck.output()).isZero();
    }

    static byte[] envelope(Signed<?> record) {
        return record.envelope().encoded().toArray();
    }

    /** A header under the newest revision that {@code holder} follows. */
    static Signed<RefsHeader> header(
            Node holder, PrivateKey signer, RepositoryId id, long sequence, Bytes body, Instant time)
            throws IOException {
        Bytes identity = holder.store().applied(id).getLast();
        return SignedRecords.seal(
                signer, new RefsHeader(id, sequence, Optional.empty(), identity, time, body, List.of()));
    }

    /** Signs what a node would not sign, and puts it where {@code holder} serves it from once it is restarted. */
    static Signed<RefsHeader> sign(Node holder, PrivateKey signer, RepositoryId id, long sequence, RefsBody body)
            throws IOException {
        byte[] encoded = RefsBodyCodec.encode(body);
        Signed<RefsHeader> header = header(holder, signer, id, sequence, Bytes.sha256(encoded), Instant.now());
        holder.store().put(header, encoded);
        return header;
    }

    /** The body of the newest header that {@code signer} signed itself. */
    static RefsBody ownBody(Node signer, RepositoryId id) throws IOException {
        Signed<RefsHeader> newest = signer.store().headers(id).stream()
                .filter(header -> header.signer().equals(signer.key.publicKey()))
                .reduce((older, newer) -> newer)
                .orElseThrow();
        return signer.store().body(newest.value().body()).orElseThrow().value();
    }

    /** A new revision, by which {@code second} is a delegate beside the publisher; it counts once that is restarted. */
    static void addDelegate(Node publisher, RepositoryId id, PrivateKey second) throws IOException {
        SignedIdentity first = publisher.store().identities(id).getFirst();
        List<PublicKey> delegates = Stream.of(publisher.key, second)
                .<PublicKey>map(PrivateKey::publicKey)
                .sorted(Comparator.comparing(one -> Bytes.of(one.encoded())))
                .toList();
        Identity value = first.value();
        SignedIdentity next = SignedRecords.seal(
                List.of(publisher.key, second),
                new Identity(
                        Identity.VERSION,
                        1,
                        Optional.of(first.hash()),
                        value.name(),
                        value.description(),
                        value.defaultBranch(),
                        delegates,
                        1,
                        Optional.empty(),
                        Bytes.EMPTY));
        publisher.store().putChain(new IdentityChain(id, List.of(first, next), List.of()));
    }
}
