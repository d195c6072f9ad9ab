package network.guts.sync.records;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.NOON;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.Fixtures.header;
import static network.guts.sync.Fixtures.next;
import static network.guts.sync.Fixtures.repository;
import static network.guts.sync.Fixtures.signed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.runtime.Database;
import network.guts.sync.core.DelegateViews;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordStoreTest {
    @TempDir
    private Path folder;

    private Database database;
    private RecordStore store;

    private final SignedIdentity first = signed(first(1, ALICE, BOB), ALICE, BOB);
    private final RepositoryId repository = repository(first);
    private final SignedIdentity second = signed(next(first, "second", 1, ALICE), ALICE);
    private final SignedIdentity fork = signed(next(first, "fork", 1, ALICE), ALICE);
    private final byte[] body = RefsBodyCodec.encode(RefsBody.EMPTY);

    private final PackDescriptor pack = new PackDescriptor(
            32, 0, PackDescriptor.CHUNK_SIZE, List.of(new PackDescriptor.Chunk(hash("c"), -1)), List.of(), List.of());

    @BeforeEach
    void open() throws IOException {
        database = Database.open(folder.resolve("node.db"));
        store = new RecordStore(database);
    }

    @AfterEach
    void close() throws IOException {
        database.close();
    }

    private Signed<RefsHeader> withBody(long sequence) {
        return SignedRecords.seal(
                ALICE,
                new RefsHeader(
                        repository, sequence, Optional.empty(), first.hash(), NOON, Bytes.sha256(body), List.of()));
    }

    @Test
    void whatWasPutIsThereAfterAKill() throws IOException {
        Signed<RefsHeader> one = withBody(1);
        Signed<RefsHeader> forkA = header(BOB, first, repository, 3, "a");
        Signed<RefsHeader> forkB = header(BOB, first, repository, 3, "b");
        Signed<Fresh> fresh = SignedRecords.seal(ALICE, new Fresh(repository, 1, one.hash(), NOON));
        store.putChain(new IdentityChain(repository, List.of(first, second), List.of(fork)));
        store.put(one, body);
        store.putHeaders(List.of(forkA));
        store.putFresh(fresh);
        store.putEvidence(Equivocation.of(forkA, forkB));
        PackId id = store.putPack(repository, pack);
        store.putPolicy(new SeedingPolicy(repository, true, 1 << 20));
        store.heardOf(repository, NOON);

        // What lies on disk at this moment, without any orderly end: the file and its write-ahead log.
        Path copy = Files.createDirectory(folder.resolve("after"));
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        try (Database reopened = Database.open(copy.resolve("node.db"))) {
            RecordStore again = new RecordStore(reopened);
            assertThat(again.repositories()).containsExactly(repository);
            assertThat(again.identities(repository)).containsExactlyInAnyOrder(first, second, fork);
            assertThat(again.applied(repository)).containsExactly(first.hash(), second.hash());
            assertThat(again.headers(repository)).containsExactlyInAnyOrder(one, forkA);
            assertThat(again.body(Bytes.sha256(body)).orElseThrow().value()).isEqualTo(RefsBody.EMPTY);
            assertThat(again.fresh(repository)).containsExactly(fresh);
            assertThat(again.evidence(repository)).containsExactly(Equivocation.of(forkA, forkB));
            assertThat(again.packs(repository)).containsExactly(id);
            assertThat(again.descriptor(id).orElseThrow().value()).isEqualTo(pack);
            assertThat(again.policy(repository)).isEqualTo(new SeedingPolicy(repository, true, 1 << 20));
            assertThat(again.heardOf(repository)).contains(NOON);
        }
    }

    @Test
    void headersThatAreNoLongerKeptGoWithTheirBodies() throws IOException {
        DelegateViews views = new DelegateViews(new IdentityChain(repository, List.of(first), List.of()));
        for (int sequence = 1; sequence <= 70; sequence++) {
            Signed<RefsHeader> header = header(ALICE, first, repository, sequence, "a");
            store.putHeaders(List.of(header));
            views.accept(header);
        }
        store.put(withBody(71), body);
        store.prune(views);
        assertThat(store.headers(repository)).hasSize(64).isEqualTo(views.headers());
        store.delete(repository);
        assertThat(store.body(Bytes.sha256(body))).isEmpty();
    }

    @Test
    void deletingARepositoryLeavesTheOthers() throws IOException {
        SignedIdentity otherFirst = signed(first(1, BOB), BOB);
        RepositoryId other = repository(otherFirst);
        store.putChain(new IdentityChain(repository, List.of(first), List.of()));
        store.putChain(new IdentityChain(other, List.of(otherFirst), List.of()));
        PackId id = store.putPack(repository, pack);
        store.putPack(other, pack);
        assertThat(store.delete(repository)).isTrue();
        assertThat(store.delete(repository)).isFalse();
        assertThat(store.repositories()).containsExactly(other);
        assertThat(store.descriptor(id)).isPresent();
        store.removePack(other, id);
        assertThat(store.descriptor(id)).isEmpty();
        assertThat(store.policy(repository).seeded()).isFalse();
    }

    @Test
    void aDamagedRowIsAnErrorAndNotARecord() throws IOException {
        store.put(withBody(1), body);
        database.transaction(sql -> {
            try (var statement = sql.createStatement()) {
                return statement.executeUpdate("UPDATE sync_header SET envelope = x'00ff'");
            }
        });
        assertThatThrownBy(() -> store.headers(repository))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
    }
}
