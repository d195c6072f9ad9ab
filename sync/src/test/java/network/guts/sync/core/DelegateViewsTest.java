package network.guts.sync.core;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.CAROL;
import static network.guts.sync.Fixtures.NOON;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.Fixtures.next;
import static network.guts.sync.Fixtures.repository;
import static network.guts.sync.Fixtures.signed;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PrivateKey;
import network.guts.sync.Fixtures;
import network.guts.sync.core.HeaderOutcome.Accepted;
import network.guts.sync.core.HeaderOutcome.Backfilled;
import network.guts.sync.core.HeaderOutcome.Equivocated;
import network.guts.sync.core.HeaderOutcome.Ignored;
import network.guts.sync.core.HeaderOutcome.NeedsIdentity;
import network.guts.sync.core.HeaderOutcome.Rejected;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.wire.SignedRecords;
import org.junit.jupiter.api.Test;

class DelegateViewsTest {
    private final SignedIdentity first = signed(first(1, ALICE, BOB), ALICE, BOB);
    private final RepositoryId repository = repository(first);
    private final IdentityChain chain = new IdentityChain(repository, List.of(first), List.of());
    private final DelegateViews views = new DelegateViews(chain);

    private Signed<RefsHeader> header(PrivateKey signer, long sequence, String tag, Bytes... resolves) {
        return Fixtures.header(signer, first, repository, sequence, tag, resolves);
    }

    @Test
    void risingSequencesAreAcceptedAndOldOnesIgnored() {
        Signed<RefsHeader> one = header(ALICE, 1, "a");
        Signed<RefsHeader> seven = header(ALICE, 7, "a");
        assertThat(views.accept(one)).isInstanceOf(Accepted.class);
        assertThat(views.accept(seven)).isInstanceOf(Accepted.class);
        assertThat(views.accept(seven)).isInstanceOf(Ignored.class);
        assertThat(views.accept(header(ALICE, 5, "a"))).isInstanceOf(Ignored.class);
        assertThat(views.counting()).containsOnly(Map.entry(ALICE.publicKey(), seven));
        assertThat(views.highest(ALICE.publicKey())).isEqualTo(7);
    }

    @Test
    void strangersAndOtherRepositoriesAreRejected() {
        assertThat(views.accept(header(CAROL, 1, "c"))).isInstanceOf(Rejected.class);
        RepositoryId other = RepositoryId.ofPayload(new byte[0]);
        assertThat(views.accept(Fixtures.header(ALICE, first, other, 1, "x"))).isInstanceOf(Rejected.class);
    }

    @Test
    void anUnknownRevisionIsFetchedFirst() {
        SignedIdentity second = signed(next(first, "second", 1, ALICE), ALICE);
        Signed<RefsHeader> early = Fixtures.header(ALICE, second, repository, 3, "early");
        assertThat(views.accept(early)).isEqualTo(new NeedsIdentity(second.hash()));
        views.accept(header(BOB, 1, "b"));
        views.follow(new IdentityChain(repository, List.of(first, second), List.of()));
        assertThat(views.accept(early)).isInstanceOf(Accepted.class);
        assertThat(views.counting()).as("Bob is no delegate any more").containsOnlyKeys(ALICE.publicKey());
    }

    @Test
    void aHeaderUnderAForkThatIsNotFollowedIsIgnored() {
        SignedIdentity fork = signed(next(first, "fork", 1, ALICE), ALICE);
        views.follow(new IdentityChain(repository, List.of(first), List.of(fork)));
        assertThat(views.accept(Fixtures.header(ALICE, fork, repository, 1, "f")))
                .isInstanceOf(Ignored.class);
    }

    @Test
    void anEquivocatorCountsWithItsLastRecordBeforeTheForkUntilItIsMended() {
        Signed<RefsHeader> four = header(ALICE, 4, "a");
        Signed<RefsHeader> fiveA = header(ALICE, 5, "a");
        Signed<RefsHeader> fiveB = header(ALICE, 5, "b");
        views.accept(four);
        views.accept(fiveA);
        assertThat(views.accept(fiveB)).isEqualTo(new Equivocated(Equivocation.of(fiveA, fiveB)));
        assertThat(views.accept(fiveB)).as("known").isInstanceOf(Ignored.class);
        assertThat(views.accept(header(ALICE, 5, "c"))).as("two are enough").isInstanceOf(Ignored.class);
        assertThat(views.counting()).containsEntry(ALICE.publicKey(), four);
        assertThat(views.warning(ALICE.publicKey()).orElse("")).contains("sequence 5", "sequence 4 counts");

        assertThat(views.accept(header(ALICE, 6, "a"))).isInstanceOf(Accepted.class);
        assertThat(views.accept(header(ALICE, 7, "a", fiveA.hash()))).isInstanceOf(Accepted.class);
        assertThat(views.counting()).containsEntry(ALICE.publicKey(), four);

        Signed<RefsHeader> mended = SignedRecords.seal(ALICE, views.draft(ALICE.publicKey(), hash("body"), NOON));
        assertThat(mended.value().sequence()).isEqualTo(8);
        assertThat(views.accept(mended)).isInstanceOf(Accepted.class);
        assertThat(views.counting()).containsEntry(ALICE.publicKey(), mended);
        assertThat(views.warning(ALICE.publicKey())).isEmpty();
        assertThat(views.evidence()).hasSize(1);
    }

    @Test
    void aForkOfTheFirstHeaderLeavesNothingThatCounts() {
        views.accept(header(ALICE, 1, "a"));
        views.accept(header(ALICE, 1, "b"));
        assertThat(views.counting()).isEmpty();
        assertThat(views.warning(ALICE.publicKey()).orElse("")).contains("none counts");
    }

    @Test
    void aReaderWhoHearsOfTheForkLateComesToTheSameView() {
        Signed<RefsHeader> four = header(ALICE, 4, "a");
        Signed<RefsHeader> fiveA = header(ALICE, 5, "a");
        Signed<RefsHeader> fiveB = header(ALICE, 5, "b");
        Signed<RefsHeader> nine = header(ALICE, 9, "a");
        views.accept(nine);
        assertThat(views.accept(Equivocation.of(fiveA, fiveB))).isInstanceOf(Equivocated.class);
        assertThat(views.counting()).isEmpty();
        assertThat(views.accept(four)).isInstanceOf(Backfilled.class);
        assertThat(views.counting()).containsEntry(ALICE.publicKey(), four);
        Signed<RefsHeader> mends = header(ALICE, 6, "m", fiveA.hash(), fiveB.hash());
        assertThat(views.accept(mends)).isInstanceOf(Backfilled.class);
        assertThat(views.counting()).containsEntry(ALICE.publicKey(), nine);
    }

    @Test
    void theLast64HeadersAreKeptAndTheOnesThatDecide() {
        Signed<RefsHeader> one = header(ALICE, 1, "a");
        Signed<RefsHeader> twoA = header(ALICE, 2, "a");
        Signed<RefsHeader> twoB = header(ALICE, 2, "b");
        views.accept(one);
        views.accept(twoA);
        views.accept(twoB);
        for (int sequence = 3; sequence < 200; sequence++) {
            views.accept(header(ALICE, sequence, "a"));
        }
        assertThat(views.headers(ALICE.publicKey()).size()).isBetween(64, 66);
        assertThat(views.counting()).containsEntry(ALICE.publicKey(), one);
        Signed<RefsHeader> mends = header(ALICE, 200, "m", twoA.hash(), twoB.hash());
        views.accept(mends);
        for (int sequence = 201; sequence < 400; sequence++) {
            views.accept(header(ALICE, sequence, "a"));
        }
        assertThat(views.headers(ALICE.publicKey())).contains(mends).hasSizeBetween(64, 66);
        assertThat(views.counting().get(ALICE.publicKey()).value().sequence()).isEqualTo(399);

        DelegateViews again = new DelegateViews(chain);
        views.evidence().forEach(again::accept);
        new ArrayList<>(views.headers()).forEach(again::accept);
        assertThat(again.counting()).isEqualTo(views.counting());
    }

    @Test
    void theNextHeaderFollowsTheHighestThatIsKnown() {
        RefsHeader draft = views.draft(ALICE.publicKey(), hash("body"), NOON);
        assertThat(draft.sequence()).isEqualTo(1);
        assertThat(draft.previous()).isEmpty();
        Signed<RefsHeader> known = header(ALICE, 41, "a");
        views.accept(known);
        RefsHeader next = views.draft(ALICE.publicKey(), hash("body"), NOON);
        assertThat(next.sequence()).isEqualTo(42);
        assertThat(next.previous()).isEqualTo(Optional.of(known.hash()));
        assertThat(next.identity()).isEqualTo(first.hash());
    }

    @Test
    void freshnessIsOnlyOfTheHeaderThatCounts() {
        Freshness freshness = new Freshness(views);
        Signed<RefsHeader> one = header(ALICE, 1, "a");
        views.accept(one);
        assertThat(freshness.confirmation(NOON).stale()).isTrue();
        Signed<Fresh> word = SignedRecords.seal(ALICE, new Fresh(repository, 1, one.hash(), NOON));
        assertThat(freshness.accept(word, NOON)).isInstanceOf(FreshOutcome.Accepted.class);
        assertThat(freshness.accept(word, NOON)).isInstanceOf(FreshOutcome.Ignored.class);
        assertThat(freshness.confirmation(NOON.plus(Duration.ofHours(5))))
                .isEqualTo(new Freshness.Confirmation(Optional.of(NOON), false, "confirmed 5 h ago"));
        assertThat(freshness.confirmation(NOON.plus(Duration.ofDays(8))).stale())
                .isTrue();
        assertThat(freshness.isDue(ALICE.publicKey(), NOON.plus(Duration.ofHours(23))))
                .isFalse();
        assertThat(freshness.isDue(ALICE.publicKey(), NOON.plus(Duration.ofHours(24))))
                .isTrue();

        views.accept(header(ALICE, 2, "a"));
        assertThat(freshness.confirmation(NOON).confirmed()).isEmpty();
        Signed<Fresh> ahead = SignedRecords.seal(ALICE, new Fresh(repository, 9, hash("nine"), NOON));
        assertThat(freshness.accept(ahead, NOON)).isEqualTo(new FreshOutcome.NeedsHeader(9, hash("nine")));
        Signed<Fresh> stranger = SignedRecords.seal(CAROL, new Fresh(repository, 1, one.hash(), NOON));
        assertThat(freshness.accept(stranger, NOON)).isInstanceOf(FreshOutcome.Ignored.class);
        Signed<Fresh> future = SignedRecords.seal(
                ALICE, new Fresh(repository, 2, header(ALICE, 2, "a").hash(), NOON.plus(Duration.ofHours(1))));
        assertThat(freshness.accept(future, NOON)).isInstanceOf(FreshOutcome.Ignored.class);
    }
}
