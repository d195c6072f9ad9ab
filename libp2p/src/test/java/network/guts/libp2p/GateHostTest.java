package network.guts.libp2p;

import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.gate.IpNetwork;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.quic.QuicConfig;
import network.guts.libp2p.quic.QuicTransport;
import network.guts.libp2p.tcp.AddressResolver;
import network.guts.libp2p.tcp.TcpDialer;
import network.guts.libp2p.tcp.TcpTransport;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.upgrade.TcpUpgrader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
class GateHostTest {
    private final String listen;

    @TempDir
    private Path folder;

    private TestNet net;

    GateHostTest(String listen) {
        this.listen = listen;
    }

    @BeforeEach
    void begin() {
        net = new TestNet(folder, listen);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    private static GateRules deny(GateEntry... entries) {
        return GateRules.OPEN.withLists(List.of(entries), List.of());
    }

    private static void letIn(Libp2pHost from, Libp2pHost to) throws Exception {
        Await.until("it gets in", () -> {
            try {
                from.forgetFailures(to.peerId());
                connect(from, to);
                talk(from, to);
                return true;
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    @Test
    void aDeniedPeerIsSentAwayWithTheReason() throws Exception {
        Libp2pHost host = net.host(1, config -> config.gate(deny(GateEntry.of(Keys.peer(9)))));
        try (Transport transport = listen.equals(TestNet.QUIC)
                        ? new QuicTransport(Keys.key(9), InstantSource.system(), QuicConfig.DEFAULT)
                        : new TcpTransport(new TcpDialer(AddressResolver.NUMERIC), new TcpUpgrader(Keys.key(9)));
                MuxedConnection connection = transport
                        .dial(address(host), Optional.of(host.peerId()), LONG)
                        .connection()) {
            Await.until("it is closed", () -> !connection.isOpen());
            assertThat(connection.endReason().orElseThrow()).containsAnyOf("does not let this host in", "it is denied");
        }
        assertThat(host.isConnected(Keys.peer(9))).isFalse();
        assertThat(host.refusals()).containsEntry("gate.peer", 1L);
        letIn(net.host(2), host);
    }

    @Test
    void theListsChangeWhileTheHostRuns() throws Exception {
        Libp2pHost host = net.host(1);
        Libp2pHost two = net.host(2);
        Libp2pHost three = net.host(3);
        connect(two, host);
        connect(three, host);
        Await.until("both are there", () -> host.connections().size() == 2);
        host.gate(rules -> rules.withLists(List.of(GateEntry.of(two.peerId())), List.of()));
        Await.until("the denied one is gone", () -> !host.isConnected(two.peerId()) && !two.isConnected(host.peerId()));
        assertThat(host.isConnected(three.peerId())).isTrue();
        assertThatThrownBy(() -> connect(host, two)).hasMessageContaining("it is denied");
        host.gate(rules -> rules.withLists(List.of(), List.of()));
        letIn(two, host);
    }

    @Test
    void aDeniedNetworkIsNeitherDialledNorLetIn() throws Exception {
        GateEntry loopback = GateEntry.of(IpNetwork.parse("127.0.0.0/8"));
        Libp2pHost host = net.host(1);
        Libp2pHost other = net.host(2);
        connect(other, host);
        Await.until("it is there", () -> host.isConnected(other.peerId()));
        host.gate(rules -> deny(loopback));
        Await.until("all of the network are gone", () -> host.connections().isEmpty());
        Await.until("on both sides", () -> other.connections().isEmpty());
        assertThatThrownBy(() -> connect(host, other)).hasMessageContaining("its network is denied");
        assertThatThrownBy(() -> {
                    connect(other, host);
                    talk(other, host);
                })
                .isInstanceOf(IOException.class);
        Await.until("nothing is left of it", () -> other.connections().isEmpty());
        assertThat(host.refusals()).containsKey("gate.address");
        host.gate(rules -> rules.withLists(List.of(loopback), List.of(GateEntry.of(other.peerId()))));
        connect(host, other);
        assertThat(host.isConnected(other.peerId()))
                .as("an allowed peer is dialled there")
                .isTrue();
        host.disconnect(other.peerId(), "next");
        Await.until(
                "both are alone",
                () -> other.connections().isEmpty() && host.connections().isEmpty());
        host.gate(rules -> rules.withLists(
                List.of(loopback),
                List.of(GateEntry.of(address(host)
                        .ip()
                        .map(ip -> network(ip.getHostAddress()))
                        .orElseThrow()))));
        letIn(other, host);
    }

    private static IpNetwork network(String text) {
        try {
            return IpNetwork.parse(text);
        } catch (network.guts.core.MalformedException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
