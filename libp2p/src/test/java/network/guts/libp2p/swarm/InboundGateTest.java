package network.guts.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.libp2p.Await;
import org.junit.jupiter.api.Test;

class InboundGateTest {
    private final List<String> refused = new ArrayList<>();

    private static InetAddress ip(int... parts) {
        byte[] raw = new byte[parts.length];
        for (int i = 0; i < parts.length; i++) {
            raw[i] = (byte) parts[i];
        }
        try {
            return InetAddress.getByAddress(raw);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void aCrowdIsRefusedAndOldHandshakesMakeRoom() throws Exception {
        InboundGate gate = new InboundGate(3, 8, refused::add);
        AtomicInteger givenUp = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            assertThat(gate.enter(ip(127, 0, 0, 1), givenUp::incrementAndGet)).isPresent();
        }
        Await.until(
                "an old handshake makes room",
                () -> gate.enter(ip(127, 0, 0, 1), () -> {}).isPresent());
        assertThat(givenUp).hasValue(1);
        assertThat(Set.copyOf(refused)).isSubsetOf("transient.connections_inbound");
        assertThat(gate.handshakes()).isEqualTo(3);
    }

    @Test
    void onlyPublicAddressesAreCounted() {
        InboundGate gate = new InboundGate(1000, 2, refused::add);
        List<Optional<InboundGate.Pass>> passes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            passes.add(gate.enter(ip(8, 8, 8, 8), () -> {}));
            assertThat(gate.enter(ip(127, 0, 0, 1), () -> {})).isPresent();
            assertThat(gate.enter(ip(172, 17, 0, 2), () -> {})).isPresent();
        }
        assertThat(passes.stream().map(Optional::isPresent)).containsExactly(true, true, false);
        passes.getFirst().orElseThrow().handshakeDone();
        assertThat(gate.enter(ip(8, 8, 8, 8), () -> {})).isEmpty();
        passes.getFirst().orElseThrow().close();
        passes.getFirst().orElseThrow().close();
        assertThat(gate.enter(ip(8, 8, 8, 8), () -> {})).isPresent();
        assertThat(gate.enter(ip(8, 8, 8, 8), () -> {})).isEmpty();
        assertThat(refused).hasSize(3).containsOnly("address.connections_inbound");
    }
}
