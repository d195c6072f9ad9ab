package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Published;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.Git;
import org.junit.jupiter.api.Test;

/** Repositories are published on one node and fetched, whole, on another. */
class FetchTest extends NodesTest {
    @Test
    void whatIsPublishedCanBeFetched() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(2);
        Published published = publisher.publish(source);
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
        assertThat(reader.fetch(id).changed()).isFalse();
    }

    @Test
    void anEmptyRepositoryIsPublished() throws IOException {
        Path source = Files.createDirectories(folder.resolve("empty"));
        Git.run(source, "init", "-q", "-b", "main");
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publisher.publish(source).repository();
        assertThat(reader.fetch(id).refs()).isZero();
        assertThat(reader.refs(id)).isEmpty();
    }

    @Test
    void publishingAgainTakesWhatIsNew() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(1);
        RepositoryId id = publisher.publish(source).repository();
        reader.fetch(id);
        assertThat(publisher.publish(source).sequence()).isEqualTo(1);
        for (int at = 0; at < 5; at++) {
            Git.commit(source, "more" + at, "more " + at);
            Published again = publisher.publish(source);
            assertThat(again.created()).isFalse();
            assertThat(again.repository()).isEqualTo(id);
            assertThat(again.sequence()).isEqualTo(at + 2);
            assertThat(again.bytes()).isLessThan(5_000);
            Fetched fetched = reader.fetch(id);
            assertThat(fetched.bytes()).isLessThan(5_000);
            assertSame(reader, id, source);
        }
        assertThat(publisher.repositories.state(id).orElseThrow().packs())
                .as("some were put together")
                .hasSizeLessThan(6);
        Node late = node();
        late.fetch(id);
        assertSame(late, id, source);
    }

    @Test
    void limitsAreAppliedBeforeBytesFlow() throws IOException {
        Node publisher = node();
        RepositoryId id = publisher.publish(source(3)).repository();
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
            assertThatThrownBy(() -> reader.seed(id))
                    .asInstanceOf(type(SyncException.class))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.REFUSED));
            assertThat(reader.repositories.list()).isEmpty();
        }
    }

    @Test
    void anUnknownRepositoryIsNotFound() throws IOException {
        Node reader = node();
        RepositoryId unknown = RepositoryId.ofPayload(new byte[] {1, 2, 3});
        assertThatThrownBy(() -> reader.fetch(unknown))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.NOT_FOUND));
    }
}
