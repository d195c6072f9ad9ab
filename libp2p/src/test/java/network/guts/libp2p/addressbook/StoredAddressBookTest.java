package network.guts.libp2p.addressbook;

import static network.guts.libp2p.Keys.address;
import static network.guts.libp2p.Keys.key;
import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PeerRecord;
import network.guts.core.SignedEnvelope;
import network.guts.libp2p.Await;
import network.guts.libp2p.TestClock;
import network.guts.runtime.Database;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredAddressBookTest {
    private static final Multiaddr A = address("/ip4/10.0.0.1/tcp/1");
    private static final Multiaddr B = address("/ip4/10.0.0.1/tcp/2");
    private static final Multiaddr C = address("/ip4/10.0.0.1/tcp/3");
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private final TestClock clock = new TestClock();
    private final Set<PeerId> connected = new LinkedHashSet<>();

    private Database database() throws IOException {
        return Database.open(folder.resolve("state.db"));
    }

    private StoredAddressBook book(Database database, int maxPeers) throws IOException {
        return new StoredAddressBook(new PeerTables(database), clock, () -> connected, maxPeers);
    }

    private static SignedEnvelope record(int number, long sequence, Multiaddr... addresses) {
        return new PeerRecord(peer(number), sequence, List.of(addresses)).seal(key(number));
    }

    @Test
    void whatWorkedComesFirstAndExpiredAddressesAreGone() throws Exception {
        try (Database database = database();
                StoredAddressBook book = book(database, 100)) {
            book.add(peer(1), List.of(A, B.withPeerId(peer(1))), HOUR);
            book.worked(peer(1), B);
            assertThat(book.addresses(peer(1))).containsExactly(B, A);
            book.failed(peer(1), B);
            book.worked(peer(1), A);
            assertThat(book.addresses(peer(1))).containsExactly(A, B);
            clock.advance(HOUR);
            assertThat(book.addresses(peer(1))).containsExactly(A, B);
            clock.advance(Duration.ofDays(31));
            assertThat(book.addresses(peer(1))).isEmpty();
            assertThat(book.addresses(peer(2))).isEmpty();
        }
    }

    @Test
    void aSignedRecordReplacesHearsayAndOlderRecordsAreRefused() throws Exception {
        try (Database database = database();
                StoredAddressBook book = book(database, 100)) {
            book.add(peer(1), List.of(A), HOUR);
            assertThat(book.add(record(1, 5, B), HOUR)).isTrue();
            assertThat(book.addresses(peer(1))).containsExactly(B);
            assertThat(book.add(record(1, 4, A), HOUR)).isFalse();
            assertThat(book.addresses(peer(1))).containsExactly(B);
            assertThat(book.add(record(1, 6, C), HOUR)).isTrue();
            assertThat(book.addresses(peer(1))).containsExactly(C);
            assertThat(book.record(peer(1))).contains(record(1, 6, C));
            clock.advance(HOUR);
            assertThat(book.record(peer(1))).isEmpty();
            assertThat(book.add(record(1, 4, A), HOUR)).isTrue();
        }
    }

    @Test
    void aRecordSignedBySomebodyElseIsRefused() throws Exception {
        SignedEnvelope forged = SignedEnvelope.seal(
                key(2),
                "libp2p-peer-record",
                new byte[] {3, 1},
                record(1, 1, A).verify("libp2p-peer-record", new byte[] {3, 1}));
        try (Database database = database();
                StoredAddressBook book = book(database, 100)) {
            assertThatThrownBy(() -> book.add(forged, HOUR)).isInstanceOf(MalformedException.class);
            assertThat(book.addresses(peer(1))).isEmpty();
        }
    }

    @Test
    void aRestartKeepsAddressesRecordsAndWhoWasSeen() throws Exception {
        try (Database database = database();
                StoredAddressBook book = book(database, 100)) {
            book.add(peer(1), List.of(A, B), HOUR);
            book.worked(peer(1), B);
            book.seen(peer(1));
            clock.advance(Duration.ofMinutes(1));
            book.add(record(2, 7, C), HOUR);
            book.seen(peer(2));
            book.add(peer(3), List.of(A), HOUR);
        }
        try (Database database = database();
                StoredAddressBook book = book(database, 100)) {
            assertThat(book.lastSeen(10))
                    .containsExactly(new PeerInfo(peer(2), List.of(C)), new PeerInfo(peer(1), List.of(B, A)));
            assertThat(book.record(peer(2))).contains(record(2, 7, C));
            assertThat(book.addresses(peer(3))).containsExactly(A);
        }
    }

    @Test
    void changesReachTheDatabaseWithoutBeingClosed() throws Exception {
        try (Database database = database();
                StoredAddressBook book = book(database, 100)) {
            book.add(peer(1), List.of(A), HOUR);
            PeerTables other = new PeerTables(database);
            Await.until("the peer is written", () -> other.find(peer(1)).isPresent());
        }
    }

    @Test
    void withoutADatabaseTheSameHoldsUntilTheBookIsClosed() {
        connected.add(peer(0));
        try (StoredAddressBook book = new StoredAddressBook(new PeersInMemory(), clock, () -> connected, 10)) {
            book.add(peer(0), List.of(A, B), HOUR);
            book.worked(peer(0), B);
            for (int i = 1; i < 40; i++) {
                clock.advance(Duration.ofSeconds(1));
                book.add(peer(i), List.of(A), HOUR);
                if (i >= 38) {
                    book.seen(peer(i));
                }
            }
            assertThat(book.lastSeen(10))
                    .containsExactly(new PeerInfo(peer(39), List.of(A)), new PeerInfo(peer(38), List.of(A)));
            assertThat(book.size()).isEqualTo(10);
            assertThat(book.addresses(peer(0))).containsExactly(B, A);
        }
        try (StoredAddressBook book = StoredAddressBook.inMemory(clock, () -> connected)) {
            assertThat(book.addresses(peer(39))).isEmpty();
            assertThat(book.size()).isZero();
        }
    }

    @Test
    void bothBoundsHoldAndConnectedPeersStay() throws Exception {
        connected.add(peer(0));
        List<Multiaddr> many = new ArrayList<>();
        for (int port = 1; port <= 200; port++) {
            many.add(address("/ip4/10.0.0.1/tcp/" + port));
        }
        try (Database database = database();
                StoredAddressBook book = book(database, 10)) {
            book.add(peer(0), many, HOUR);
            book.add(peer(0), many.reversed(), HOUR);
            assertThat(book.addresses(peer(0))).hasSize(PeerEntry.MAX_ADDRESSES);
            book.seen(peer(1));
            book.add(peer(1), List.of(A), HOUR);
            for (int i = 2; i < 40; i++) {
                clock.advance(Duration.ofSeconds(1));
                book.add(peer(i), List.of(A), HOUR);
            }
        }
        try (Database database = database();
                StoredAddressBook book = book(database, 10)) {
            List<Integer> known = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                if (!book.addresses(peer(i)).isEmpty()) {
                    known.add(i);
                }
            }
            assertThat(known).hasSize(10).contains(0, 1, 39).doesNotContain(2);
            assertThat(book.size()).isEqualTo(10);
            book.add(peer(50), List.of(A), HOUR);
            book.flush();
            assertThat(book.size()).isEqualTo(10);
        }
    }
}
