package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import network.guts.core.host.ConnectionLimit;
import network.guts.sync.model.RepositoryId;
import org.junit.jupiter.api.Test;

/** A provider that is reached through a relay alone. */
class FetchRelayedTest extends NodesTest {
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;

    private static ConnectionLimit limit(long bytes) {
        return new ConnectionLimit(Duration.ofMinutes(2), OptionalLong.of(bytes));
    }

    @Test
    void whatIsSmallComesThroughTheRelay() throws IOException {
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publisher.publish(source(1)).repository();
        publisher.host.relayed(limit(MIB * 64));
        assertThat(reader.fetch(id).changed()).isTrue();
    }

    @Test
    void whatIsMoreThanTheRelayCarriesIsRefusedBeforeItIsSent() throws IOException {
        Node publisher = node();
        Node reader = node();
        RepositoryId id = publisher.publish(source(1)).repository();
        publisher.host.relayed(limit(128 * KIB));
        assertThatThrownBy(() -> reader.fetch(id))
                .asInstanceOf(type(SyncException.class))
                .satisfies(refusal -> {
                    assertThat(refusal.kind()).isEqualTo(SyncException.Kind.REFUSED);
                    assertThat(refusal)
                            .hasMessageStartingWith("only a relayed connection to " + publisher.host.peerId()
                                    + ", limited to 128 KiB: ")
                            .hasMessageEndingWith(" bytes are to come");
                });
        assertThat(reader.heldChunks()).isZero();
    }

    @Test
    void anotherProviderThatIsReachedDirectlyDelivers() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node reader = node();
        RepositoryId id = publisher.publish(source(1)).repository();
        seeder.seed(id);
        publisher.host.relayed(limit(128 * KIB));
        assertThat(reader.fetch(id).bytesByProvider()).containsOnlyKeys(seeder.host.peerId());
    }
}
