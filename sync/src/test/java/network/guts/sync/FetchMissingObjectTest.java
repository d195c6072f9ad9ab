package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.PrivateKey;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.TestNode;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Headers whose refs reach objects that no pack holds cost only those who signed them. */
class FetchMissingObjectTest extends NodesTest {
    private static final String NOWHERE = "1".repeat(40);

    /** The same packs, and one more branch that names nothing. */
    private static RefsBody withRefToNowhere(RefsBody body) throws IOException {
        List<Ref> refs = new ArrayList<>(body.refs());
        refs.addFirst(new Ref("refs/heads/broken", ObjectId.parse(NOWHERE)));
        return new RefsBody(refs, body.packs(), List.of(), List.of());
    }

    private static void assertFails(ThrowingCallable fetch, String... words) {
        assertThatThrownBy(fetch)
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.FAILED))
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    @Test
    void oneOfTwoDelegatesIsPassedOverAndTheOtherCounts() throws IOException {
        Node publisher = node();
        Path source = source(1);
        RepositoryId id = publisher.publish(source).repository();
        PrivateKey second = TestNode.newKey();
        addDelegate(publisher, id, second);
        sign(publisher, second, id, 1, withRefToNowhere(ownBody(publisher, id)));
        publisher.restart();

        Node reader = node();
        Fetched fetched = reader.fetch(id);
        assertThat(fetched.blamed()).containsOnlyKeys(second.publicKey().peerId());
        assertThat(fetched.blamed().get(second.publicKey().peerId())).contains(NOWHERE, "refs/heads/broken");
        assertSame(reader, id, source);
        assertThat(Git.run(reader.repositories.gitDirectory(id), "for-each-ref"))
                .contains(publisher.key.publicKey().peerId().toString())
                .doesNotContain(NOWHERE, second.publicKey().peerId().toString());

        Path stale = reader.repositories.gitDirectory(id).resolve("guts/incoming/" + "0".repeat(64) + ".part");
        Files.createFile(stale);
        Fetched again = reader.fetch(id);
        assertThat(stale).as("what nobody lists any more is not kept").doesNotExist();
        assertThat(again.changed()).isFalse();
        assertThat(again.blamed()).containsOnlyKeys(second.publicKey().peerId());

        sign(publisher, second, id, 2, ownBody(publisher, id));
        publisher.restart();
        assertThat(reader.fetch(id).blamed()).isEmpty();
        assertThat(reader.repositories.state(id).orElseThrow().views()).hasSize(2);
    }

    @Test
    void withoutAnotherDelegateNothingIsVisibleAndNothingIsFetchedTwice() throws IOException {
        Node publisher = node();
        Path source = source(3);
        RepositoryId id = publisher.publish(source).repository();
        RefsBody good = ownBody(publisher, id);
        sign(publisher, publisher.key, id, 2, withRefToNowhere(good));
        publisher.restart();

        Node reader = node();
        assertFails(
                () -> reader.fetch(id),
                NOWHERE,
                publisher.key.publicKey().peerId().toString());
        assertThat(reader.repositories.list()).isEmpty();
        int held = reader.heldChunks();
        assertThat(held).isGreaterThanOrEqualTo(3);
        reader.restart();
        assertFails(() -> reader.fetch(id), NOWHERE);
        assertThat(reader.repositories.list()).isEmpty();
        assertThat(reader.heldChunks()).isEqualTo(held);

        sign(publisher, publisher.key, id, 3, good);
        publisher.restart();
        Fetched mended = reader.fetch(id);
        assertThat(mended.bytes()).as("every chunk was here").isZero();
        assertSame(reader, id, source);
        assertThat(reader.heldChunks()).isZero();
    }

    @Test
    void aReaderStaysWhereItWas() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        reader.fetch(id);
        sign(publisher, publisher.key, id, 2, withRefToNowhere(ownBody(publisher, id)));
        publisher.restart();
        assertFails(() -> reader.fetch(id), NOWHERE);
        assertSame(reader, id, source);
        assertThat(reader.repositories
                        .state(id)
                        .orElseThrow()
                        .views()
                        .getFirst()
                        .sequence())
                .isEqualTo(1);
    }

    @Test
    void whenEveryDelegateSaysSoAllAreNamed() throws IOException {
        Node publisher = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        PrivateKey second = TestNode.newKey();
        addDelegate(publisher, id, second);
        RefsBody broken = withRefToNowhere(ownBody(publisher, id));
        sign(publisher, publisher.key, id, 2, broken);
        sign(publisher, second, id, 1, broken);
        publisher.restart();
        Node reader = node();
        assertFails(
                () -> reader.fetch(id),
                publisher.key.publicKey().peerId().toString(),
                second.publicKey().peerId().toString());
        assertThat(reader.repositories.list()).isEmpty();
    }

    /** So small that git makes no deltas: the second pack needs the first for its history only. */
    private Path tiny() throws IOException {
        Path source = Files.createDirectories(folder.resolve("tiny"));
        Git.run(source, "init", "-q", "-b", "main");
        for (int at = 0; at < 8; at++) {
            Git.commit(source, "f", at + "\n");
        }
        return source;
    }

    @Test
    void aPackThatNeedsAnotherOneIsTheFaultOfWhoListsItAlone() throws IOException {
        Node publisher = node();
        Path source = tiny();
        RepositoryId id = publisher.publish(source).repository();
        RefsBody first = ownBody(publisher, id);
        String parent = Git.run(source, "rev-parse", "HEAD");
        Git.commit(source, "f", "new\n");
        publisher.publish(source);
        RefsBody both = ownBody(publisher, id);
        assertThat(both.packs()).hasSize(2).startsWith(first.packs().getFirst());
        sign(
                publisher,
                publisher.key,
                id,
                3,
                new RefsBody(both.refs(), List.of(both.packs().getLast()), List.of(), List.of()));
        publisher.restart();
        Node reader = node();
        assertFails(() -> reader.fetch(id), "commit " + parent + " is missing");
        assertThat(reader.repositories.list()).isEmpty();
    }
}
