package network.guts.libp2p.identify;

import static network.guts.libp2p.Keys.address;
import static network.guts.libp2p.Keys.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import network.guts.core.Multiaddr;
import network.guts.core.PeerRecord;
import network.guts.libp2p.TestClock;
import network.guts.libp2p.identify.wire.IdentifyMessage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelfDescriptionTest {
    private static final List<Multiaddr> OWN = List.of(
            address("/ip4/127.0.0.1/tcp/9000"),
            address("/ip6/::1/udp/9000/quic-v1"),
            address("/ip4/192.168.1.2/tcp/9000"),
            address("/ip6/fd00::2/tcp/9000"),
            address("/ip4/8.8.8.8/tcp/9000"),
            address("/dns4/node.example/tcp/9000"));

    @ParameterizedTest
    @CsvSource({
        "/ip4/9.9.9.9/tcp/4001, 4 5",
        "/ip6/2620:fe::fe/udp/4001/quic-v1, 4 5",
        "/ip4/192.168.1.7/tcp/4001, 2 3 4 5",
        "/ip4/127.0.0.1/tcp/4001, 0 1 2 3 4 5",
    })
    void aRemoteIsToldOnlyWhatItCanUseAndThatIsWhatIsSigned(String remote, String told) throws Exception {
        SelfDescription self =
                new SelfDescription(key(1), "agent/1", () -> new TreeSet<>(List.of("/test/1")), new TestClock());
        self.addresses(OWN);
        List<Multiaddr> usable = Arrays.stream(told.split(" "))
                .map(index -> OWN.get(Integer.parseInt(index)))
                .toList();

        IdentifyMessage message = self.tell(address(remote));

        assertThat(message.addresses()).containsExactlyElementsOf(usable);
        assertThat(PeerRecord.open(message.record().orElseThrow()).addresses()).containsExactlyElementsOf(usable);
        assertThat(message.observed()).contains(address(remote));
        assertThat(message.agentVersion()).contains("agent/1");
        assertThat(message.protocols()).containsExactly("/test/1");
    }
}
