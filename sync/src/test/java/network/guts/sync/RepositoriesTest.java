package network.guts.sync;

import static network.guts.sync.testing.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.core.PrivateKey;
import network.guts.runtime.Database;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Judgement;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import network.guts.sync.Repositories.Pushed;
import network.guts.sync.Repositories.RefUpdate;
import network.guts.sync.fetch.PartialPack;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.records.RecordStore;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.MemoryHosts;
import network.guts.sync.testing.MemoryNetwork;
import network.guts.sync.testing.MemoryStream;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes on hosts in memory, with real git repositories. */
class RepositoriesTest {
    private static final PublishOptions PUBLISH =
            new PublishOptions(Optional.empty(), Optional.empty(), Optional.empty(), false);
    private static final FetchOptions FETCH = new FetchOptions(8, Duration.ofSeconds(30), Optional.empty());
    private static final int BIG_WRITE = 10_000;

    @TempDir
    Path folder;

    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryNetwork network = new MemoryNetwork();
    private final List<Node> nodes = new ArrayList<>();

    /** One node. */
    private final class Node {
        final MemoryHosts.MemoryHost host = hosts.host();
        final MemoryNetwork.Port port = network.port(host.info());
        final Path home = TestNode.home(folder, host.peerId());
        final PrivateKey key;
        Database database;
        DefaultRepositories repositories;

        Node(PrivateKey key, SyncSettings settings, PartialPack.Disk disk) throws IOException {
            this.key = key;
            this.database = Database.open(home.resolve("node.db"));
            this.repositories = new DefaultRepositories(
                    home,
                    database,
                    host,
                    port,
                    TestNode.keys(key),
                    settings,
                    InstantSource.system(),
                    new SplittableRandom(1),
                    disk);
            port.attach(repositories);
            repositories.start();
            nodes.add(this);
        }

        void restart(PartialPack.Disk disk) throws IOException {
            repositories.close();
            database.close();
            database = Database.open(home.resolve("node.db"));
            repositories = new DefaultRepositories(
                    home,
                    database,
                    host,
                    port,
                    TestNode.keys(key),
                    SyncSettings.DEFAULT,
                    InstantSource.system(),
                    new SplittableRandom(2),
                    disk);
            port.attach(repositories);
            repositories.start();
        }

        String refs(RepositoryId id) throws IOException {
            return Git.refs(repositories.gitDirectory(id));
        }
    }

    private Node node() throws IOException {
        return new Node(TestNode.newKey(), SyncSettings.DEFAULT, PartialPack.Disk.REAL);
    }

    private Node node(SyncSettings settings) throws IOException {
        return new Node(TestNode.newKey(), settings, PartialPack.Disk.REAL);
    }

    @AfterEach
    void close() throws IOException {
        for (Node node : nodes) {
            node.repositories.close();
            node.database.close();
        }
    }

    private Path source(int mebibytes) throws IOException {
        return Git.repository(folder.resolve("source"), mebibytes);
    }

    private static Published publish(Node node, Path source) throws IOException {
        return node.repositories.publish(source, PUBLISH, Progress.NONE);
    }

    private static Fetched fetch(Node node, RepositoryId id) throws IOException {
        return node.repositories.fetch(id, List.of(), FETCH, Progress.NONE);
    }

    private static void seed(Node node, RepositoryId id) throws IOException {
        node.repositories.seed(id, List.of(), Progress.NONE);
    }

    private void assertSame(Node node, RepositoryId id, Path source) throws IOException {
        assertThat(node.refs(id)).isEqualTo(Git.refs(source));
        Git.Result fsck = Git.attempt(node.repositories.gitDirectory(id), "fsck", "--strict", "--full");
        assertThat(fsck.output()).doesNotContain("error").doesNotContain("missing");
        assertThat(fsck.code()).as(fsck.output()).isZero();
    }

    @Test
    void whatIsPublishedCanBeFetched() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(2);
        Published published = publish(publisher, source);
        assertThat(published.created()).isTrue();
        assertThat(published.sequence()).isEqualTo(1);
        assertThat(published.refs()).isEqualTo(3);
        RepositoryId id = published.repository();
        assertSame(publisher, id, source);

        List<Progress.State> told = new java.util.concurrent.CopyOnWriteArrayList<>();
        Fetched fetched = reader.repositories.fetch(id, List.of(), FETCH, told::add);
        assertThat(fetched.changed()).isTrue();
        assertThat(fetched.refs()).isEqualTo(3);
        assertThat(fetched.bytesByProvider()).containsOnlyKeys(publisher.host.peerId());
        assertThat(fetched.confirmed()).isPresent();
        assertThat(told).extracting(Progress.State::phase).contains("finding providers", "fetching");
        assertSame(reader, id, source);
        assertThat(fetch(reader, id).changed()).isFalse();
    }

    @Test
    void anEmptyRepositoryIsPublished() throws IOException {
        Path source = Files.createDirectories(folder.resolve("empty"));
        Git.run(source, "init", "-q", "-b", "main");
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publish(publisher, source).repository();
        assertThat(fetch(reader, id).refs()).isZero();
        assertThat(reader.refs(id)).isEmpty();
    }

    @Test
    void publishingAgainTakesWhatIsNew() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(1);
        RepositoryId id = publish(publisher, source).repository();
        fetch(reader, id);
        assertThat(publish(publisher, source).sequence()).isEqualTo(1);
        for (int at = 0; at < 5; at++) {
            Git.commit(source, "more" + at, "more " + at);
            Published again = publish(publisher, source);
            assertThat(again.created()).isFalse();
            assertThat(again.repository()).isEqualTo(id);
            assertThat(again.sequence()).isEqualTo(at + 2);
            assertThat(again.bytes()).isLessThan(5_000);
            Fetched fetched = fetch(reader, id);
            assertThat(fetched.bytes()).isLessThan(5_000);
            assertSame(reader, id, source);
        }
        assertThat(publisher.repositories.state(id).orElseThrow().packs())
                .as("some were put together")
                .hasSizeLessThan(6);
        Node late = node();
        fetch(late, id);
        assertSame(late, id, source);
    }

    @Test
    void aLiarIsNamedAndDroppedAndTheOthersDeliver() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node liar = node();
        Node reader = node();
        Path source = source(6);
        RepositoryId id = publish(publisher, source).repository();
        seed(seeder, id);
        seed(liar, id);
        liar.host.decorate(Lying::new);
        Fetched fetched = fetch(reader, id);
        assertThat(fetched.blamed()).containsOnlyKeys(liar.host.peerId());
        assertThat(fetched.blamed().get(liar.host.peerId())).contains("wrong chunk");
        assertThat(fetched.bytesByProvider()).doesNotContainKey(liar.host.peerId());
        assertSame(reader, id, source);
    }

    @Test
    void withNobodyButALiarNothingIsVisible() throws IOException {
        Node liar = node();
        Node reader = node();
        RepositoryId id = publish(liar, source(2)).repository();
        liar.host.decorate(Lying::new);
        assertThatThrownBy(() -> fetch(reader, id))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.FAILED))
                .satisfies(e ->
                        assertThat(e.getMessage()).contains(liar.host.peerId().toString()));
        assertThat(reader.repositories.list()).isEmpty();
    }

    /** Sends chunks with one bit flipped. */
    private static final class Lying extends MemoryStream {
        Lying(MemoryStream stream) {
            super(stream);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            byte[] copy = java.util.Arrays.copyOfRange(buffer, offset, offset + length);
            if (length > BIG_WRITE) {
                copy[length / 2] ^= 1;
            }
            super.write(copy, 0, length);
        }
    }

    /** Ends after a few chunks. */
    private static final class Dying extends MemoryStream {
        private final AtomicInteger chunks;

        Dying(MemoryStream stream, AtomicInteger chunks) {
            super(stream);
            this.chunks = chunks;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            if (length > BIG_WRITE && chunks.getAndDecrement() <= 0) {
                reset();
            }
            super.write(buffer, offset, length);
        }
    }

    @Test
    void anInterruptedFetchGoesOnWithoutFetchingAVerifiedChunkTwice() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(8);
        Published published = publish(publisher, source);
        RepositoryId id = published.repository();
        AtomicInteger chunks = new AtomicInteger(3);
        publisher.host.decorate(stream -> new Dying(stream, chunks));
        assertThatThrownBy(() -> fetch(reader, id)).isInstanceOf(SyncException.class);
        assertThat(reader.repositories.list()).isEmpty();
        publisher.host.decorate(stream -> stream);
        reader.repositories.close();
        int verified = heldChunks(reader.home);
        assertThat(verified).isBetween(1, 3);
        reader.restart(PartialPack.Disk.REAL);
        Fetched fetched = fetch(reader, id);
        assertThat(fetched.bytes()).isEqualTo(published.bytes() - (long) verified * (1 << 20));
        assertSame(reader, id, source);
    }

    private static int heldChunks(Path home) throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            int count = 0;
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".held")).toList()) {
                count += java.util.BitSet.valueOf(Files.readAllBytes(file)).cardinality();
            }
            return count;
        }
    }

    @Test
    void aKilledProvidersChunksComeFromOthers() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node reader = node();
        Path source = source(8);
        RepositoryId id = publish(publisher, source).repository();
        seed(seeder, id);
        AtomicInteger chunks = new AtomicInteger(1);
        seeder.host.decorate(stream -> new Dying(stream, chunks));
        Fetched fetched = fetch(reader, id);
        assertThat(fetched.bytesByProvider()).containsKey(publisher.host.peerId());
        assertSame(reader, id, source);
    }

    @Test
    void aFullDiskIsAClearErrorAndTheStateIsIntact() throws IOException {
        Node publisher = node();
        Path source = source(4);
        RepositoryId id = publish(publisher, source).repository();
        AtomicInteger room = new AtomicInteger(2);
        PartialPack.Disk full = (FileChannel file, ByteBuffer data, long position) -> {
            if (data.remaining() > BIG_WRITE && room.getAndDecrement() <= 0) {
                throw new IOException("No space left on device");
            }
            PartialPack.Disk.REAL.write(file, data, position);
        };
        Node reader = new Node(TestNode.newKey(), SyncSettings.DEFAULT, full);
        assertThatThrownBy(() -> fetch(reader, id)).hasMessageContaining("No space left");
        assertThat(reader.repositories.list()).isEmpty();
        reader.restart(PartialPack.Disk.REAL);
        Fetched fetched = fetch(reader, id);
        assertThat(fetched.blamed()).isEmpty();
        assertSame(reader, id, source);
    }

    @Test
    void limitsAreAppliedBeforeBytesFlow() throws IOException {
        Node publisher = node();
        RepositoryId id = publish(publisher, source(3)).repository();
        SyncSettings small = new SyncSettings(
                64 << 20, SyncSettings.Policy.FOLLOWED, 1 << 20, 1L << 40, java.util.Set.of(), 0, java.util.Set.of());
        SyncSettings quota = new SyncSettings(
                64 << 20, SyncSettings.Policy.FOLLOWED, 1L << 40, 1 << 20, java.util.Set.of(), 0, java.util.Set.of());
        SyncSettings blocked = new SyncSettings(
                64 << 20,
                SyncSettings.Policy.FOLLOWED,
                1L << 40,
                1L << 40,
                java.util.Set.of(id),
                0,
                java.util.Set.of());
        for (SyncSettings settings : List.of(small, quota, blocked)) {
            Node reader = node(settings);
            assertThatThrownBy(() -> seed(reader, id))
                    .asInstanceOf(type(SyncException.class))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.REFUSED));
            assertThat(reader.repositories.list()).isEmpty();
        }
    }

    @Test
    void anUnknownRepositoryIsNotFound() throws IOException {
        Node reader = node();
        RepositoryId unknown = RepositoryId.ofPayload(new byte[] {1, 2, 3});
        assertThatThrownBy(() -> fetch(reader, unknown))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.NOT_FOUND));
    }

    /** A clone of what a node holds, with a quarantine that a push would use. */
    private Path quarantine(Node node, RepositoryId id, Path work) throws IOException {
        Path quarantine = Files.createTempDirectory(folder, "quarantine");
        Git.run(quarantine, "init", "-q", "--bare");
        Path held = node.repositories.gitDirectory(id).resolve("objects").toAbsolutePath();
        Files.writeString(quarantine.resolve("objects/info/alternates"), held + "\n");
        Git.run(work, "push", "-q", quarantine.toString(), "HEAD:refs/heads/incoming");
        return quarantine;
    }

    private static RefUpdate update(Optional<String> from, Optional<String> to, boolean force) throws IOException {
        Optional<ObjectId> expected = from.isPresent() ? Optional.of(ObjectId.parse(from.get())) : Optional.empty();
        Optional<ObjectId> target = to.isPresent() ? Optional.of(ObjectId.parse(to.get())) : Optional.empty();
        return new RefUpdate("refs/heads/main", expected, target, force);
    }

    @Test
    void aPushIsSignedAnnouncedAndReachesTheSeeders() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Path source = source(1);
        RepositoryId id = publish(publisher, source).repository();
        seed(seeder, id);
        String before = Git.run(source, "rev-parse", "main");
        String after = Git.commit(source, "pushed", "pushed");
        Pushed pushed = publisher.repositories.push(
                id,
                quarantine(publisher, id, source),
                List.of(update(Optional.of(before), Optional.of(after), false)),
                Progress.NONE);
        assertThat(pushed.results()).containsEntry("refs/heads/main", "ok");
        assertThat(pushed.sequence()).isEqualTo(2);
        assertThat(pushed.bytes()).isLessThan(5_000);
        assertSame(publisher, id, source);
        eventually("the seeder has the push", () -> seeder.refs(id).equals(Git.refs(source)));
        assertSame(seeder, id, source);
    }

    @Test
    void aPushThatIsNoFastForwardIsRefusedUnlessForced() throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publish(publisher, source).repository();
        String before = Git.run(source, "rev-parse", "main");
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        String other = Git.commit(source, "other", "other");
        Path quarantine = quarantine(publisher, id, source);
        Pushed refused = publisher.repositories.push(
                id, quarantine, List.of(update(Optional.of(before), Optional.of(other), false)), Progress.NONE);
        assertThat(refused.results()).containsEntry("refs/heads/main", "non-fast-forward");
        assertThat(refused.sequence()).isEqualTo(1);
        assertThat(publisher.refs(id)).contains(before + " refs/heads/main");
        Pushed forced = publisher.repositories.push(
                id, quarantine, List.of(update(Optional.of(before), Optional.of(other), true)), Progress.NONE);
        assertThat(forced.results()).containsEntry("refs/heads/main", "ok");
        assertThat(publisher.refs(id)).contains(other + " refs/heads/main");
    }

    @Test
    void aForcedPushWhoseLeaseIsOverIsRefused() throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publish(publisher, source).repository();
        String before = Git.run(source, "rev-parse", "main");
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        String older = Git.run(source, "rev-parse", "main");
        String other = Git.commit(source, "other", "other");
        Path quarantine = quarantine(publisher, id, source);
        for (String lease : List.of(older, ObjectId.NONE.toString())) {
            Pushed stale = publisher.repositories.push(
                    id, quarantine, List.of(update(Optional.of(lease), Optional.of(other), true)), Progress.NONE);
            assertThat(stale.results()).containsEntry("refs/heads/main", "stale info");
        }
        assertThat(publisher.refs(id)).contains(before + " refs/heads/main");
        Pushed held = publisher.repositories.push(
                id, quarantine, List.of(update(Optional.of(before), Optional.of(other), true)), Progress.NONE);
        assertThat(held.results()).containsEntry("refs/heads/main", "ok");
    }

    @Test
    void anAtomicPushTakesAllRefsOrNone() throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publish(publisher, source).repository();
        String before = Git.run(source, "rev-parse", "main");
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        String other = Git.commit(source, "other", "other");
        Path quarantine = quarantine(publisher, id, source);
        RefUpdate refused = update(Optional.of(before), Optional.of(other), false);
        RefUpdate fine = new RefUpdate("refs/heads/new", Optional.empty(), Optional.of(ObjectId.parse(before)), false);
        Pushed none = publisher.repositories.push(id, quarantine, List.of(refused, fine), true, Progress.NONE);
        assertThat(none.results())
                .containsEntry("refs/heads/main", "non-fast-forward")
                .containsEntry("refs/heads/new", "atomic push failed");
        assertThat(none.sequence()).isEqualTo(1);
        assertThat(publisher.refs(id)).doesNotContain("refs/heads/new");
        Pushed one = publisher.repositories.push(id, quarantine, List.of(refused, fine), false, Progress.NONE);
        assertThat(one.results()).containsEntry("refs/heads/new", "ok");
        assertThat(publisher.refs(id)).contains(before + " refs/heads/main", before + " refs/heads/new");
    }

    @Test
    void aPushByNoDelegateIsRefused() throws IOException {
        Node publisher = node();
        Node stranger = node();
        Path source = source(0);
        RepositoryId id = publish(publisher, source).repository();
        seed(stranger, id);
        String before = Git.run(source, "rev-parse", "main");
        String after = Git.commit(source, "mine", "mine");
        Path quarantine = quarantine(stranger, id, source);
        assertThatThrownBy(() -> stranger.repositories.push(
                        id, quarantine, List.of(update(Optional.of(before), Optional.of(after), false)), Progress.NONE))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.REFUSED));
        assertThat(stranger.refs(id)).contains(before + " refs/heads/main");
    }

    @Test
    void aRefIsDeletedByAPush() throws IOException {
        Node publisher = node();
        RepositoryId id = publish(publisher, source(0)).repository();
        Path quarantine = Files.createTempDirectory(folder, "quarantine");
        Git.run(quarantine, "init", "-q", "--bare");
        publisher.repositories.push(
                id,
                quarantine,
                List.of(new RefUpdate("refs/heads/topic", Optional.empty(), Optional.empty(), false)),
                Progress.NONE);
        assertThat(publisher.refs(id)).doesNotContain("topic");
    }

    @Test
    void aPurgedPackIsNotServedAnyMore() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(0);
        Git.commit(source, "secret", "secret");
        RepositoryId id = publish(publisher, source).repository();
        List<PackId> before = publisher.repositories.state(id).orElseThrow().packs();
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        publisher.repositories.publish(
                source, new PublishOptions(Optional.empty(), Optional.empty(), Optional.empty(), true), Progress.NONE);
        assertThat(publisher.repositories.state(id).orElseThrow().packs()).doesNotContainAnyElementsOf(before);
        fetch(reader, id);
        assertSame(reader, id, source);
        assertThat(Git.run(reader.repositories.gitDirectory(id), "log", "--all", "--format=%s"))
                .doesNotContain("secret");
    }

    private Signed<RefsHeader> header(Node signer, RepositoryId id, long sequence, Bytes body, Instant time)
            throws IOException {
        Bytes identity = new RecordStore(signer.database).applied(id).getLast();
        return SignedRecords.seal(
                signer.key, new RefsHeader(id, sequence, Optional.empty(), identity, time, body, List.of()));
    }

    private static byte[] envelope(Signed<?> record) {
        return record.envelope().encoded().toArray();
    }

    @Test
    void announcementsAreJudged() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node stranger = node();
        RepositoryId id = publish(publisher, source(0)).repository();
        seed(seeder, id);
        Bytes body = Bytes.sha256(RefsBodyCodec.encode(RefsBody.EMPTY));
        Instant now = Instant.now();

        byte[] good = envelope(header(publisher, id, 2, body, now));
        byte[] forged = good.clone();
        forged[forged.length - 1] ^= 1;
        byte[] byStranger = envelope(SignedRecords.seal(
                stranger.key,
                new RefsHeader(
                        id,
                        9,
                        Optional.empty(),
                        new RecordStore(publisher.database).applied(id).getLast(),
                        now,
                        body,
                        List.of())));
        byte[] first = envelope(new RecordStore(publisher.database).headers(id).getFirst());

        assertThat(judge(seeder, stranger, id, forged)).isEqualTo(Judgement.REJECT);
        assertThat(judge(seeder, stranger, id, new byte[] {1, 2, 3})).isEqualTo(Judgement.REJECT);
        assertThat(judge(seeder, stranger, id, byStranger)).isEqualTo(Judgement.REJECT);
        assertThat(judge(seeder, stranger, id, first)).isEqualTo(Judgement.IGNORE);
        assertThat(judge(seeder, stranger, id, good)).isEqualTo(Judgement.ACCEPT);
        Signed<RefsHeader> known =
                new RecordStore(publisher.database).headers(id).getFirst();
        byte[] fresh = envelope(SignedRecords.seal(publisher.key, new Fresh(id, 1, known.hash(), now.plusSeconds(60))));
        assertThat(judge(seeder, publisher, id, fresh)).isEqualTo(Judgement.ACCEPT);
        assertThat(judge(seeder, publisher, id, fresh)).isEqualTo(Judgement.IGNORE);
        assertThat(judge(stranger, publisher, id, good)).isEqualTo(Judgement.IGNORE);
    }

    private static Judgement judge(Node node, Node from, RepositoryId id, byte[] envelope) {
        return node.repositories.announced(id, from.host.peerId(), envelope);
    }

    @Test
    void equivocationIsKeptForwardedOnceAndShown() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node reader = node();
        RepositoryId id = publish(publisher, source(0)).repository();
        seed(seeder, id);
        Bytes body = Bytes.sha256(RefsBodyCodec.encode(RefsBody.EMPTY));
        byte[] other = envelope(header(publisher, id, 1, body, Instant.now().plusSeconds(5)));
        assertThat(judge(seeder, publisher, id, other)).isEqualTo(Judgement.ACCEPT);
        assertThat(judge(seeder, publisher, id, other)).isEqualTo(Judgement.IGNORE);
        assertThat(new RecordStore(seeder.database).evidence(id)).hasSize(1);
        // A reader hears of it from the seeder.
        fetch(reader, id);
        assertThat(new RecordStore(reader.database).evidence(id)).hasSize(1);
    }

    @Test
    void aRefToAMissingObjectIsNotVisible() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(0);
        RepositoryId id = publish(publisher, source).repository();
        fetch(reader, id);
        String before = reader.refs(id);
        RecordStore store = new RecordStore(publisher.database);
        RefsBody old = store.body(store.headers(id).getLast().value().body())
                .orElseThrow()
                .value();
        RefsBody broken = new RefsBody(
                List.of(new Ref("refs/heads/main", ObjectId.parse("1".repeat(40)))), old.packs(), List.of(), List.of());
        byte[] body = RefsBodyCodec.encode(broken);
        store.put(header(publisher, id, 2, Bytes.sha256(body), Instant.now()), body);
        publisher.restart(PartialPack.Disk.REAL);
        assertThatThrownBy(() -> fetch(reader, id))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.getMessage()).contains("1".repeat(40)));
        assertThat(reader.refs(id)).isEqualTo(before);
    }

    @Test
    void aRestartedNodeServesWhatItHeld() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(1);
        RepositoryId id = publish(publisher, source).repository();
        publisher.restart(PartialPack.Disk.REAL);
        fetch(reader, id);
        assertSame(reader, id, source);
        Map<String, ObjectId> refs = reader.repositories.state(id).orElseThrow().refs();
        assertThat(refs).containsOnlyKeys("refs/heads/main", "refs/heads/topic", "refs/tags/v1");
    }

    @Test
    void aProviderIsChecked() throws IOException {
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publish(publisher, source(0)).repository();
        Repositories.ProviderCheck check = reader.repositories.check(id, publisher.host.info(), Duration.ofSeconds(10));
        assertThat(check.complete()).isTrue();
        assertThat(check.sequences()).containsValue(1L);
        assertThat(check.fresh()).isPresent();
    }

    @Test
    void whatIsUnseededIsNotServed() throws IOException {
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publish(publisher, source(0)).repository();
        assertThat(publisher.repositories.unseed(id, false)).isTrue();
        assertThatThrownBy(() -> reader.repositories.fetch(id, List.of(publisher.host.info()), FETCH, Progress.NONE))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("not served");
        assertThat(publisher.repositories.unseed(id, true)).isTrue();
        assertThat(publisher.repositories.list()).isEmpty();
        assertThat(publisher.repositories.unseed(id, true)).isFalse();
    }
}
