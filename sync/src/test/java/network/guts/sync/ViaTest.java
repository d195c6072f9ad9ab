package network.guts.sync;

import static network.guts.sync.testing.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.host.Stream;
import network.guts.runtime.Database;
import network.guts.runtime.Frames;
import network.guts.sync.Repositories.Kept;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.records.Mirrored;
import network.guts.sync.records.ViaPending;
import network.guts.sync.records.ViaStore;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.MemoryStream;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.SignedRecords;
import network.guts.sync.wire.ViaCodec;
import network.guts.sync.wire.ViaReply;
import network.guts.sync.wire.ViaReply.Failure.Code;
import org.junit.jupiter.api.Test;

/** A seeder that keeps a repository because its publisher asks for it: who may, how much, and what can go wrong. */
class ViaTest extends NodesTest {
    private static final SyncSettings.Via ALL = new SyncSettings.Via(SyncSettings.Via.Who.ALL, Set.of());
    private static final Duration NO_PATIENCE = Duration.ofMillis(1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** More than any message but a chunk. */
    private static final int BIG_WRITE = 10_000;

    private static SyncSettings settings(SyncSettings.Via via) {
        return SyncSettings.DEFAULT.withVia(via);
    }

    private static SyncSettings settings(long maxRepository, long diskQuota, long signerQuota, Set<PeerId> members) {
        return new SyncSettings(
                64 << 20,
                SyncSettings.Policy.FOLLOWED,
                maxRepository,
                diskQuota,
                Set.of(),
                0,
                members,
                new SyncSettings.Shares(signerQuota, 1L << 40),
                SyncSettings.PeerRate.DEFAULT,
                ALL);
    }

    private static Kept keep(Node publisher, RepositoryId id, Node seeder) throws IOException {
        return publisher.repositories.via(id, seeder.host.info(), PATIENCE, Progress.NONE);
    }

    private static SyncException refusal(Node publisher, RepositoryId id, Node seeder) {
        SyncException refused = catchThrowableOfType(SyncException.class, () -> keep(publisher, id, seeder));
        assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(SyncException.Kind.REFUSED);
        return refused;
    }

    private static void assertNothingKept(Node seeder) throws IOException {
        assertThat(seeder.repositories.list()).isEmpty();
        assertThat(seeder.store().repositories()).isEmpty();
        assertThat(seeder.store().mirrored()).isEmpty();
        assertThat(new ViaStore(seeder.database).pending()).isEmpty();
        Path folder = seeder.home.resolve("repositories");
        try (var files = Files.isDirectory(folder) ? Files.list(folder) : java.util.stream.Stream.<Path>empty()) {
            assertThat(files).isEmpty();
        }
    }

    private ViaAsk ask(Node publisher, RepositoryId id, Node seeder) {
        return new ViaAsk(id, seeder.host.peerId(), publisher.host.peerId(), Instant.now(), 1, 1000);
    }

    private static List<ViaReply> say(Node publisher, Node seeder, byte[] request) throws IOException {
        List<ViaReply> replies = new ArrayList<>();
        try (Stream stream = publisher.host.open(seeder.host.peerId(), List.of(ViaCodec.PROTOCOL), PATIENCE)) {
            Frames.write(stream, request);
            for (byte[] frame = Frames.read(stream, ViaCodec.MAX_REPLY);
                    frame != null;
                    frame = Frames.read(stream, ViaCodec.MAX_REPLY)) {
                replies.add(ViaCodec.decodeReply(frame));
            }
        }
        return replies;
    }

    private static ViaReply.Failure failure(Node publisher, Node seeder, PrivateKey key, ViaAsk ask)
            throws IOException {
        return (ViaReply.Failure)
                say(publisher, seeder, envelope(SignedRecords.seal(key, ask))).getLast();
    }

    @Test
    void aSeederKeepsProvidesAndFollowsWhatItIsAskedFor() throws IOException {
        Node seeder = node(settings(ALL));
        Node publisher = node();
        Path source = source(3);
        RepositoryId id = publisher.publish(source).repository();
        List<Progress.State> told = new CopyOnWriteArrayList<>();
        Kept kept = publisher.repositories.via(id, seeder.host.info(), PATIENCE, told::add);

        assertSame(seeder, id, source);
        assertThat(told).extracting(Progress.State::phase).contains("seeder: accepted");
        assertThat(kept.seeder()).isEqualTo(seeder.host.peerId());
        assertThat(kept.addresses()).isEqualTo(seeder.host.addresses());
        assertThat(publisher.repositories.keptBy(id)).containsExactly(kept);
        assertThat(seeder.store().mirrored())
                .as("it is on the signer's account")
                .extracting(Mirrored::signer)
                .containsExactly(publisher.key.publicKey());
        assertThat(ownBody(publisher, id).seeds())
                .as("the delegate vouches for it")
                .extracting(PeerInfo::peer)
                .containsExactly(publisher.host.peerId(), seeder.host.peerId());
        List<PeerId> providers = new ArrayList<>();
        publisher.port.findProviders(id, 10, PATIENCE, found -> providers.add(found.peer()));
        assertThat(providers).contains(seeder.host.peerId());

        // What gossip brings there is not what is tried here.
        seeder.port.follow(id, false);
        Git.commit(source, "later", "later");
        publisher.publish(source);
        eventually("what is signed later arrives", () -> seeder.refs(id).equals(Git.refs(source)));
        long newest = ownSequence(publisher, id);
        eventually(
                "and is known to have arrived",
                () -> publisher.repositories.keptBy(id).getFirst().sequence() == newest);
        assertThat(keep(publisher, id, seeder).sequence()).as("asked once more").isEqualTo(newest);
    }

    private static long ownSequence(Node publisher, RepositoryId id) throws IOException {
        return publisher.repositories.state(id).orElseThrow().views().getFirst().sequence();
    }

    @Test
    void whatWasMissedArrivesWhenTheSeederIsBack() throws IOException {
        Node seeder = node(settings(ALL));
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        keep(publisher, id, seeder);
        seeder.port.follow(id, false);
        seeder.repositories.close();
        Git.commit(source, "later", "later");
        publisher.publish(source);
        publisher.restart();
        seeder.restart();
        seeder.port.follow(id, false);
        eventually("it arrives", () -> seeder.refs(id).equals(Git.refs(source)));
        publisher.repositories.unseed(id, false);
        assertThat(publisher.repositories.keptBy(id)).isEmpty();
        assertThat(new ViaStore(publisher.database).all()).isEmpty();
    }

    @Test
    void onlyWhoIsAllowedMayAsk() throws IOException {
        Node publisher = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        PeerId stranger = TestNode.newKey().peerId();
        for (SyncSettings closed : List.of(
                SyncSettings.DEFAULT,
                settings(new SyncSettings.Via(SyncSettings.Via.Who.LISTED, Set.of(stranger))),
                settings(new SyncSettings.Via(SyncSettings.Via.Who.MEMBERS, Set.of())))) {
            Node seeder = node(closed);
            assertThat(refusal(publisher, id, seeder)).hasMessageContaining("seeding.via");
            assertNothingKept(seeder);
        }
        Node members = node(settings(new SyncSettings.Via(SyncSettings.Via.Who.MEMBERS, Set.of())));
        members.repositories.members(Set.of(publisher.host.peerId()));
        for (Node seeder : List.of(
                members,
                node(settings(new SyncSettings.Via(SyncSettings.Via.Who.LISTED, Set.of(publisher.host.peerId())))),
                node(settings(new SyncSettings.Via(SyncSettings.Via.Who.LISTED, Set.of(publisher.key.peerId())))))) {
            keep(publisher, id, seeder);
            assertThat(seeder.repositories.list())
                    .extracting(RepositoryState::seeded)
                    .containsExactly(true);
        }
        assertThatThrownBy(() -> keep(publisher, id, publisher)).hasMessageContaining("this node itself");
        assertThatThrownBy(() -> keep(members, id, publisher))
                .as("no delegate asks")
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("delegate");
    }

    @Test
    void declaredSizesAreHeldAgainstEveryLimit() throws IOException {
        Node publisher = node();
        RepositoryId id = publisher.publish(source(4)).repository();
        long little = 3 << 20;
        long much = 1L << 40;
        Node maximum = node(settings(little, much, much, Set.of()));
        assertThat(refusal(publisher, id, maximum)).hasMessageContaining("seeding.max_repository_size");
        Node disk = node(settings(much, little, much, Set.of()));
        assertThat(refusal(publisher, id, disk)).hasMessageContaining("seeding.disk_quota");
        Node signer = node(settings(much, much, little, Set.of()));
        assertThat(refusal(publisher, id, signer)).hasMessageContaining("seeding.signer_quota");
        assertThat(new ViaStore(publisher.database).all())
                .as("nobody has agreed")
                .isEmpty();
        for (Node seeder : List.of(maximum, disk, signer)) {
            assertNothingKept(seeder);
        }
        assertThat(publisher.repositories.keptBy(id)).isEmpty();
        // Whoever declares less than there is meets the limit before the packs flow.
        ViaReply.Failure caught = failure(publisher, signer, publisher.key, ask(publisher, id, signer));
        assertThat(caught.code()).isEqualTo(Code.REFUSED);
        assertThat(caught.message()).contains("at most " + little);
        assertNothingKept(signer);
    }

    @Test
    void anAskIsForOneSeederByOnePublisherAndForAWhile() throws IOException {
        Node publisher = node();
        Node seeder = node(settings(ALL));
        Node other = node(settings(ALL));
        RepositoryId id = publisher.publish(source(0)).repository();
        ViaAsk good = ask(publisher, id, seeder);
        byte[] signed = envelope(SignedRecords.seal(publisher.key, good));

        assertThat(((ViaReply.Failure) say(publisher, other, signed).getLast()).message())
                .contains("another seeder");
        assertThat(((ViaReply.Failure) say(other, seeder, signed).getLast()).message())
                .contains("another node");
        for (Duration off : List.of(Duration.ofMinutes(-11), Duration.ofMinutes(11))) {
            ViaAsk stale = new ViaAsk(
                    id, good.seeder(), good.publisher(), good.time().plus(off), good.sequence(), good.bytes());
            ViaReply.Failure refused = failure(publisher, seeder, publisher.key, stale);
            assertThat(refused.code()).isEqualTo(Code.REFUSED);
            assertThat(refused.message()).contains("by the clock here");
        }
        byte[] bad = signed.clone();
        bad[bad.length - 1] ^= 1;
        for (byte[] malformed : List.of(bad, new byte[] {1, 2, 3}, new byte[ViaCodec.MAX_REQUEST + 1])) {
            assertThat(((ViaReply.Failure) say(publisher, seeder, malformed).getLast()).code())
                    .isEqualTo(Code.MALFORMED);
        }
        ViaReply.Failure stranger = failure(publisher, seeder, TestNode.newKey(), good);
        assertThat(stranger.code()).isEqualTo(Code.REFUSED);
        assertThat(stranger.message()).contains("no delegate");
        ViaAsk unknown = ask(publisher, RepositoryId.ofPayload(new byte[] {1}), seeder);
        assertThat(failure(publisher, seeder, publisher.key, unknown).code())
                .as("the publisher itself does not serve it")
                .isEqualTo(Code.FAILED);
        assertNothingKept(seeder);
        assertNothingKept(other);
        assertThat(say(publisher, seeder, signed).getLast()).isEqualTo(new ViaReply.Kept(1));
    }

    @Test
    void aPeerHasFewAsksUnderWay() throws IOException {
        Node publisher = node();
        Node seeder = node(settings(ALL));
        RepositoryId id = publisher.publish(source(0)).repository();
        byte[] signed = envelope(SignedRecords.seal(publisher.key, ask(publisher, id, seeder)));
        Stream first = publisher.host.open(seeder.host.peerId(), List.of(ViaCodec.PROTOCOL), PATIENCE);
        Stream second = publisher.host.open(seeder.host.peerId(), List.of(ViaCodec.PROTOCOL), PATIENCE);
        eventually(
                "a third is one too many",
                () -> say(publisher, seeder, new byte[] {1}).getLast() instanceof ViaReply.Failure failure
                        && failure.code() == Code.BUSY);
        first.reset();
        second.reset();
        eventually("room is made", () -> say(publisher, seeder, signed).getLast() instanceof ViaReply.Kept);
    }

    /** Lets so many chunks through, then ends. */
    private static final class Ending extends MemoryStream {
        private final AtomicInteger chunks;
        private final Runnable then;

        Ending(MemoryStream stream, AtomicInteger chunks, Runnable then) {
            super(stream);
            this.chunks = chunks;
            this.then = then;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            if (length > BIG_WRITE && chunks.getAndDecrement() <= 0) {
                then.run();
                reset();
            }
            super.write(buffer, offset, length);
        }
    }

    @Test
    void whatCameBeforeAFailureIsKeptForTheNextTime() throws IOException {
        Node publisher = node();
        Node seeder = node(settings(ALL));
        Path source = source(8);
        RepositoryId id = publisher.publish(source).repository();
        AtomicInteger chunks = new AtomicInteger(3);
        publisher.host.decorate(stream -> new Ending(stream, chunks, () -> {}));
        SyncException told = catchThrowableOfType(SyncException.class, () -> keep(publisher, id, seeder));
        assertThat(told.kind()).isEqualTo(SyncException.Kind.FAILED);
        assertThat(told).hasMessageContaining("no provider is left that delivers");
        assertThat(seeder.heldChunks()).isPositive();
        assertThat(seeder.repositories.list()).isEmpty();
        assertThat(new ViaStore(seeder.database).pending())
                .extracting(ViaPending::repository)
                .containsExactly(id);

        publisher.repositories.close();
        publisher.host.decorate(stream -> stream);
        seeder.restart();
        assertThat(seeder.heldChunks()).as("a restart loses nothing").isPositive();
        publisher.restart();
        eventually(
                "the publisher goes back by itself",
                () -> publisher.repositories.keptBy(id).stream().anyMatch(kept -> kept.sequence() > 0));
        assertSame(seeder, id, source);
        assertThat(new ViaStore(seeder.database).pending()).isEmpty();
    }

    @Test
    void aPublisherIsToldThatItsSeederIsGone() throws IOException {
        Node publisher = node();
        Node seeder = node(settings(ALL));
        RepositoryId id = publisher.publish(source(8)).repository();
        AtomicInteger chunks = new AtomicInteger(2);
        publisher.host.decorate(stream -> new Ending(stream, chunks, seeder.host::kill));
        SyncException told = catchThrowableOfType(
                SyncException.class,
                () -> publisher.repositories.via(id, seeder.host.info(), NO_PATIENCE, Progress.NONE));
        assertThat(told.kind()).isEqualTo(SyncException.Kind.FAILED);
        assertThat(told)
                .hasMessageContaining("agreed to keep")
                .hasMessageContaining(seeder.host.peerId().toString());
        assertThat(publisher.repositories.keptBy(id)).extracting(Kept::sequence).containsExactly(0L);
        assertThat(ownBody(publisher, id).seeds()).extracting(PeerInfo::peer).doesNotContain(seeder.host.peerId());
    }

    @Test
    void whatAPublisherLeavesBehindGoesAfterADay() throws IOException {
        Node publisher = node();
        Node seeder = node(settings(ALL));
        RepositoryId id = publisher.publish(source(8)).repository();
        AtomicInteger chunks = new AtomicInteger(3);
        publisher.host.decorate(stream -> new Ending(stream, chunks, () -> {}));
        assertThatThrownBy(() -> keep(publisher, id, seeder)).isInstanceOf(SyncException.class);
        publisher.repositories.close();
        assertThat(seeder.heldChunks()).isPositive();
        seeder.stop();
        try (Database database = Database.open(seeder.home.resolve("node.db"))) {
            new ViaStore(database).put(new ViaPending(id, 1, Instant.now().minus(Duration.ofHours(25))));
        }
        seeder.restart();
        eventually("it is gone", () -> seeder.store().repositories().isEmpty());
        eventually(
                "with all of it", () -> new ViaStore(seeder.database).pending().isEmpty());
        assertNothingKept(seeder);
    }

    @Test
    void aSeederThatClaimsWhatItHasNotIsNotBelieved() throws IOException {
        Node publisher = node();
        Node liar = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        Git.commit(folder.resolve("source"), "later", "later");
        publisher.publish(folder.resolve("source"));
        liar.host.handle(ViaCodec.PROTOCOL, stream -> {
            Frames.readRequired(stream, ViaCodec.MAX_REQUEST);
            Frames.write(stream, ViaCodec.encode(new ViaReply.Kept(1)));
        });
        assertThatThrownBy(() -> publisher.repositories.via(id, liar.host.info(), NO_PATIENCE, Progress.NONE))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("older than what it was asked for");
        assertThat(publisher.repositories.keptBy(id)).isEmpty();
    }
}
