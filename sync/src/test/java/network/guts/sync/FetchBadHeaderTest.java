package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Judgement;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.protocol.SyncSource;
import network.guts.sync.testing.ChangedSource;
import network.guts.sync.testing.Git;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;
import network.guts.sync.wire.SyncMessage;
import org.junit.jupiter.api.Test;

/**
 * Headers that are forged, old, by a stranger, or two of one sequence: what is invalid is rejected and not passed on,
 * evidence is kept and shown. How a provider that sends them in a fetch is treated is in {@link
 * FetchLyingProvidersTest}.
 */
class FetchBadHeaderTest extends NodesTest {
    private static final Bytes EMPTY_BODY = Bytes.sha256(RefsBodyCodec.encode(RefsBody.EMPTY));

    private static Judgement judge(Node node, Node from, RepositoryId id, byte[] envelope) {
        return node.repositories.announced(id, from.host.peerId(), envelope);
    }

    /** What {@code node} says to another that asks for refs. */
    private List<Bytes> headersServedBy(Node node, RepositoryId id) throws IOException {
        try (SyncClient asks = SyncClient.open(hosts.host(), node.host.peerId(), Duration.ofSeconds(30))) {
            return asks.refs(id, 0, Map.of()).stream()
                    .flatMap(part -> part.headers().stream())
                    .toList();
        }
    }

    @Test
    void announcementsAreJudgedBeforeTheyAreForwarded() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node stranger = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        seeder.seed(id);
        Instant now = Instant.now();

        byte[] good = envelope(header(publisher, publisher.key, id, 2, EMPTY_BODY, now));
        byte[] forged = good.clone();
        forged[forged.length - 1] ^= 1;
        byte[] byStranger = envelope(header(publisher, stranger.key, id, 9, EMPTY_BODY, now));
        byte[] first = envelope(publisher.store().headers(id).getFirst());

        assertThat(judge(seeder, stranger, id, forged)).isEqualTo(Judgement.REJECT);
        assertThat(judge(seeder, stranger, id, new byte[] {1, 2, 3})).isEqualTo(Judgement.REJECT);
        assertThat(judge(seeder, stranger, id, byStranger)).isEqualTo(Judgement.REJECT);
        assertThat(judge(seeder, stranger, id, first)).isEqualTo(Judgement.IGNORE);
        assertThat(headersServedBy(seeder, id)).containsExactly(Bytes.of(first));
        assertThat(seeder.store().headers(id)).hasSize(1);
        assertThat(judge(seeder, stranger, id, good)).isEqualTo(Judgement.ACCEPT);

        Signed<RefsHeader> known = publisher.store().headers(id).getFirst();
        byte[] fresh = envelope(SignedRecords.seal(publisher.key, new Fresh(id, 1, known.hash(), now.plusSeconds(60))));
        assertThat(judge(seeder, publisher, id, fresh)).isEqualTo(Judgement.ACCEPT);
        assertThat(judge(seeder, publisher, id, fresh)).isEqualTo(Judgement.IGNORE);
        assertThat(judge(stranger, publisher, id, good)).isEqualTo(Judgement.IGNORE);
    }

    /** Says of one repository always the same. */
    private static final class Replaying extends ChangedSource {
        private final List<SyncMessage.Refs> refs;

        Replaying(SyncSource real, List<SyncMessage.Refs> refs) {
            super(real);
            this.refs = refs;
        }

        @Override
        public Optional<List<SyncMessage.Refs>> refs(
                RepositoryId id, long revisions, Map<PublicKey, Long> since, PeerId asker) {
            return Optional.of(refs);
        }
    }

    @Test
    void anOlderHeaderChangesNothing() throws IOException {
        Node publisher = node();
        Node stale = node();
        Node reader = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        stale.seed(id);
        List<SyncMessage.Refs> old;
        try (SyncClient asks = SyncClient.open(reader.host, publisher.host.peerId(), Duration.ofSeconds(30))) {
            old = asks.refs(id, 0, Map.of());
        }
        Bytes first = Bytes.of(envelope(publisher.store().headers(id).getFirst()));
        Git.commit(source, "more", "more");
        publisher.publish(source);
        reader.seed(id);
        stale.serve(real -> new Replaying(real, old));
        publisher.host.kill();

        Fetched fetched = reader.fetch(id, stale.host.info());
        assertThat(fetched.changed()).isFalse();
        assertThat(fetched.blamed()).as("being late is no fault").isEmpty();
        assertSame(reader, id, source);
        assertThat(reader.repositories
                        .state(id)
                        .orElseThrow()
                        .views()
                        .getFirst()
                        .sequence())
                .isEqualTo(2);
        assertThat(reader.port.announced()).as("it is not passed on").doesNotContain(first);
    }

    /** The publisher's second header, and another with the same sequence that only {@code liar} serves. */
    private Bytes fork(Node publisher, Node liar, RepositoryId id) throws IOException {
        Signed<RefsHeader> other = header(publisher, publisher.key, id, 2, EMPTY_BODY, Instant.now());
        liar.serve(real -> new ChangedSource(real) {
            @Override
            public Optional<List<SyncMessage.Refs>> refs(
                    RepositoryId asked, long revisions, Map<PublicKey, Long> since, PeerId asker) throws IOException {
                return super.refs(asked, revisions, Map.of(), asker)
                        .map(parts -> parts.stream()
                                .map(part -> new SyncMessage.Refs(
                                        part.identities(),
                                        part.headers().isEmpty()
                                                ? List.of()
                                                : List.of(part.headers().getFirst(), Bytes.of(envelope(other))),
                                        List.of(),
                                        List.of(Bytes.of(RefsBodyCodec.encode(RefsBody.EMPTY))),
                                        List.of()))
                                .toList());
            }
        });
        return Bytes.of(envelope(other));
    }

    private static void assertForkIsShown(Node node, Node signer, RepositoryId id) throws IOException {
        assertThat(node.store().evidence(id)).hasSize(1);
        RepositoryState state = node.repositories.state(id).orElseThrow();
        assertThat(state.views().getFirst().equivocation())
                .hasValueSatisfying(
                        words -> assertThat(words).contains("two headers with sequence 2", "sequence 1 counts"));
        assertThat(state.warnings())
                .anyMatch(warning -> warning.contains("two headers with sequence 2")
                        && warning.contains(signer.key.publicKey().peerId().toString()));
    }

    @Test
    void twoHeadersOfOneSequenceInAFetchAreKeptShownAndPassedOnOnce() throws IOException {
        Node publisher = node();
        Node liar = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        liar.seed(id);
        Node reader = node();
        reader.seed(id);
        String before = reader.refs(id);
        reader.port.follow(id, false);
        liar.port.follow(id, false);
        Bytes other = fork(publisher, liar, id);
        Git.commit(source, "more", "more");
        publisher.publish(source);
        Bytes second = Bytes.of(envelope(publisher.store().headers(id).getLast()));

        assertThat(reader.port.announced()).isEmpty();
        reader.fetch(id);
        assertForkIsShown(reader, publisher, id);
        assertThat(reader.refs(id)).as("the last before the fork counts").isEqualTo(before);
        assertThat(reader.port.announced()).contains(second, other);
        reader.port.announced().clear();
        reader.fetch(id);
        assertThat(reader.port.announced()).as("once").doesNotContain(second, other);
        reader.restart();
        assertForkIsShown(reader, publisher, id);

        Node late = node();
        late.fetch(id, reader.host.info());
        assertForkIsShown(late, publisher, id);
        assertThat(headersServedBy(reader, id)).contains(second, other);
    }

    @Test
    void aSecondHeaderOfOneSequenceThatIsAnnouncedIsKeptShownAndForwardedOnce() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        Git.commit(source, "more", "more");
        publisher.publish(source);
        seeder.seed(id);
        byte[] other = envelope(header(publisher, publisher.key, id, 2, EMPTY_BODY, Instant.now()));
        assertThat(judge(seeder, publisher, id, other)).isEqualTo(Judgement.ACCEPT);
        assertThat(judge(seeder, publisher, id, other)).isEqualTo(Judgement.IGNORE);
        assertThat(seeder.store().evidence(id)).hasSize(1);
        assertThat(seeder.repositories.state(id).orElseThrow().warnings())
                .anyMatch(warning -> warning.contains("two headers with sequence 2"));
        // A reader hears of it from the seeder.
        Node reader = node();
        reader.fetch(id, seeder.host.info());
        assertThat(reader.store().evidence(id)).hasSize(1);
    }
}
