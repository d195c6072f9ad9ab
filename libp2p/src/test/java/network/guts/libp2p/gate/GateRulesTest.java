package network.guts.libp2p.gate;

import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.libp2p.Keys;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.RefusedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateRulesTest {
    private static InetAddress ip(String text) {
        return Keys.address((text.indexOf(':') < 0 ? "/ip4/" : "/ip6/") + text)
                .ip()
                .orElseThrow();
    }

    private static List<GateEntry> entries(String... texts) throws MalformedException {
        List<GateEntry> entries = new ArrayList<>();
        for (String text : texts) {
            entries.add(GateEntry.parse(text));
        }
        return entries;
    }

    private static boolean admits(Gater gater, PeerId peer, String address) {
        return gater.admits(peer, Optional.of(ip(address)));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.200, true",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.6, false",
        "0.0.0.0/0, 255.1.2.3, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "2001:db8::1, 2001:db8::1, true"
    })
    void networksHold(String network, String address, boolean within) throws Exception {
        assertThat(IpNetwork.parse(network).contains(ip(address))).isEqualTo(within);
        assertThat(IpNetwork.parse(network).toString()).isEqualTo(network);
        assertThat(GateEntry.parse(network)).isEqualTo(GateEntry.parse(network)).hasToString(network);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1/24",
                "192.0.2.0/33",
                "192.0.2.0/",
                "192.0.2.0/-1",
                "192.0.2/24",
                "2001:db8::1/64",
                "2001:db8::/129",
                "example.org",
                "12D3KooW",
                ""
            })
    void whatIsNoEntryIsRefused(String text) {
        assertThatThrownBy(() -> GateEntry.parse(text)).isInstanceOf(MalformedException.class);
    }

    @Test
    void denyWinsUnlessTheSameKindIsAllowed() throws Exception {
        List<String> counted = new ArrayList<>();
        Gater gater = new Gater(
                GateRules.OPEN.withLists(
                        entries(peer(1).toString(), peer(2).toString(), "192.0.2.0/24"),
                        entries(peer(2).toString(), peer(3).toString(), "192.0.2.64/26")),
                counted::add);
        assertThat(admits(gater, peer(4), "198.51.100.1")).isTrue();
        assertThat(admits(gater, peer(4), "192.0.2.1")).isFalse();
        assertThat(admits(gater, peer(4), "192.0.2.65")).isTrue();
        assertThat(admits(gater, peer(1), "198.51.100.1")).isFalse();
        assertThat(admits(gater, peer(1), "192.0.2.65"))
                .as("a denied peer, from an allowed network")
                .isFalse();
        assertThat(admits(gater, peer(2), "198.51.100.1")).isTrue();
        assertThat(admits(gater, peer(3), "192.0.2.1"))
                .as("an allowed peer, in a denied network")
                .isTrue();
        assertThat(gater.exempts(ip("192.0.2.65"))).isTrue();
        assertThat(gater.exempts(ip("192.0.2.1"))).isFalse();
        assertThat(gater.exempts(peer(3), Optional.empty())).isTrue();
        gater.accept(ip("192.0.2.65"));
        assertThatThrownBy(() -> gater.accept(ip("192.0.2.1")))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.GATED));
        assertThatThrownBy(() -> gater.check(peer(1), Optional.empty())).hasMessage("it is denied");
        assertThat(counted).containsExactly("gate.address", "gate.peer");
    }

    @Test
    void aClosedNetworkStaysClosed() throws Exception {
        GateRules rules = GateRules.OPEN
                .withMembers(Set.of(peer(1), peer(2)))
                .withLists(entries(peer(2).toString()), entries(peer(3).toString(), "192.0.2.0/24"));
        Gater gater = new Gater(rules, name -> {});
        assertThat(admits(gater, peer(1), "198.51.100.1")).isTrue();
        assertThat(admits(gater, peer(2), "198.51.100.1")).isFalse();
        assertThat(admits(gater, peer(3), "192.0.2.1"))
                .as("allowed, and no member")
                .isFalse();
        gater.change(now -> now.withMembers(Set.of()));
        assertThat(admits(gater, peer(3), "192.0.2.1")).isTrue();
        assertThat(admits(gater, peer(2), "198.51.100.1")).isFalse();
    }
}
