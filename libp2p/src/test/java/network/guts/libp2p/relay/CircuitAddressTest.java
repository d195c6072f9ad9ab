package network.guts.libp2p.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import network.guts.libp2p.Keys;
import network.guts.libp2p.transport.UnsupportedAddressException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CircuitAddressTest {
    private static final String RELAY = Keys.peer(1).toString();

    @Test
    void theRelayAndItsAddressAreFound() throws Exception {
        String text = "/ip4/192.0.2.7/udp/9000/quic-v1/p2p/" + RELAY + "/p2p-circuit";
        CircuitAddress address = CircuitAddress.of(Keys.address(text));
        assertThat(address.relay()).isEqualTo(Keys.peer(1));
        assertThat(address.relayAddress()).contains(Keys.address("/ip4/192.0.2.7/udp/9000/quic-v1"));
        assertThat(CircuitAddress.through(address.relayAddress().orElseThrow(), address.relay()))
                .isEqualTo(Keys.address(text));
        assertThat(CircuitAddress.of(Keys.address("/p2p/" + RELAY + "/p2p-circuit")))
                .isEqualTo(new CircuitAddress(Keys.peer(1), Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/p2p-circuit",
                "/ip4/192.0.2.7/tcp/9000/p2p-circuit",
                "/p2p/RELAY/p2p-circuit/p2p/RELAY/p2p-circuit",
                "/p2p/RELAY/p2p-circuit/ip4/192.0.2.7"
            })
    void whatNamesNoRelayIsRefused(String text) {
        assertThatThrownBy(() -> CircuitAddress.of(Keys.address(text.replace("RELAY", RELAY))))
                .isInstanceOf(UnsupportedAddressException.class);
    }
}
