package network.guts.libp2p;

import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import network.guts.core.Multiaddr;
import network.guts.libp2p.HostConfig.Security;
import network.guts.libp2p.dns.LocalDns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, security that differs, and IPv6, with real hosts. */
class DialingTest {
    @TempDir
    private Path folder;

    private TestNet net;

    @BeforeEach
    void begin() {
        net = new TestNet(folder);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    @Test
    void theDialersFirstChoiceIsTaken() throws Exception {
        Libp2pHost tlsFirst = net.host(1, b -> b.security(Security.TLS, Security.NOISE));
        Libp2pHost noiseFirst = net.host(2, b -> b.security(Security.NOISE, Security.TLS));
        assertThat(connect(tlsFirst, noiseFirst).security()).isEqualTo("tls");
        talk(tlsFirst, noiseFirst);
        Libp2pHost third = net.host(3, b -> b.security(Security.NOISE, Security.TLS));
        assertThat(connect(third, tlsFirst).security()).isEqualTo("noise");
        talk(third, tlsFirst);
    }

    @Test
    void whatTheRemoteDoesNotServeIsReplacedByWhatItDoes() throws Exception {
        Libp2pHost noiseOnly = net.host(1, b -> b.security(Security.NOISE));
        Libp2pHost tlsOnly = net.host(2, b -> b.security(Security.TLS));
        Libp2pHost tlsFirst = net.host(3, b -> b.security(Security.TLS, Security.NOISE));
        Libp2pHost noiseFirst = net.host(4, b -> b.security(Security.NOISE, Security.TLS));
        assertThat(connect(tlsFirst, noiseOnly).security()).isEqualTo("noise");
        assertThat(connect(noiseFirst, tlsOnly).security()).isEqualTo("tls");
        talk(noiseFirst, tlsOnly);
        assertThatThrownBy(() -> connect(noiseOnly, tlsOnly))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not serve /noise");
    }

    @Test
    void namesAreLookedUp() throws Exception {
        try (LocalDns dns = new LocalDns()) {
            Libp2pHost a = net.host(1, b -> b.dnsServer(dns.address()));
            Libp2pHost b = net.host(2);
            int port = address(b).port().orElseThrow();
            dns.address("node.example", "127.0.0.1");
            dns.text("_dnsaddr.boot.example", "dnsaddr=/dns4/node.example/tcp/" + port + "/p2p/" + b.peerId());
            Multiaddr name = Keys.address("/dnsaddr/boot.example/p2p/" + b.peerId());
            assertThat(a.connect(b.peerId(), List.of(name), LONG).address()).isEqualTo(address(b));
            talk(a, b);
        }
    }

    @Test
    void everyAddressFailsForItsOwnReason() throws Exception {
        try (LocalDns dns = new LocalDns()) {
            Libp2pHost a = net.host(1, b -> b.dnsServer(dns.address()));
            dns.address("closed.example", "127.0.0.1");
            Multiaddr unknown = Keys.address("/dns4/none.example/tcp/1");
            Multiaddr closed = Keys.address("/dns4/closed.example/tcp/1");
            Multiaddr unsupported = Keys.address("/ip4/127.0.0.1/tcp/1/ws");
            assertThatThrownBy(() -> a.connect(Keys.peer(9), List.of(unknown, closed, unsupported), LONG))
                    .hasMessageContaining(unknown + ": none.example: no such name")
                    .hasMessageContaining("/ip4/127.0.0.1/tcp/1: connection refused")
                    .hasMessageContaining(unsupported + ": ")
                    .hasMessageContaining("not supported");
        }
    }

    @Test
    void wildcardsOfBothKindsAreHeardAndTold() throws Exception {
        Libp2pHost a = net.host(1, b -> b.listen(Keys.address("/ip6/::/tcp/0")));
        assertThat(a.addresses())
                .contains(Keys.address("/ip4/127.0.0.1/tcp/" + address(a).port().orElseThrow()))
                .allMatch(
                        each -> each.ip().filter(ip -> !ip.isAnyLocalAddress()).isPresent());
        Libp2pHost b = net.host(2);
        Multiaddr four = a.addresses().stream()
                .filter(each -> each.toString().startsWith("/ip4/127."))
                .findFirst()
                .orElseThrow();
        b.connect(a.peerId(), List.of(four), LONG);
        talk(b, a);
    }
}
