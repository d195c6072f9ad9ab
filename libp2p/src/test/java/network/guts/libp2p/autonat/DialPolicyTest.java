package network.guts.libp2p.autonat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Keys;
import network.guts.libp2p.autonat.DialPolicy.Choice;
import network.guts.libp2p.tcp.IpClass;
import org.junit.jupiter.api.Test;

class DialPolicyTest {
    private static final String CLIENT = "/ip4/198.51.100.7/tcp/50000";
    private static final String NEIGHBOUR = "/ip4/192.168.1.7/tcp/50000";

    private static Optional<Choice> choose(IpClass scope, String client, String... addresses) {
        List<Optional<Multiaddr>> asked = Arrays.stream(addresses)
                .map(text -> text.isEmpty() ? Optional.<Multiaddr>empty() : Optional.of(Keys.address(text)))
                .toList();
        return new DialPolicy(scope, address -> !address.toString().contains("/ws"))
                .choose(asked, Keys.address(client));
    }

    @Test
    void the_first_that_can_be_dialled_is_chosen_and_the_index_counts_the_unreadable_ones() {
        assertThat(choose(
                        IpClass.PUBLIC,
                        CLIENT,
                        "",
                        "/ip4/198.51.100.7/tcp/80/ws",
                        "/ip4/198.51.100.7/tcp/9000",
                        "/ip4/198.51.100.7/tcp/9001"))
                .contains(new Choice(2, Keys.address("/ip4/198.51.100.7/tcp/9000"), false));
    }

    @Test
    void an_address_elsewhere_costs_data() {
        assertThat(choose(IpClass.PUBLIC, CLIENT, "/ip4/203.0.113.5/tcp/9000"))
                .map(Choice::needsData)
                .contains(true);
        assertThat(choose(IpClass.PUBLIC, CLIENT, "/ip6/2001:db8::7/tcp/9000"))
                .map(Choice::needsData)
                .contains(true);
    }

    @Test
    void nobody_in_the_public_network_has_a_private_address_dialled_whatever_the_scope() {
        for (IpClass scope : IpClass.values()) {
            assertThat(choose(
                            scope,
                            CLIENT,
                            "/ip4/192.168.1.7/tcp/9000",
                            "/ip4/10.0.0.1/udp/9000/quic-v1",
                            "/ip4/127.0.0.1/tcp/22",
                            "/ip4/169.254.1.1/tcp/80",
                            "/ip4/100.64.0.1/tcp/80",
                            "/ip6/::1/tcp/9000",
                            "/ip6/fd00::1/tcp/9000",
                            "/ip6/fe80::1/tcp/9000"))
                    .as("scope %s", scope)
                    .isEmpty();
        }
    }

    @Test
    void a_private_address_is_dialled_for_who_is_on_a_private_network_if_the_scope_says_so() {
        assertThat(choose(IpClass.PUBLIC, NEIGHBOUR, "/ip4/192.168.1.7/tcp/9000"))
                .isEmpty();
        assertThat(choose(IpClass.PRIVATE, NEIGHBOUR, "/ip4/127.0.0.1/tcp/9000", "/ip4/192.168.1.7/tcp/9000"))
                .map(Choice::index)
                .contains(1);
        assertThat(choose(IpClass.PRIVATE, "/ip4/127.0.0.1/tcp/5000", "/ip4/127.0.0.1/tcp/9000"))
                .isEmpty();
        assertThat(choose(IpClass.LOOPBACK, NEIGHBOUR, "/ip4/127.0.0.1/tcp/9000"))
                .isEmpty();
        assertThat(choose(IpClass.LOOPBACK, "/ip4/127.0.0.1/tcp/5000", "/ip4/127.0.0.1/tcp/9000"))
                .isPresent();
    }

    @Test
    void names_and_relays_are_not_dialled() {
        String relay = "/ip4/203.0.113.5/tcp/4001/p2p/" + Keys.peer(1) + "/p2p-circuit";
        assertThat(choose(IpClass.LOOPBACK, CLIENT, "/dns4/localhost/tcp/9000", relay))
                .isEmpty();
        assertThat(choose(IpClass.PUBLIC, relay, "/ip4/198.51.100.7/tcp/9000")).isEmpty();
    }
}
