package network.guts.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.metrics.Metrics;
import network.guts.libp2p.Await;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.Keys;
import network.guts.libp2p.Libp2pHost;
import network.guts.libp2p.TestNet;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.quic.QuicConfig;
import network.guts.libp2p.quic.QuicTransport;
import network.guts.libp2p.transport.Transports;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Punched connections count, and are refused, as dialled ones are. */
class PunchLimitsTest {
    private static final Multiaddr NOBODY = Keys.address("/ip4/127.0.0.1/udp/9/quic-v1");

    @TempDir
    private Path folder;

    private TestNet net;
    private Libp2pHost peer;

    @BeforeEach
    void begin() throws Exception {
        net = new TestNet(folder, "/ip4/127.0.0.1/udp/0/quic-v1");
        peer = net.host(2);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    private interface Use {
        void with(Swarm swarm) throws Exception;
    }

    private static void use(UnaryOperator<HostConfig.Builder> settings, Use use) throws Exception {
        HostConfig config = settings.apply(HostConfig.of(Keys.key(1))).build();
        InstantSource clock = InstantSource.system();
        QuicTransport transport = new QuicTransport(config.identity(), clock, QuicConfig.DEFAULT);
        try (StoredAddressBook book = StoredAddressBook.inMemory(clock, java.util.Set::of);
                Events events = new Events()) {
            Swarm swarm = new Swarm(
                    config,
                    new Transports(transport),
                    book,
                    clock,
                    new Protocols(() -> {}),
                    events,
                    new HostMetrics(Metrics.none()),
                    connection -> {});
            events.start();
            try {
                use.with(swarm);
            } finally {
                swarm.close();
                transport.close();
            }
        }
    }

    private Connection punch(Swarm swarm, Multiaddr... addresses) throws Exception {
        return swarm.punch(peer.peerId(), List.of(addresses), true, Duration.ofSeconds(10));
    }

    private static long connections(Swarm swarm) {
        return swarm.resources().used(Resource.CONNECTIONS);
    }

    @Test
    void aPunchedConnectionCountsUntilItEnds() throws Exception {
        use(config -> config, swarm -> {
            Connection connection = punch(swarm, NOBODY, peer.addresses().getFirst());
            assertThat(connection.info().direction()).isEqualTo(Direction.OUTBOUND);
            Await.until("the attempt that did not get through has ended", () -> connections(swarm) == 1);
            assertThat(swarm.resources().snapshot().at(Level.PEER))
                    .singleElement()
                    .satisfies(scope -> {
                        assertThat(scope.peer()).contains(peer.peerId());
                        assertThat(scope.used(Resource.CONNECTIONS_OUTBOUND)).isEqualTo(1);
                    });
            swarm.disconnect(peer.peerId(), "over");
            Await.until(
                    "nothing is in use",
                    () -> swarm.resources().inUse().values().stream().allMatch(used -> used == 0));
        });
    }

    @Test
    void beyondALimitNoHoleIsPunched() throws Exception {
        Limits none = Limits.scaled(128 << 20).with(Level.TRANSIENT, Resource.CONNECTIONS_OUTBOUND, 0);
        use(config -> config.limits(none), swarm -> {
            assertThatThrownBy(() -> swarm.punch(
                            peer.peerId(), List.of(peer.addresses().getFirst()), true, Duration.ofSeconds(1)))
                    .hasMessageContaining("transient.connections_outbound (0)");
            assertThat(connections(swarm)).isZero();
            assertThat(swarm.resources().refusals()).containsOnlyKeys("transient.connections_outbound");
        });
        assertThat(peer.connections()).isEmpty();
    }

    @Test
    void noHoleIsPunchedToADeniedNetwork() throws Exception {
        GateRules rules = GateRules.OPEN.withLists(List.of(GateEntry.parse("127.0.0.0/8")), List.of());
        use(config -> config.gate(rules), swarm -> {
            assertThatThrownBy(() -> swarm.punch(
                            peer.peerId(), List.of(peer.addresses().getFirst()), true, Duration.ofSeconds(1)))
                    .hasMessageContaining("its network is denied");
            assertThat(connections(swarm)).isZero();
        });
        assertThat(peer.connections()).isEmpty();
    }
}
