package network.guts.sync.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.Multiaddr;
import network.guts.core.PeerInfo;
import network.guts.core.PublicKey;
import network.guts.runtime.Database;
import network.guts.sync.SyncSettings;
import network.guts.sync.fetch.IpGroup;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.records.Mirrored;
import network.guts.sync.records.RecordStore;
import network.guts.sync.records.SeedingPolicy;
import network.guts.sync.testing.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuotasTest {
    private static final SyncSettings.Shares SHARES = new SyncSettings.Shares(10 << 20, 15 << 20);

    @TempDir
    private Path folder;

    private final PublicKey alice = TestNode.newKey().publicKey();
    private final PublicKey bob = TestNode.newKey().publicKey();
    private Database database;
    private RecordStore store;
    private LocalRepositories repositories;

    @BeforeEach
    void open() throws IOException {
        database = Database.open(folder.resolve("node.db"));
        store = new RecordStore(database);
        repositories = new LocalRepositories(folder.resolve("repositories"), store, InstantSource.system());
    }

    @AfterEach
    void close() throws IOException {
        repositories.close();
        database.close();
    }

    private static RepositoryId id(int number) {
        return RepositoryId.ofPayload(new byte[] {(byte) number});
    }

    private static Optional<String> group(String address) throws IOException {
        return IpGroup.of(new PeerInfo(TestNode.newKey().peerId(), List.of(Multiaddr.parse(address))));
    }

    /** As if {@code id} held a pack of so many bytes. */
    private void holds(RepositoryId id, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        content[0] = id.hash().digest().toArray()[0];
        store.putPack(
                id,
                new PackDescriptor(
                        bytes,
                        1,
                        PackDescriptor.CHUNK_SIZE,
                        java.util.stream.IntStream.range(0, (bytes + (1 << 20) - 1) >> 20)
                                .mapToObj(i -> new PackDescriptor.Chunk(
                                        Bytes.sha256(new byte[] {content[0], (byte) i}),
                                        i == 0 ? 12 : PackDescriptor.NO_ENTRY))
                                .toList(),
                        List.of(),
                        List.of()));
    }

    @Test
    void aSignerAndAGroupOfAddressesHaveAShareEach() throws IOException {
        Quotas quotas = new Quotas(repositories, SHARES);
        Optional<String> here = group("/ip4/8.8.8.8/tcp/1");
        quotas.open(new Mirrored(id(1), alice, here));
        holds(id(1), 6 << 20);
        quotas.refresh(id(1));
        assertThat(store.policy(id(1)).quotaBytes()).as("it may grow").isEqualTo(10 << 20);

        Quotas.Left sameSigner = quotas.left(new Mirrored(id(2), alice, group("/ip4/9.9.9.9/tcp/1")));
        assertThat(sameSigner.bytes()).isEqualTo(4 << 20);
        assertThat(sameSigner.limit())
                .contains("seeding.signer_quota", alice.peerId().toString());

        quotas.open(new Mirrored(id(3), bob, group("/ip4/8.8.4.4/tcp/7")));
        holds(id(3), 8 << 20);
        quotas.refresh(id(3));
        Quotas.Left sameGroup =
                quotas.left(new Mirrored(id(4), TestNode.newKey().publicKey(), here));
        assertThat(sameGroup.bytes()).isEqualTo(1 << 20);
        assertThat(sameGroup.limit()).contains("seeding.group_quota");
        assertThat(quotas.left(new Mirrored(id(4), TestNode.newKey().publicKey(), group("/ip4/192.168.1.1/tcp/1")))
                        .bytes())
                .as("private addresses are in no group")
                .isEqualTo(10 << 20);
        assertThat(group("/ip4/127.0.0.1/tcp/1")).isEmpty();
        assertThat(group("/ip6/fd00::1/tcp/1")).isEmpty();

        Quotas reopened = new Quotas(repositories, SHARES);
        assertThat(reopened.left(new Mirrored(id(2), alice, here)).bytes())
                .as("accounts are on disk")
                .isEqualTo(1 << 20);
    }

    @Test
    void emptyRepositoriesCountToo() throws IOException {
        Quotas quotas = new Quotas(repositories, SHARES);
        for (int i = 0; i < 10; i++) {
            Mirrored one = new Mirrored(id(i), alice, Optional.empty());
            assertThat(quotas.left(one).bytes()).isPositive();
            quotas.open(one);
        }
        assertThat(quotas.left(new Mirrored(id(10), alice, Optional.empty())).bytes())
                .isZero();
    }

    @Test
    void whatIsAskedForIsOnNobodysAccount() throws IOException {
        Quotas quotas = new Quotas(repositories, SHARES);
        quotas.open(new Mirrored(id(1), alice, Optional.empty()));
        assertThat(quotas.close(id(1))).isTrue();
        assertThat(quotas.close(id(1))).isFalse();
        assertThat(store.mirrored()).isEmpty();
        assertThat(store.policy(id(1))).isEqualTo(new SeedingPolicy(id(1), true, SeedingPolicy.NO_QUOTA));
        holds(id(1), 9 << 20);
        quotas.refresh(id(1));
        assertThat(store.policy(id(1)).quotaBytes()).isEqualTo(SeedingPolicy.NO_QUOTA);
        assertThat(quotas.left(new Mirrored(id(2), alice, Optional.empty())).bytes())
                .isEqualTo(10 << 20);
    }

    @Test
    void whatIsExpectedCountsAsIfItWereThere() throws IOException {
        Quotas quotas = new Quotas(repositories, SHARES);
        quotas.open(new Mirrored(id(1), alice, Optional.empty()));
        quotas.reserve(id(1), 7 << 20);
        quotas.refresh(id(1));
        Mirrored next = new Mirrored(id(2), alice, Optional.empty());
        assertThat(quotas.left(next).bytes()).isEqualTo(3 << 20);
        assertThat(quotas.reservedBeside(id(2))).isEqualTo(6 << 20);
        assertThat(quotas.reservedBeside(id(1))).isZero();
        quotas.reserve(id(1), 0);
        assertThat(quotas.left(next).bytes()).isEqualTo(9 << 20);
        quotas.reserve(id(2), 5 << 20);
        assertThat(quotas.account(id(2))).as("it is on no account").isEmpty();
        assertThat(quotas.account(id(1)).orElseThrow().signer()).isEqualTo(alice);
    }
}
