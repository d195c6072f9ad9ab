package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.Git;
import org.junit.jupiter.api.Test;

/** What a node serves, and what it does not serve any more. */
class ServingTest extends NodesTest {
    @Test
    void aPurgedPackIsNotServedAnyMore() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(0);
        Git.commit(source, "secret", "secret");
        RepositoryId id = publisher.publish(source).repository();
        List<PackId> before = publisher.repositories.state(id).orElseThrow().packs();
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        publisher.repositories.publish(
                source, new PublishOptions(Optional.empty(), Optional.empty(), Optional.empty(), true), Progress.NONE);
        assertThat(publisher.repositories.state(id).orElseThrow().packs()).doesNotContainAnyElementsOf(before);
        reader.fetch(id);
        assertSame(reader, id, source);
        assertThat(Git.run(reader.repositories.gitDirectory(id), "log", "--all", "--format=%s"))
                .doesNotContain("secret");
    }

    @Test
    void aRestartedNodeServesWhatItHeld() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(1);
        RepositoryId id = publisher.publish(source).repository();
        publisher.restart();
        reader.fetch(id);
        assertSame(reader, id, source);
        Map<String, ObjectId> refs = reader.repositories.state(id).orElseThrow().refs();
        assertThat(refs).containsOnlyKeys("refs/heads/main", "refs/heads/topic", "refs/tags/v1");
    }

    @Test
    void aProviderIsChecked() throws IOException {
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        Repositories.ProviderCheck check = reader.repositories.check(id, publisher.host.info(), Duration.ofSeconds(10));
        assertThat(check.complete()).isTrue();
        assertThat(check.sequences()).containsValue(1L);
        assertThat(check.fresh()).isPresent();
    }

    @Test
    void whatIsUnseededIsNotServed() throws IOException {
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        assertThat(publisher.repositories.unseed(id, false)).isTrue();
        assertThatThrownBy(() -> reader.repositories.fetch(id, List.of(publisher.host.info()), FETCH, Progress.NONE))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("not served");
        assertThat(publisher.repositories.unseed(id, true)).isTrue();
        assertThat(publisher.repositories.list()).isEmpty();
        assertThat(publisher.repositories.unseed(id, true)).isFalse();
    }
}
