package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.runtime.Database;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.model.Identity;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.records.RecordStore;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.MemoryHosts;
import network.guts.sync.testing.MemoryNetwork;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.PackDescriptorCodec;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Identities that change, keys that are made, and delegates that sign what is not valid. */
class PublishTest {
    private static final PublishOptions PUBLISH =
            new PublishOptions(Optional.empty(), Optional.empty(), Optional.empty(), false);
    private static final PublishOptions RENAME =
            new PublishOptions(Optional.of("other"), Optional.of("in a sentence"), Optional.of("topic"), false);
    private static final FetchOptions FETCH = new FetchOptions(8, Duration.ofSeconds(30), Optional.empty());

    @TempDir
    Path folder;

    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryNetwork network = new MemoryNetwork();
    private final List<Node> nodes = new ArrayList<>();

    /** A key that is on disk only once it is kept. */
    private static final class DraftedKeys implements SigningKeys {
        private final PrivateKey draft = TestNode.newKey();
        private boolean kept;

        @Override
        public synchronized Optional<PrivateKey> key() {
            return kept ? Optional.of(draft) : Optional.empty();
        }

        @Override
        public PrivateKey keyOrDraft() {
            return draft;
        }

        @Override
        public synchronized void keep(PrivateKey key) {
            kept = true;
        }
    }

    private final class Node {
        final MemoryHosts.MemoryHost host = hosts.host();
        final MemoryNetwork.Port port = network.port(host.info());
        final Path home = TestNode.home(folder, host.peerId());
        final DraftedKeys keys = new DraftedKeys();
        Database database;
        DefaultRepositories repositories;

        Node() throws IOException {
            open();
            nodes.add(this);
        }

        private void open() throws IOException {
            database = Database.open(home.resolve("node.db"));
            repositories = new DefaultRepositories(
                    home,
                    database,
                    host,
                    port,
                    keys,
                    SyncSettings.DEFAULT,
                    InstantSource.system(),
                    new SplittableRandom(1));
            port.attach(repositories);
            repositories.start();
        }

        void restart() throws IOException {
            close();
            open();
        }

        void close() throws IOException {
            repositories.close();
            database.close();
        }

        Published publish(Path source, PublishOptions options) throws IOException {
            return repositories.publish(source, options, Progress.NONE);
        }

        Fetched fetch(RepositoryId id) throws IOException {
            return repositories.fetch(id, List.of(), FETCH, Progress.NONE);
        }

        RepositoryState state(RepositoryId id) throws IOException {
            return repositories.state(id).orElseThrow();
        }
    }

    @AfterEach
    void close() throws IOException {
        for (Node node : nodes) {
            node.close();
        }
    }

    private Path source() throws IOException {
        return Git.repository(folder.resolve("source"), 0);
    }

    @Test
    void aNewNameIsANewRevisionThatReachesTheReaders() throws IOException {
        Node publisher = new Node();
        Node reader = new Node();
        Path source = source();
        RepositoryId id = publisher.publish(source, PUBLISH).repository();
        reader.fetch(id);
        Published renamed = publisher.publish(source, RENAME);
        assertThat(renamed.repository()).isEqualTo(id);
        assertThat(renamed.created()).isFalse();
        assertThat(renamed.sequence()).isEqualTo(2);
        assertThat(reader.fetch(id).changed()).isTrue();
        publisher.restart();
        for (Node node : List.of(publisher, reader)) {
            RepositoryState state = node.state(id);
            assertThat(state.name()).isEqualTo("other");
            assertThat(state.description()).isEqualTo("in a sentence");
            assertThat(state.defaultBranch()).isEqualTo("topic");
            assertThat(state.revision()).isEqualTo(1);
        }
        assertThat(publisher.publish(source, RENAME).sequence())
                .as("the same again is nothing new")
                .isEqualTo(2);
        assertThat(publisher.publish(source, PUBLISH).sequence()).isEqualTo(2);
        assertThat(publisher.state(id).name()).isEqualTo("other");
    }

    @Test
    void aNameThatNobodyWouldAcceptIsRefused() throws IOException {
        Node publisher = new Node();
        Path source = source();
        PublishOptions endless =
                new PublishOptions(Optional.of("n".repeat(1000)), Optional.empty(), Optional.empty(), false);
        for (int round = 0; round < 2; round++) {
            assertThatThrownBy(() -> publisher.publish(source, endless))
                    .asInstanceOf(type(SyncException.class))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.REFUSED));
            publisher.publish(source, PUBLISH);
        }
    }

    @Test
    void aSourceWhosePackIsDamagedIsNamed() throws IOException {
        Node publisher = new Node();
        Path source = source();
        Git.run(source, "gc", "-q", "--prune=now");
        Path pack;
        try (var files = Files.list(source.resolve(".git/objects/pack"))) {
            pack = files.filter(file -> file.toString().endsWith(".pack"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(pack);
        bytes[bytes.length / 2] ^= 0x10;
        Files.delete(pack);
        Files.write(pack, bytes);
        assertThatThrownBy(() -> publisher.publish(source, PUBLISH))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining(source.toString());
        assertThat(publisher.repositories.list()).isEmpty();
        assertThat(publisher.keys.key()).isEmpty();
    }

    @Test
    void aPublicationThatFailsLeavesNoKeyBehind() throws IOException {
        Node publisher = new Node();
        Path source = source();
        String blob = Git.run(source, "rev-parse", "HEAD:file1.txt");
        Path object =
                source.resolve(".git/objects").resolve(blob.substring(0, 2)).resolve(blob.substring(2));
        Path aside = folder.resolve("aside");
        Files.move(object, aside);
        assertThatThrownBy(() -> publisher.publish(source, PUBLISH)).isInstanceOf(SyncException.class);
        assertThat(publisher.keys.key()).isEmpty();
        assertThat(publisher.repositories.list()).isEmpty();
        Files.move(aside, object);
        assertThat(publisher.publish(source, PUBLISH).created()).isTrue();
        assertThat(publisher.keys.key()).isPresent();
    }

    private static List<String> packs(Path gitDirectory) throws IOException {
        try (Stream<Path> files = Files.list(gitDirectory.resolve("objects/pack"))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".pack"))
                    .sorted()
                    .toList();
        }
    }

    private Path packedSource() throws IOException {
        Path source = Git.repository(folder.resolve("source"), 2);
        Git.run(source, "repack", "-adq");
        Git.run(source, "prune-packed", "-q");
        return source;
    }

    @Test
    void aPackThatHoldsJustWhatTheRefsReachIsTakenAsItIs() throws IOException {
        Node publisher = new Node();
        Path source = packedSource();
        RepositoryId id = publisher.publish(source, PUBLISH).repository();
        Path held = publisher.repositories.gitDirectory(id);
        assertThat(packs(held)).isEqualTo(packs(source.resolve(".git")));
        assertThat(Git.run(held, "fsck", "--strict")).isEmpty();
        Node reader = new Node();
        reader.fetch(id);
        assertThat(Git.refs(reader.repositories.gitDirectory(id))).isEqualTo(Git.refs(source));
        Git.commit(source, "later.txt", "later\n");
        assertThat(publisher.publish(source, PUBLISH).objects()).isEqualTo(3);
    }

    @Test
    void aPackThatHoldsMoreIsMadeAnew() throws IOException {
        Node publisher = new Node();
        Path source = packedSource();
        // An object that no ref, no reflog and no index names, packed with the others.
        Files.writeString(source.resolve("secret.txt"), "nobody is to have this");
        String secret = Git.run(source, "hash-object", "-w", "secret.txt");
        Git.run(source, "tag", "keep", secret);
        Git.run(source, "repack", "-adq");
        Git.run(source, "tag", "-d", "keep");
        assertThat(Git.run(source, "count-objects", "-v")).contains("count: 0", "packs: 1");
        RepositoryId id = publisher.publish(source, PUBLISH).repository();
        Path held = publisher.repositories.gitDirectory(id);
        assertThat(packs(held)).hasSize(1).isNotEqualTo(packs(source.resolve(".git")));
        assertThat(Git.attempt(held, "cat-file", "-e", secret).code()).isNotZero();
        assertThat(Git.run(held, "fsck", "--strict")).isEmpty();
    }

    @Test
    void aPackThatIsDamagedOrLacksObjectsIsRefused() throws IOException {
        Node publisher = new Node();
        Path source = packedSource();
        Path pack = source.resolve(".git/objects/pack")
                .resolve(packs(source.resolve(".git")).getFirst());
        byte[] good = Files.readAllBytes(pack);
        byte[] bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.delete(pack);
        Files.write(pack, bad);
        assertThatThrownBy(() -> publisher.publish(source, PUBLISH)).isInstanceOf(IOException.class);
        assertThat(publisher.repositories.list()).isEmpty();
        Files.write(pack, good);
        // One object less, in a pack that is well-formed.
        String blob = Git.run(source, "rev-parse", "HEAD:file1.txt");
        Path lacking = folder.resolve("lacking");
        Git.run(folder, "clone", "-q", "--bare", "--no-local", source.toString(), lacking.toString());
        String objects = Stream.of(
                        Git.run(source, "rev-list", "--objects", "--all").split("\n"))
                .map(line -> line.substring(0, 40))
                .filter(object -> !object.equals(blob))
                .reduce("", (all, object) -> all + object + "\n");
        for (String name : packs(lacking)) {
            for (String ending : List.of(".pack", ".idx", ".rev")) {
                Files.deleteIfExists(lacking.resolve("objects/pack").resolve(name.replace(".pack", ending)));
            }
        }
        Files.writeString(folder.resolve("objects.txt"), objects);
        Git.run(
                source,
                "-c",
                "alias.some=!git pack-objects -q " + lacking.resolve("objects/pack/pack") + " < "
                        + folder.resolve("objects.txt"),
                "some");
        assertThat(Git.run(lacking, "count-objects", "-v")).contains("count: 0", "packs: 1");
        assertThatThrownBy(() -> publisher.publish(lacking, PUBLISH))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining(blob);
        assertThat(publisher.repositories.list()).isEmpty();
    }

    @Test
    void whatNoRefReachesAnyMoreIsPackedAwayOnceItIsMoreThanAQuarter() throws IOException {
        Node publisher = new Node();
        Node seeder = new Node();
        Path source = Git.repository(folder.resolve("source"), 4);
        RepositoryId id = publisher.publish(source, PUBLISH).repository();
        seeder.repositories.seed(id, List.of(), Progress.NONE);
        Git.run(source, "checkout", "-qb", "wip");
        Files.write(source.resolve("wip"), noise(1));
        Git.run(source, "add", ".");
        Git.run(source, "commit", "-qm", "wip");
        String small = Git.run(source, "rev-parse", "HEAD:wip");
        publisher.publish(source, PUBLISH);
        Git.run(source, "checkout", "-q", "main");
        Git.run(source, "branch", "-D", "wip");
        publisher.publish(source, PUBLISH);
        assertThat(publisher.state(id).packs())
                .as("a fifth is not worth a new pack")
                .hasSize(2);

        Git.run(source, "checkout", "-qb", "secret");
        Files.write(source.resolve("secret"), noise(2));
        Git.run(source, "add", ".");
        Git.run(source, "commit", "-qm", "secret");
        String secret = Git.run(source, "rev-parse", "HEAD:secret");
        publisher.publish(source, PUBLISH);
        seeder.fetch(id);
        List<PackId> before = publisher.state(id).packs();
        Git.run(source, "checkout", "-q", "main");
        Git.run(source, "branch", "-D", "secret");
        publisher.publish(source, PUBLISH);
        assertThat(publisher.state(id).packs()).hasSize(1).doesNotContainAnyElementsOf(before);
        assertThat(Git.run(publisher.repositories.gitDirectory(id), "fsck", "--strict"))
                .doesNotContain("missing", "broken");
        seeder.fetch(id);
        assertThat(seeder.state(id).packs()).isEqualTo(publisher.state(id).packs());
        // Strangers get neither any more.
        Node late = new Node();
        late.fetch(id);
        Path held = late.repositories.gitDirectory(id);
        assertThat(Git.refs(held)).isEqualTo(Git.refs(source));
        for (String object : List.of(small, secret)) {
            assertThat(Git.attempt(held, "cat-file", "-e", object).code()).isNotZero();
        }
        Git.commit(source, "after", "after");
        publisher.publish(source, PUBLISH);
        late.fetch(id);
        assertThat(Git.refs(held)).isEqualTo(Git.refs(source));
    }

    private static byte[] noise(int mebibytes) {
        byte[] bytes = new byte[mebibytes << 20];
        new SplittableRandom(mebibytes).nextBytes(bytes);
        return bytes;
    }

    /** The same repository with a second delegate beside the publisher. */
    private static IdentityChain withDelegate(Node publisher, RepositoryId id, PrivateKey second) throws IOException {
        RecordStore store = new RecordStore(publisher.database);
        SignedIdentity first = store.identities(id).getFirst();
        PrivateKey own = publisher.keys.keyOrDraft();
        List<PublicKey> delegates = Stream.of(own, second)
                .<PublicKey>map(PrivateKey::publicKey)
                .sorted(Comparator.comparing(one -> Bytes.of(one.encoded())))
                .toList();
        Identity value = first.value();
        SignedIdentity next = SignedRecords.seal(
                List.of(own, second),
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
        IdentityChain chain = new IdentityChain(id, List.of(first, next), List.of());
        store.putChain(chain);
        return chain;
    }

    @Test
    void oneOfTwoDelegatesDoesNotRename() throws IOException {
        Node publisher = new Node();
        Path source = source();
        RepositoryId id = publisher.publish(source, PUBLISH).repository();
        withDelegate(publisher, id, TestNode.newKey());
        publisher.restart();
        assertThatThrownBy(() -> publisher.publish(source, RENAME))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.REFUSED));
        assertThat(publisher.state(id).revision()).isEqualTo(1);
    }

    @Test
    void aPackThatIsWrongAsItWasSignedIsItsDelegatesFault() throws IOException {
        Node publisher = new Node();
        Path source = source();
        RepositoryId id = publisher.publish(source, PUBLISH).repository();
        PrivateKey second = TestNode.newKey();
        IdentityChain chain = withDelegate(publisher, id, second);
        RecordStore store = new RecordStore(publisher.database);
        PackId good = publisher.state(id).packs().getFirst();
        PackDescriptor known = store.descriptor(good).orElseThrow().value();
        // The same bytes, of which the second delegate says that they hold one object more.
        PackDescriptor wrong = new PackDescriptor(
                known.size(), known.objects() + 1, known.chunkSize(), known.chunks(), known.bases(), known.inputs());
        PackId bad = PackDescriptorCodec.id(wrong);
        store.putPack(id, wrong);
        Path records = publisher.repositories.gitDirectory(id).resolve("guts/packs");
        Files.copy(records.resolve(good.toString()), records.resolve(bad.toString()));
        RefsBody own = store.body(store.headers(id).getLast().value().body())
                .orElseThrow()
                .value();
        byte[] body = RefsBodyCodec.encode(new RefsBody(own.refs(), List.of(bad), List.of(), List.of()));
        store.put(
                SignedRecords.seal(
                        second,
                        new RefsHeader(
                                id,
                                1,
                                Optional.empty(),
                                chain.newest().hash(),
                                Instant.now(),
                                Bytes.sha256(body),
                                List.of())),
                body);
        publisher.restart();

        Node reader = new Node();
        Fetched fetched = reader.fetch(id);
        assertThat(fetched.blamed()).containsOnlyKeys(second.publicKey().peerId());
        assertThat(Git.refs(reader.repositories.gitDirectory(id))).isEqualTo(Git.refs(source));
        Fetched again = reader.fetch(id);
        assertThat(again.changed()).isFalse();
        assertThat(again.bytes()).as("it is not fetched again").isZero();
        assertThat(again.blamed()).containsOnlyKeys(second.publicKey().peerId());
    }
}
