package network.guts.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.libp2p.Await;
import network.guts.libp2p.Keys;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.gate.Gater;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.limits.ResourceManager;
import org.junit.jupiter.api.Test;

class InboundGateTest {
    private static final InboundRate FAST = new InboundRate(1000, 1000);

    private final List<String> refused = new ArrayList<>();
    private final ResourceManager resources =
            new ResourceManager(Limits.scaled(1).with(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND, 3), refused::add);
    private final Gater gater = new Gater(GateRules.OPEN, resources::refused);

    private static InetAddress ip(String text) {
        return Keys.address("/ip4/" + text).ip().orElseThrow();
    }

    private static void isRefused(InboundGate gate, String address, ErrorCode code) {
        assertThatThrownBy(() -> gate.enter(ip(address), () -> {}))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static boolean enters(InboundGate gate, String address) {
        try {
            gate.enter(ip(address), () -> {});
            return true;
        } catch (RefusedException e) {
            return false;
        }
    }

    @Test
    void aCrowdIsRefusedAndOldHandshakesMakeRoom() throws Exception {
        InboundGate gate = new InboundGate(resources, gater, 8, FAST);
        AtomicInteger givenUp = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            gate.enter(ip("127.0.0.1"), givenUp::incrementAndGet);
        }
        Await.until("an old handshake makes room", () -> enters(gate, "127.0.0.1"));
        assertThat(givenUp).hasValue(1);
        assertThat(refused).containsOnly("transient.connections_inbound");
        assertThat(gate.handshakes()).isEqualTo(3);
        LimitsSnapshot.ScopeUsage handshakes =
                resources.snapshot().at(Level.TRANSIENT).getFirst();
        assertThat(handshakes.used(Resource.CONNECTIONS_INBOUND)).isEqualTo(3);
        assertThat(resources.refusals()).containsOnlyKeys("transient.connections_inbound");
    }

    @Test
    void onlyPublicAddressesAreCounted() throws Exception {
        InboundGate gate = new InboundGate(new ResourceManager(Limits.scaled(1)), gater, 2, FAST);
        InboundGate.Pass first = gate.enter(ip("8.8.8.8"), () -> {});
        assertThat(enters(gate, "8.8.8.8")).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(enters(gate, "127.0.0.1")).isTrue();
            assertThat(enters(gate, "172.17.0.2")).isTrue();
        }
        isRefused(gate, "8.8.8.8", ErrorCode.RESOURCE_LIMIT_EXCEEDED);
        first.handshakeDone();
        isRefused(gate, "8.8.8.8", ErrorCode.RESOURCE_LIMIT_EXCEEDED);
        first.close();
        first.close();
        assertThat(enters(gate, "8.8.8.8")).isTrue();
        isRefused(gate, "8.8.8.8", ErrorCode.RESOURCE_LIMIT_EXCEEDED);
    }

    @Test
    void aPublicAddressHasARateAndAnAllowedNetworkHasNone() throws Exception {
        InboundGate gate =
                new InboundGate(new ResourceManager(Limits.scaled(1)), gater, 100, new InboundRate(0.0001, 2));
        for (int i = 0; i < 2; i++) {
            gate.enter(ip("8.8.8.8"), () -> {}).close();
        }
        isRefused(gate, "8.8.8.8", ErrorCode.RATE_LIMITED);
        assertThat(enters(gate, "8.8.8.9")).as("another address").isTrue();
        gater.change(rules -> rules.withLists(List.of(), List.of(entry("8.8.8.0/24"))));
        for (int i = 0; i < 5; i++) {
            assertThat(enters(gate, "8.8.8.8")).isTrue();
        }
        gater.change(rules -> rules.withLists(List.of(entry("8.8.0.0/16")), List.of()));
        isRefused(gate, "8.8.8.8", ErrorCode.GATED);
        assertThat(resources.refusals()).isEqualTo(Map.of("gate.address", 1L));
    }

    private static GateEntry entry(String text) {
        try {
            return GateEntry.parse(text);
        } catch (network.guts.core.MalformedException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
