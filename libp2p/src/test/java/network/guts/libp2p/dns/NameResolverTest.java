package network.guts.libp2p.dns;

import static network.guts.libp2p.Keys.address;
import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import network.guts.core.PeerId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NameResolverTest {
    private static final PeerId PEER = peer(1);
    private static final String P2P = "/p2p/" + PEER;
    private LocalDns dns;
    private NameResolver resolver;

    @BeforeEach
    void open() throws IOException {
        dns = new LocalDns();
        resolver = new NameResolver(new DnsNameServer(Optional.of(dns.address()), Duration.ofSeconds(30)));
    }

    @AfterEach
    void close() {
        dns.close();
    }

    private List<String> resolved(String text) throws IOException {
        return resolver.resolve(PEER, address(text)).stream()
                .map(Object::toString)
                .toList();
    }

    @Test
    void namesBecomeAddressesOfTheirFamily() throws Exception {
        dns.address("node.example", "192.0.2.1").address("node.example", "192.0.2.2");
        dns.address("node.example", "2001:db8::1");
        assertThat(resolved("/dns4/node.example/tcp/9000"))
                .containsExactlyInAnyOrder("/ip4/192.0.2.1/tcp/9000", "/ip4/192.0.2.2/tcp/9000");
        assertThat(resolved("/dns6/node.example/udp/1/quic-v1")).containsExactly("/ip6/2001:db8::1/udp/1/quic-v1");
        assertThat(resolved("/dns/node.example/tcp/9000" + P2P))
                .contains("/ip6/2001:db8::1/tcp/9000")
                .hasSize(3);
    }

    @Test
    void dnsaddrIsFollowedAndOtherPeersAreLeftOut() throws Exception {
        dns.text("_dnsaddr.boot.example", "dnsaddr=/dnsaddr/a.boot.example" + P2P);
        dns.text("_dnsaddr.boot.example", "dnsaddr=/dnsaddr/b.boot.example/p2p/" + peer(2));
        dns.text("_dnsaddr.boot.example", "something else");
        dns.text("_dnsaddr.boot.example", "dnsaddr=/no/address");
        dns.text("_dnsaddr.a.boot.example", "dnsaddr=/ip4/192.0.2.7/tcp/1" + P2P);
        dns.text("_dnsaddr.a.boot.example", "dnsaddr=/dns4/node.example/udp/1/quic-v1" + P2P);
        dns.text("_dnsaddr.a.boot.example", "dnsaddr=/ip4/192.0.2.8/tcp/1/p2p/" + peer(3));
        dns.address("node.example", "192.0.2.9");
        assertThat(resolved("/dnsaddr/boot.example"))
                .containsExactlyInAnyOrder("/ip4/192.0.2.7/tcp/1", "/ip4/192.0.2.9/udp/1/quic-v1");
        assertThat(resolved("/dnsaddr/boot.example" + P2P)).hasSize(2);
        assertThatThrownBy(() -> resolver.resolve(peer(9), address("/dnsaddr/boot.example")))
                .hasMessageContaining("no address of this peer");
    }

    @Test
    void longTextsThatWereCutAreOne() throws Exception {
        String text = "/ip4/192.0.2.7/tcp/1/p2p/" + peer(4) + "/p2p-circuit/p2p/" + peer(5) + "/p2p-circuit/p2p/"
                + peer(6) + "/p2p-circuit" + P2P;
        dns.text("_dnsaddr.long.example", "dnsaddr=" + text);
        assertThat(text.length()).isGreaterThan(255);
        assertThat(resolved("/dnsaddr/long.example")).containsExactly(text.substring(0, text.lastIndexOf(P2P)));
    }

    @Test
    void whatLeadsNowhereIsNamedWithItsReason() throws Exception {
        assertThatThrownBy(() -> resolved("/dns4/none.example/tcp/1"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none.example: no such name");
        assertThatThrownBy(() -> resolved("/dnsaddr/none.example"))
                .hasMessageContaining("_dnsaddr.none.example: no such name");
        dns.address("four.example", "192.0.2.1");
        assertThatThrownBy(() -> resolved("/dns6/four.example/tcp/1")).hasMessageContaining("no IPv6 address");
        assertThat(resolved("/dns/four.example/tcp/1")).containsExactly("/ip4/192.0.2.1/tcp/1");
    }

    @Test
    void whoDoesNotAnswerCostsTheTimeoutAlone() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            InetSocketAddress at = new InetSocketAddress(InetAddress.getLoopbackAddress(), silent.getLocalPort());
            NameResolver waiting = new NameResolver(new DnsNameServer(Optional.of(at), Duration.ofMillis(300)));
            assertThatThrownBy(() -> waiting.resolve(PEER, address("/dns4/node.example/tcp/1")))
                    .hasMessageContaining("node.example: no answer within 300 ms");
        }
    }

    @Test
    void loopsAndTreesOfNamesEnd() throws Exception {
        dns.text("_dnsaddr.loop.example", "dnsaddr=/dnsaddr/loop.example");
        assertThatThrownBy(() -> resolved("/dnsaddr/loop.example")).isInstanceOf(IOException.class);
        assertThat(dns.questions()).isEqualTo(1);
        for (int depth = 0; depth < 10; depth++) {
            dns.text("_dnsaddr.deep" + depth + ".example", "dnsaddr=/dnsaddr/deep" + (depth + 1) + ".example");
        }
        assertThatThrownBy(() -> resolved("/dnsaddr/deep0.example")).hasMessageContaining("more than 4 times");
        for (int i = 0; i < 20; i++) {
            dns.text("_dnsaddr.wide.example", "dnsaddr=/dns4/w" + i + ".example/tcp/1");
        }
        int before = dns.questions();
        assertThatThrownBy(() -> resolved("/dnsaddr/wide.example")).hasMessageContaining("more than 16 look-ups");
        assertThat(dns.questions() - before).isEqualTo(NameResolver.MAX_QUESTIONS);
    }

    @Test
    void resultsAreBounded() throws Exception {
        for (int i = 0; i < 60; i++) {
            dns.address("many.example", "192.0.2." + i);
        }
        assertThat(resolved("/dns4/many.example/tcp/1")).hasSize(NameResolver.MAX_RESULTS);
    }
}
