package network.guts.libp2p.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LimitsTest {
    @Test
    void moreMemoryNeverMeansLess() {
        Limits small = Limits.scaled(1);
        Limits usual = Limits.scaled(128L << 20);
        Limits large = Limits.scaled(4L << 30);
        for (Limit limit : Limit.all()) {
            long least = small.get(limit.level(), limit.resource());
            assertThat(least).as(limit.name()).isPositive();
            assertThat(usual.get(limit.level(), limit.resource()))
                    .as(limit.name())
                    .isGreaterThanOrEqualTo(least);
            assertThat(large.get(limit.level(), limit.resource()))
                    .as(limit.name())
                    .isGreaterThanOrEqualTo(usual.get(limit.level(), limit.resource()));
        }
        assertThat(usual.get(Level.SYSTEM, Resource.MEMORY)).isEqualTo(128L << 20);
        assertThat(large.get(Level.SYSTEM, Resource.CONNECTIONS)).isEqualTo(640 + 4 * 5120);
    }

    @Test
    void theLimitsOfAHeapOfHalfAGibibyte() {
        Limits usual = Limits.scaled(128L << 20);
        assertThat(List.of(
                        usual.get(Level.SYSTEM, Resource.CONNECTIONS_INBOUND),
                        usual.get(Level.SYSTEM, Resource.CONNECTIONS),
                        usual.get(Level.SYSTEM, Resource.STREAMS_INBOUND),
                        usual.get(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND),
                        usual.get(Level.PEER, Resource.STREAMS_INBOUND),
                        usual.get(Level.PROTOCOL, Resource.STREAMS_INBOUND)))
                .containsExactly(1024L, 1280L, 4096L, 128L, 256L, 2048L);
    }

    @Test
    void oneIsChangedAndTheOthersStay() {
        Limits usual = Limits.scaled(128L << 20);
        Limits changed = usual.with(Level.PEER, Resource.STREAMS, 7);
        for (Limit limit : Limit.all()) {
            assertThat(changed.get(limit.level(), limit.resource()))
                    .isEqualTo(limit.name().equals("peer.streams") ? 7L : usual.get(limit.level(), limit.resource()));
        }
    }

    @Test
    void whatMeansNothingIsRefused() {
        assertThatThrownBy(() -> new Limit(Level.PROTOCOL, Resource.CONNECTIONS))
                .hasMessageContaining("connections are not counted");
        assertThatThrownBy(() -> Limits.scaled(0).with(Level.PEER, Resource.STREAMS, -1))
                .hasMessageContaining("peer.streams");
        assertThatThrownBy(() -> new Limits(Map.of(), List.of())).hasMessageContaining("system.connections_inbound");
        assertThatThrownBy(() -> new Service("x", List.of("/x"), Map.of(new Limit(Level.PEER, Resource.STREAMS), 1L)))
                .hasMessageContaining("no limit of a service");
    }

    @Test
    void aProtocolBelongsToAService() {
        Limits limits = Limits.scaled(0).with(List.of(new Service("dht", "/guts/kad/1.0.0"), new Service("x", "/x/")));
        assertThat(limits.serviceOf("/guts/kad/1.0.0").map(Service::name)).contains("dht");
        assertThat(limits.serviceOf("/x/7").map(Service::name)).contains("x");
        assertThat(limits.serviceOf("/libp2p/circuit/relay/0.2.0/hop").map(Service::name))
                .contains("relay");
        assertThat(limits.serviceOf("/y")).isEmpty();
    }

    @Test
    void codesAreThoseOfTheSpecification() {
        assertThat(ErrorCode.RESOURCE_LIMIT_EXCEEDED.connection()).isEqualTo(0x1001);
        assertThat(ErrorCode.RESOURCE_LIMIT_EXCEEDED.stream()).isEqualTo(0x1002);
        assertThat(ErrorCode.GATED.connection()).isEqualTo(0x1007);
        assertThat(ErrorCode.ofStream(0x1003)).isEqualTo("too many in a short time");
        assertThat(ErrorCode.ofConnection(99)).isEqualTo("code 99");
    }
}
