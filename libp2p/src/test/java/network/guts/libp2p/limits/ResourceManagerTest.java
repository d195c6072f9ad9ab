package network.guts.libp2p.limits;

import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import network.guts.core.host.ConnectionInfo.Direction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ResourceManagerTest {
    private static final Limits DEFAULT = Limits.scaled(128 << 20);

    private static Limits limits(Level level, Resource resource, long value) {
        return DEFAULT.with(level, resource, value);
    }

    private static String limitOf(ThrowingCallable refused) {
        LimitExceededException e = catchThrowableOfType(LimitExceededException.class, refused);
        assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_LIMIT_EXCEEDED);
        assertThat(e).hasMessageContaining(e.limit().name());
        return e.limit().name();
    }

    private static void isEmpty(ResourceManager manager) {
        LimitsSnapshot snapshot = manager.snapshot();
        assertThat(snapshot.scopes()).as("scopes of nobody are let go of").hasSize(2);
        for (LimitsSnapshot.ScopeUsage scope : snapshot.scopes()) {
            scope.resources()
                    .forEach((resource, usage) -> assertThat(usage.used())
                            .as(scope.level() + " " + resource)
                            .isZero());
        }
    }

    @Test
    void aConnectionIsTransientUntilItsPeerIsKnown() throws Exception {
        ResourceManager manager = new ResourceManager(DEFAULT);
        ConnectionScope scope = manager.openConnection(Direction.INBOUND, false);
        assertThat(scope.reserve(1000, Priority.HIGH)).isTrue();
        assertThat(manager.snapshot().at(Level.TRANSIENT).getFirst().used(Resource.CONNECTIONS_INBOUND))
                .isEqualTo(1);
        scope.assign(peer(1), false);
        LimitsSnapshot snapshot = manager.snapshot();
        assertThat(snapshot.at(Level.TRANSIENT).getFirst().used(Resource.CONNECTIONS))
                .isZero();
        assertThat(snapshot.at(Level.TRANSIENT).getFirst().used(Resource.MEMORY))
                .isZero();
        LimitsSnapshot.ScopeUsage own = snapshot.at(Level.PEER).getFirst();
        assertThat(own.peer()).contains(peer(1));
        assertThat(own.used(Resource.MEMORY)).isEqualTo(ResourceManager.CONNECTION_MEMORY + 1000);
        assertThat(snapshot.system().used(Resource.CONNECTIONS_INBOUND)).isEqualTo(1);
        assertThat(snapshot.system().used(Resource.CONNECTIONS_OUTBOUND)).isZero();
        scope.release(400);
        scope.close();
        scope.close();
        scope.release(600);
        assertThat(scope.reserve(1, Priority.HIGH)).as("after the end").isFalse();
        isEmpty(manager);
        assertThat(manager.refusals()).isEmpty();
    }

    @Test
    void eachLimitOfConnectionsHolds() throws Exception {
        for (Resource resource : List.of(Resource.CONNECTIONS_INBOUND, Resource.CONNECTIONS)) {
            ResourceManager system = new ResourceManager(limits(Level.SYSTEM, resource, 4));
            List<ConnectionScope> open = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                open.add(system.openConnection(Direction.INBOUND, false));
                open.getLast().assign(peer(i), false);
            }
            String name = "system." + resource.text();
            assertThat(limitOf(() -> system.openConnection(Direction.INBOUND, false)))
                    .isEqualTo(name);
            ConnectionScope exempt = system.openConnection(Direction.INBOUND, true);
            assertThat(limitOf(() -> system.openConnection(Direction.INBOUND, true)))
                    .as("one of four more, and no other")
                    .isEqualTo(name);
            assertThat(system.refusals()).isEqualTo(Map.of(name, 2L));
            exempt.close();
            open.forEach(ConnectionScope::close);
            isEmpty(system);
        }
        ResourceManager one = new ResourceManager(limits(Level.PEER, Resource.CONNECTIONS_OUTBOUND, 1));
        ConnectionScope first = one.openConnection(Direction.OUTBOUND, false);
        first.assign(peer(1), false);
        ConnectionScope second = one.openConnection(Direction.OUTBOUND, false);
        assertThat(limitOf(() -> second.assign(peer(1), false))).isEqualTo("peer.connections_outbound");
        second.assign(peer(2), false);
        first.close();
        second.close();
        isEmpty(one);
        ResourceManager handshakes = new ResourceManager(limits(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND, 1));
        ConnectionScope shaking = handshakes.openConnection(Direction.INBOUND, false);
        assertThat(limitOf(() -> handshakes.openConnection(Direction.INBOUND, false)))
                .isEqualTo("transient.connections_inbound");
        shaking.assign(peer(1), false);
        handshakes.openConnection(Direction.INBOUND, false).close();
    }

    @Test
    void eachLimitOfStreamsHolds() throws Exception {
        List<Service> services = List.of(new Service("s", "/a", "/b/"));
        for (Level level : Level.values()) {
            for (Resource resource : List.of(Resource.STREAMS_INBOUND, Resource.STREAMS, Resource.MEMORY)) {
                boolean ofMemory = resource == Resource.MEMORY;
                // of inbound streams, four fifths of the memory
                long limit = ofMemory ? 3 * ResourceManager.STREAM_MEMORY * 5 / 4 : 3;
                ResourceManager manager =
                        new ResourceManager(limits(level, resource, limit).with(services));
                boolean assigned = level != Level.TRANSIENT;
                String protocol = "/a";
                List<StreamScope> open = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    open.add(manager.openStream(peer(1), Direction.INBOUND));
                    if (assigned) {
                        open.getLast().assign(protocol, OptionalInt.empty());
                    }
                }
                assertThat(limitOf(() -> {
                            open.add(manager.openStream(peer(1), Direction.INBOUND));
                            open.getLast().assign(protocol, OptionalInt.empty());
                        }))
                        .isEqualTo(new Limit(level, resource).name());
                open.forEach(StreamScope::close);
                open.forEach(StreamScope::close);
                isEmpty(manager);
            }
        }
    }

    @Test
    void theProtocolsOfAServiceShareItsLimits() throws Exception {
        ResourceManager manager = new ResourceManager(DEFAULT.with(List.of(new Service("s", "/a", "/b/").perPeer(2))));
        List<StreamScope> open = new ArrayList<>();
        for (String protocol : List.of("/a", "/b/1")) {
            open.add(manager.openStream(peer(1), Direction.INBOUND));
            open.getLast().assign(protocol, OptionalInt.empty());
        }
        StreamScope third = manager.openStream(peer(1), Direction.INBOUND);
        assertThat(limitOf(() -> third.assign("/b/2", OptionalInt.empty()))).isEqualTo("service_peer.streams_inbound");
        third.assign("/c", OptionalInt.empty());
        StreamScope other = manager.openStream(peer(2), Direction.INBOUND);
        other.assign("/a", OptionalInt.empty());
        assertThat(manager.snapshot().at(Level.SERVICE).getFirst().used(Resource.STREAMS_INBOUND))
                .isEqualTo(3);
        open.forEach(StreamScope::close);
        third.close();
        other.close();
        isEmpty(manager);
    }

    @Test
    void aProtocolMayHaveABoundOfItsOwnForEachPeer() throws Exception {
        ResourceManager manager = new ResourceManager(DEFAULT);
        StreamScope first = manager.openStream(peer(1), Direction.INBOUND);
        first.assign("/x", OptionalInt.of(1));
        StreamScope second = manager.openStream(peer(1), Direction.INBOUND);
        assertThat(limitOf(() -> second.assign("/x", OptionalInt.of(1)))).isEqualTo("protocol_peer.streams_inbound");
        StreamScope other = manager.openStream(peer(2), Direction.INBOUND);
        other.assign("/x", OptionalInt.of(1));
        first.close();
        second.assign("/x", OptionalInt.of(1));
        second.close();
        other.close();
        isEmpty(manager);
    }

    @Test
    void whatMattersLessFailsEarlier() throws Exception {
        long memory = 1000 + ResourceManager.CONNECTION_MEMORY;
        ResourceManager manager = new ResourceManager(limits(Level.PEER, Resource.MEMORY, 2 * memory));
        ConnectionScope scope = manager.openConnection(Direction.OUTBOUND, false);
        scope.assign(peer(1), false);
        assertThat(scope.reserve(1001, Priority.LOW)).isFalse();
        assertThat(scope.reserve(1000, Priority.LOW)).isTrue();
        assertThat(scope.reserve(1, Priority.LOW)).isFalse();
        assertThat(scope.reserve(memory / 2, Priority.MEDIUM)).isTrue();
        assertThat(scope.reserve(memory / 2, Priority.MEDIUM)).isFalse();
        assertThat(scope.reserve(memory / 2, Priority.HIGH)).isTrue();
        assertThat(scope.reserve(2, Priority.HIGH)).isFalse();
        assertThat(manager.refusals()).isEqualTo(Map.of("peer.memory", 4L));
        ConnectionScope more = manager.openConnection(Direction.INBOUND, false);
        assertThat(limitOf(() -> more.assign(peer(1), false))).isEqualTo("peer.memory");
        more.close();
        scope.close();
        isEmpty(manager);
    }

    @Test
    void whateverHappensItAddsUpToNothingInTheEnd() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        ResourceManager manager = new ResourceManager(
                limits(Level.PEER, Resource.STREAMS, 5).with(Level.SYSTEM, Resource.CONNECTIONS, 30));
        List<AutoCloseable> open = new ArrayList<>();
        int refused = 0;
        for (int step = 0; step < 20_000; step++) {
            try {
                Direction direction = random.nextBoolean() ? Direction.INBOUND : Direction.OUTBOUND;
                switch (random.nextInt(4)) {
                    case 0 -> {
                        ConnectionScope scope = manager.openConnection(direction, random.nextBoolean());
                        open.add(scope);
                        assertThat(scope.reserve(random.nextInt(100_000), Priority.HIGH))
                                .isTrue();
                        scope.assign(peer(random.nextInt(9)), false);
                    }
                    case 1 -> {
                        StreamScope scope = manager.openStream(peer(random.nextInt(9)), direction);
                        open.add(scope);
                        if (random.nextBoolean()) {
                            scope.assign("/ipfs/ping/1.0.0", OptionalInt.of(2));
                        }
                    }
                    default -> {
                        if (!open.isEmpty()) {
                            open.remove(random.nextInt(open.size())).close();
                        }
                    }
                }
            } catch (LimitExceededException e) {
                refused++;
            }
        }
        for (AutoCloseable each : open) {
            each.close();
        }
        isEmpty(manager);
        assertThat(manager.refusals().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(refused)
                .isPositive();
    }
}
