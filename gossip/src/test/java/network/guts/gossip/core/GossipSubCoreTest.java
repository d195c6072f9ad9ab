package network.guts.gossip.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.gossip.Gossip.Verdict;
import network.guts.gossip.core.Control.IHave;
import network.guts.gossip.core.Control.Prune;
import network.guts.gossip.core.GossipEffect.Deliver;
import network.guts.gossip.core.GossipEffect.Dropped;
import network.guts.gossip.core.GossipEffect.Inspected;
import network.guts.gossip.core.GossipEffect.Published;
import network.guts.gossip.core.GossipEffect.Send;
import network.guts.gossip.core.GossipEffect.Snapshot;
import network.guts.gossip.core.GossipEffect.Validate;
import network.guts.gossip.core.GossipInput.InboundOpened;
import network.guts.gossip.core.GossipInput.Inspect;
import network.guts.gossip.core.GossipInput.OutboundLost;
import network.guts.gossip.core.GossipInput.OutboundOpened;
import network.guts.gossip.core.GossipInput.PeerGone;
import network.guts.gossip.core.GossipInput.Publish;
import network.guts.gossip.core.GossipInput.Received;
import network.guts.gossip.core.GossipInput.Subscribe;
import network.guts.gossip.core.GossipInput.Unsubscribe;
import network.guts.gossip.core.GossipInput.Validated;
import network.guts.gossip.core.Rpc.Subscription;
import org.junit.jupiter.api.Test;

/** One core and hand-made neighbours: each rule and each bound by itself. */
class GossipSubCoreTest {
    private static final String TOPIC = Overlay.TOPIC;
    private static final PeerId SELF = Overlay.id(0);
    private static final PeerId ALICE = Overlay.id(1);
    private static final PeerId BOB = Overlay.id(2);

    /** A score that the test sets, and that counts what the core reports. */
    private static final class TestScore implements PeerScore {
        final Map<PeerId, Double> scores = new TreeMap<>();
        final Map<PeerId, Integer> misbehaved = new TreeMap<>();
        final Map<PeerId, Integer> rejected = new TreeMap<>();
        final Map<PeerId, Integer> badlySigned = new TreeMap<>();

        @Override
        public double score(PeerId peer) {
            return scores.getOrDefault(peer, 0.0);
        }

        @Override
        public void misbehaved(PeerId peer, int count) {
            misbehaved.merge(peer, count, Integer::sum);
        }

        @Override
        public void rejected(PeerId peer, String topic) {
            rejected.merge(peer, 1, Integer::sum);
        }

        @Override
        public void badlySigned(PeerId peer, int count) {
            badlySigned.merge(peer, count, Integer::sum);
        }
    }

    private final TestScore score = new TestScore();
    private final GossipSubCore core =
            new GossipSubCore(SELF, GossipParameters.DEFAULT, score, new SplittableRandom(1));
    private Instant now = Instant.EPOCH;

    private List<GossipEffect> handle(GossipInput input) {
        return core.handle(input, now);
    }

    /** Lets time pass, heartbeat by heartbeat. */
    private List<GossipEffect> pass(Duration duration) {
        List<GossipEffect> effects = new ArrayList<>(core.wake(now));
        Instant end = now.plus(duration);
        while (now.isBefore(end)) {
            now = now.plusSeconds(1);
            effects.addAll(core.wake(now));
        }
        return effects;
    }

    private void follower(PeerId peer) {
        handle(new InboundOpened(peer));
        handle(new OutboundOpened(peer, ProtocolVersion.V1_1));
        handle(received(peer, List.of(new Subscription(TOPIC, true)), List.of(), Control.NONE));
    }

    private static Received received(
            PeerId peer, List<Subscription> subscriptions, List<SignedMessage> messages, Control control) {
        return new Received(peer, subscriptions, messages, List.of(), 0, control);
    }

    private List<GossipEffect> messages(PeerId peer, SignedMessage... messages) {
        return handle(received(peer, List.of(), List.of(messages), Control.NONE));
    }

    private List<GossipEffect> control(PeerId peer, Control control) {
        return handle(received(peer, List.of(), List.of(), control));
    }

    private List<GossipEffect> graft(PeerId peer) {
        return control(peer, new Control(List.of(), List.of(), List.of(TOPIC), List.of()));
    }

    private List<GossipEffect> prune(PeerId peer, Duration backoff) {
        return control(peer, new Control(List.of(), List.of(), List.of(), List.of(new Prune(TOPIC, backoff))));
    }

    private List<GossipEffect> ihave(PeerId peer, Bytes... ids) {
        return control(peer, new Control(List.of(new IHave(TOPIC, List.of(ids))), List.of(), List.of(), List.of()));
    }

    private List<GossipEffect> iwant(PeerId peer, Bytes... ids) {
        return control(peer, new Control(List.of(), List.of(ids), List.of(), List.of()));
    }

    private Snapshot inspect() {
        return handle(new Inspect(1)).stream()
                .filter(Inspected.class::isInstance)
                .map(effect -> ((Inspected) effect).snapshot())
                .findFirst()
                .orElseThrow();
    }

    private Set<PeerId> mesh() {
        return inspect().meshes().getOrDefault(TOPIC, Set.of());
    }

    private static List<Rpc> sent(List<GossipEffect> effects, PeerId to) {
        return effects.stream()
                .filter(Send.class::isInstance)
                .map(Send.class::cast)
                .filter(send -> send.peer().equals(to))
                .map(Send::rpc)
                .toList();
    }

    private static List<Prune> prunes(List<GossipEffect> effects, PeerId to) {
        return sent(effects, to).stream()
                .flatMap(rpc -> rpc.control().prune().stream())
                .toList();
    }

    private static List<Bytes> wanted(List<GossipEffect> effects, PeerId from) {
        return sent(effects, from).stream()
                .flatMap(rpc -> rpc.control().iwant().stream())
                .toList();
    }

    private static <E extends GossipEffect> List<E> only(Class<E> kind, List<GossipEffect> effects) {
        return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private static Bytes id(int number) {
        return Bytes.sha256(new byte[] {(byte) number, (byte) (number >> 8)});
    }

    @Test
    void aNewStreamIsGreetedWithWhatIsFollowed() {
        handle(new Subscribe(TOPIC));
        assertThat(sent(handle(new OutboundOpened(ALICE, ProtocolVersion.V1_1)), ALICE))
                .singleElement()
                .extracting(Rpc::subscriptions)
                .isEqualTo(List.of(new Subscription(TOPIC, true)));
    }

    @Test
    void whatAPeerFollowsIsKnownBeforeItCanBeWrittenTo() {
        handle(new InboundOpened(ALICE));
        handle(received(ALICE, List.of(new Subscription(TOPIC, true)), List.of(), Control.NONE));
        handle(new OutboundOpened(ALICE, ProtocolVersion.V1_1));
        handle(new Subscribe(TOPIC));
        assertThat(mesh()).containsExactly(ALICE);
        assertThat(inspect().subscribers().getOrDefault(TOPIC, Set.of())).containsExactly(ALICE);
    }

    @Test
    void aMessageIsForwardedAfterItsVerdictAndNotToWhoHasIt() {
        handle(new Subscribe(TOPIC));
        List<PeerId> others = IntStream.range(3, 8).mapToObj(Overlay::id).toList();
        follower(ALICE);
        follower(BOB);
        others.forEach(this::follower);
        List.of(ALICE, BOB).forEach(this::graft);
        others.forEach(this::graft);
        SignedMessage message = Overlay.message(others.getFirst(), "news");
        List<GossipEffect> first = messages(ALICE, message);
        assertThat(only(Validate.class, first)).hasSize(1);
        assertThat(only(Send.class, first)).isEmpty();
        assertThat(messages(BOB, message)).isEmpty();
        List<GossipEffect> accepted = handle(new Validated(message.id(), Verdict.ACCEPT));
        assertThat(only(Deliver.class, accepted)).hasSize(1);
        assertThat(only(Send.class, accepted).stream().map(Send::peer))
                .containsExactlyInAnyOrderElementsOf(others.subList(1, others.size()));
        assertThat(handle(new Validated(message.id(), Verdict.ACCEPT))).isEmpty();
    }

    @Test
    void everySenderOfARejectedMessageIsBlamed() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        follower(BOB);
        SignedMessage message = Overlay.message(ALICE, "bad");
        messages(ALICE, message);
        messages(BOB, message);
        assertThat(handle(new Validated(message.id(), Verdict.REJECT))).isEmpty();
        assertThat(score.rejected).containsOnlyKeys(ALICE, BOB);
        assertThat(sent(iwant(BOB, message.id()), BOB)).isEmpty();
    }

    @Test
    void anIgnoredMessageIsDroppedAndNobodyIsBlamed() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        SignedMessage message = Overlay.message(ALICE, "old");
        messages(ALICE, message);
        assertThat(handle(new Validated(message.id(), Verdict.IGNORE))).isEmpty();
        assertThat(score.rejected).isEmpty();
        assertThat(messages(ALICE, message)).isEmpty();
    }

    @Test
    void messagesOfOtherTopicsAndOwnOnesComingBackAreDropped() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        assertThat(messages(ALICE, Overlay.message(ALICE, "/other", "news"))).isEmpty();
        assertThat(messages(ALICE, Overlay.message(SELF, "mine"))).isEmpty();
        assertThat(inspect().dropped()).isEqualTo(new Dropped(0, 1, 0, 0));
        messages(ALICE, Overlay.message(ALICE, "news"));
        assertThat(messages(ALICE, Overlay.message(ALICE, "news"))).isEmpty();
        assertThat(inspect().dropped()).isEqualTo(new Dropped(1, 1, 0, 0));
    }

    @Test
    void pendingValidationsAreBoundedForEachPeerAndWhatHasNoRoomMayComeAgain() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        follower(BOB);
        SignedMessage[] flood = IntStream.range(0, 2 * Limits.MAX_PENDING_PER_PEER)
                .mapToObj(i -> Overlay.message(ALICE, "flood " + i))
                .toArray(SignedMessage[]::new);
        assertThat(only(Validate.class, messages(ALICE, flood))).hasSize(Limits.MAX_PENDING_PER_PEER);
        assertThat(inspect().dropped()).isEqualTo(new Dropped(0, 0, Limits.MAX_PENDING_PER_PEER, 0));
        assertThat(only(Validate.class, messages(BOB, Overlay.message(BOB, "news"))))
                .hasSize(1);
        assertThat(score.misbehaved).isEmpty();
        handle(new Validated(flood[0].id(), Verdict.ACCEPT));
        assertThat(only(Validate.class, messages(ALICE, flood[flood.length - 1])))
                .hasSize(1);
    }

    @Test
    void pendingValidationsAreBoundedInAllAndDoNotWaitForEver() {
        handle(new Subscribe(TOPIC));
        int validations = 0;
        for (int peer = 1; peer <= 20; peer++) {
            PeerId id = Overlay.id(peer);
            follower(id);
            int number = peer;
            SignedMessage[] flood = IntStream.range(0, Limits.MAX_PENDING_PER_PEER)
                    .mapToObj(i -> Overlay.message(id, "flood " + number + " " + i))
                    .toArray(SignedMessage[]::new);
            validations += only(Validate.class, messages(id, flood)).size();
        }
        assertThat(validations).isEqualTo(Limits.MAX_PENDING);
        pass(Limits.PENDING_TTL.plusSeconds(1));
        assertThat(only(Validate.class, messages(ALICE, Overlay.message(ALICE, "later"))))
                .hasSize(1);
    }

    @Test
    void aGraftDuringBackoffIsPrunedAndBlamed() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        graft(ALICE);
        assertThat(mesh()).containsExactly(ALICE);
        prune(ALICE, Duration.ofSeconds(60));
        assertThat(mesh()).isEmpty();
        assertThat(prunes(graft(ALICE), ALICE)).containsExactly(new Prune(TOPIC, Duration.ofMinutes(1)));
        assertThat(score.misbehaved).containsEntry(ALICE, 2);
        pass(Duration.ofSeconds(30));
        graft(ALICE);
        assertThat(score.misbehaved).containsEntry(ALICE, 3);
        assertThat(mesh()).isEmpty();
    }

    @Test
    void abackoffIsHonouredAndEnds() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        graft(ALICE);
        prune(ALICE, Duration.ofSeconds(90));
        List<GossipEffect> during = pass(Duration.ofSeconds(89));
        assertThat(sent(during, ALICE)).allMatch(rpc -> rpc.control().graft().isEmpty());
        List<GossipEffect> after = pass(Duration.ofSeconds(10));
        assertThat(sent(after, ALICE)).anyMatch(rpc -> rpc.control().graft().contains(TOPIC));
        assertThat(mesh()).containsExactly(ALICE);
    }

    @Test
    void aFloodOfGraftsGetsOneAnswerAHeartbeat() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        prune(ALICE, Duration.ofSeconds(60));
        int answers = 0;
        for (int i = 0; i < 1_000; i++) {
            answers += prunes(graft(ALICE), ALICE).size();
        }
        assertThat(answers).isEqualTo(1);
        assertThat(score.misbehaved.get(ALICE)).isGreaterThanOrEqualTo(1_000);
        pass(Duration.ofSeconds(1));
        assertThat(prunes(graft(ALICE), ALICE)).hasSize(1);
    }

    @Test
    void graftsBeyondTheUpperBoundAreRefused() {
        handle(new Subscribe(TOPIC));
        List<PeerId> many = IntStream.range(1, 40).mapToObj(Overlay::id).toList();
        int refused = 0;
        for (PeerId peer : many) {
            follower(peer);
            refused += prunes(graft(peer), peer).size();
        }
        assertThat(mesh()).hasSize(GossipParameters.DEFAULT.degreeHigh());
        assertThat(refused).isEqualTo(many.size() - GossipParameters.DEFAULT.degreeHigh());
    }

    @Test
    void graftsForUnknownTopicsGetNoAnswerAndStrangersNoPlace() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        assertThat(control(ALICE, new Control(List.of(), List.of(), List.of("/unknown"), List.of())))
                .isEmpty();
        handle(new InboundOpened(BOB));
        handle(new OutboundOpened(BOB, ProtocolVersion.V1_0));
        assertThat(prunes(graft(BOB), BOB)).containsExactly(new Prune(TOPIC, Duration.ZERO));
        assertThat(mesh()).doesNotContain(BOB);
    }

    @Test
    void leavingPrunesWithTheShortBackoff() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        graft(ALICE);
        List<GossipEffect> left = handle(new Unsubscribe(TOPIC));
        assertThat(sent(left, ALICE)).singleElement().satisfies(rpc -> {
            assertThat(rpc.subscriptions()).containsExactly(new Subscription(TOPIC, false));
            assertThat(rpc.control().prune()).containsExactly(new Prune(TOPIC, Duration.ofSeconds(10)));
        });
        handle(new Subscribe(TOPIC));
        assertThat(mesh()).isEmpty();
        pass(Duration.ofSeconds(15));
        assertThat(mesh()).containsExactly(ALICE);
    }

    @Test
    void ihaveIsAnsweredWithIwantOfWhatIsMissing() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        SignedMessage known = Overlay.message(BOB, "known");
        messages(ALICE, known);
        assertThat(wanted(ihave(ALICE, known.id(), id(1)), ALICE)).containsExactly(id(1));
    }

    @Test
    void ihaveSpamIsBounded() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        int asked = 0;
        for (int i = 0; i < 1_000; i++) {
            asked += wanted(ihave(ALICE, id(i)), ALICE).size();
        }
        assertThat(asked).isEqualTo(Limits.MAX_IHAVE_PER_HEARTBEAT);
        pass(Duration.ofSeconds(1));
        Bytes[] many = IntStream.range(0, 3_000).mapToObj(GossipSubCoreTest::id).toArray(Bytes[]::new);
        Bytes[] more =
                IntStream.range(3_000, 6_000).mapToObj(GossipSubCoreTest::id).toArray(Bytes[]::new);
        int first = wanted(ihave(ALICE, many), ALICE).size();
        int second = wanted(ihave(ALICE, more), ALICE).size();
        assertThat(first + second).isEqualTo(Limits.MAX_IDS_PER_RPC);
    }

    @Test
    void aBrokenPromiseIsBlamedAndAKeptOneIsNot() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        follower(BOB);
        SignedMessage message = Overlay.message(SELF, "promised");
        ihave(ALICE, message.id());
        ihave(BOB, id(9));
        messages(ALICE, message);
        pass(Duration.ofSeconds(10));
        assertThat(score.misbehaved).containsOnlyKeys(BOB);
    }

    @Test
    void aMessageIsSentAgainThreeTimesAtMost() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        SignedMessage message = Overlay.message(SELF, "news");
        handle(new Publish(1, message));
        int sent = 0;
        for (int i = 0; i < 10; i++) {
            sent += sent(iwant(ALICE, message.id()), ALICE).size();
        }
        assertThat(sent).isEqualTo(Limits.MAX_RETRANSMISSIONS);
        pass(Duration.ofSeconds(10));
        follower(BOB);
        assertThat(sent(iwant(BOB, message.id()), BOB)).isEmpty();
    }

    @Test
    void aPublicationIsDeliveredOnceAndSentAgainWhenRepeated() {
        handle(new Subscribe(TOPIC));
        SignedMessage message = Overlay.message(SELF, "news");
        List<GossipEffect> alone = handle(new Publish(1, message));
        assertThat(only(Published.class, alone)).containsExactly(new Published(1, 0));
        assertThat(only(Deliver.class, alone)).hasSize(1);
        follower(ALICE);
        List<GossipEffect> again = handle(new Publish(2, message));
        assertThat(only(Published.class, again)).containsExactly(new Published(2, 1));
        assertThat(only(Deliver.class, again)).isEmpty();
        assertThat(sent(again, ALICE)).hasSize(1);
    }

    @Test
    void topicsOfAPeerAreBounded() {
        handle(new InboundOpened(ALICE));
        List<Subscription> many = IntStream.range(0, 5_000)
                .mapToObj(i -> new Subscription("/t/" + i, true))
                .toList();
        handle(received(ALICE, many, List.of(), Control.NONE));
        assertThat(inspect().subscribers()).hasSize(Limits.MAX_TOPICS_PER_PEER);
        handle(new PeerGone(ALICE));
        assertThat(inspect().subscribers()).isEmpty();
        assertThat(inspect().scores()).isEmpty();
    }

    @Test
    void topicsOfAllPeersAreBoundedExceptTheFollowedOnes() {
        int peers = Limits.MAX_TOPIC_ENTRIES / Limits.MAX_TOPICS_PER_PEER + 10;
        List<Subscription> many = IntStream.range(0, Limits.MAX_TOPICS_PER_PEER - 1)
                .mapToObj(i -> new Subscription("/t/" + i, true))
                .toList();
        handle(new Subscribe(TOPIC));
        for (int peer = 1; peer <= peers; peer++) {
            handle(new InboundOpened(Overlay.id(peer)));
            handle(received(Overlay.id(peer), many, List.of(), Control.NONE));
            handle(received(Overlay.id(peer), List.of(new Subscription(TOPIC, true)), List.of(), Control.NONE));
        }
        Snapshot snapshot = inspect();
        assertThat(snapshot.subscribers().getOrDefault(TOPIC, Set.of())).hasSize(peers);
        assertThat(snapshot.subscribers().values().stream().mapToInt(Set::size).sum())
                .isLessThanOrEqualTo(Limits.MAX_TOPIC_ENTRIES + peers);
    }

    @Test
    void theScoreKeepsPeersOutOfMeshGossipAndPublications() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        graft(ALICE);
        score.scores.put(ALICE, -1.0);
        assertThat(prunes(pass(Duration.ofSeconds(2)), ALICE)).hasSize(1);
        assertThat(mesh()).isEmpty();
        assertThat(wanted(ihave(ALICE, id(1)), ALICE)).hasSize(1);
        score.scores.put(ALICE, -20.0);
        assertThat(wanted(ihave(ALICE, id(2)), ALICE)).isEmpty();
        assertThat(sent(handle(new Publish(1, Overlay.message(SELF, "a"))), ALICE))
                .hasSize(1);
        score.scores.put(ALICE, -60.0);
        assertThat(sent(handle(new Publish(2, Overlay.message(SELF, "b"))), ALICE))
                .isEmpty();
        score.scores.put(ALICE, -90.0);
        assertThat(messages(ALICE, Overlay.message(ALICE, "c"))).isEmpty();
    }

    @Test
    void aLostStreamLeavesTheMeshAndComesBack() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        graft(ALICE);
        handle(new OutboundLost(ALICE));
        assertThat(mesh()).isEmpty();
        assertThat(inspect().subscribers().getOrDefault(TOPIC, Set.of())).containsExactly(ALICE);
        assertThat(only(Published.class, handle(new Publish(1, Overlay.message(SELF, "a")))))
                .containsExactly(new Published(1, 0));
        handle(new OutboundOpened(ALICE, ProtocolVersion.V1_1));
        pass(Duration.ofSeconds(2));
        assertThat(mesh()).containsExactly(ALICE);
    }

    @Test
    void nothingIsHeardOfAPeerThatIsGone() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        handle(new PeerGone(ALICE));
        assertThat(messages(ALICE, Overlay.message(ALICE, "late"))).isEmpty();
        assertThat(inspect().dropped()).isEqualTo(new Dropped(0, 0, 0, 1));
        handle(received(ALICE, List.of(new Subscription(TOPIC, true)), List.of(), Control.NONE));
        assertThat(inspect().subscribers()).isEmpty();
    }

    @Test
    void badSignaturesAreReportedToTheScore() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        handle(new Received(ALICE, List.of(), List.of(), List.of(), 3, Control.NONE));
        assertThat(score.badlySigned).containsEntry(ALICE, 3);
    }

    @Test
    void anIdIsForgottenAfterTwoMinutes() {
        handle(new Subscribe(TOPIC));
        follower(ALICE);
        SignedMessage message = Overlay.message(ALICE, "news");
        messages(ALICE, message);
        handle(new Validated(message.id(), Verdict.ACCEPT));
        pass(Duration.ofSeconds(118));
        assertThat(messages(ALICE, message)).isEmpty();
        pass(Duration.ofSeconds(5));
        assertThat(only(Validate.class, messages(ALICE, message))).hasSize(1);
    }
}
