package network.guts.libp2p;

import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.host.Stream;
import network.guts.libp2p.dcutr.Dcutr;
import network.guts.libp2p.dcutr.wire.HolePunchMessage;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What DCUtR refuses; that it punches holes is shown where there are NATs. */
class DcutrTest {
    private static final HolePunchMessage NEARBY = new HolePunchMessage.Connect(List.of(
            Keys.address("/ip4/127.0.0.1/tcp/1"),
            Keys.address("/ip4/10.1.2.3/tcp/1"),
            Keys.address("/dns4/example.org/tcp/1"),
            Keys.address("/ip4/1.2.3.4/tcp/1/p2p/" + Keys.peer(9) + "/p2p-circuit")));
    private static final HolePunchMessage PUBLIC =
            new HolePunchMessage.Connect(List.of(Keys.address("/ip4/1.2.3.4/tcp/1")));

    @TempDir
    private Path folder;

    private TestNet net;
    private Libp2pHost hidden;
    private Libp2pHost dialer;

    @BeforeEach
    void begin() throws Exception {
        net = new TestNet(folder);
        Libp2pHost relay = net.host(
                1,
                builder ->
                        builder.relay(new RelayConfig(RelayConfig.Service.ON, RelayConfig.Limits.DEFAULT, List.of())));
        Multiaddr there = address(relay).withPeerId(relay.peerId());
        hidden = net.host(
                2,
                builder -> builder.relay(
                        new RelayConfig(RelayConfig.Service.OFF, RelayConfig.Limits.DEFAULT, List.of(there))));
        dialer = net.host(3);
        hidden.allowLimited(Dcutr.ID);
        dialer.allowLimited(Dcutr.ID);
        Await.until(
                "a place with the relay",
                () -> hidden.addresses().stream().anyMatch(address -> address.has(Part.P2P_CIRCUIT)));
        dialer.connect(
                hidden.peerId(),
                hidden.addresses().stream()
                        .filter(address -> address.has(Part.P2P_CIRCUIT))
                        .toList(),
                LONG);
        Await.until(
                "the holes are given up",
                () -> hidden.whyRelayed(dialer.peerId()).isPresent());
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    private static void isReset(Libp2pHost from, Libp2pHost to, HolePunchMessage first) {
        assertThatThrownBy(() -> {
                    try (Stream stream = from.open(to.peerId(), List.of(Dcutr.ID), LONG)) {
                        Frames.write(stream, first.encode());
                        Frames.readRequired(stream, HolePunchMessage.MAX_ENCODED);
                    }
                })
                .isInstanceOf(IOException.class);
    }

    @Test
    void aHostWithoutAPublicAddressSaysWhyItStaysRelayed() {
        assertThat(hidden.whyRelayed(dialer.peerId())).contains("this host knows no public address of its own");
    }

    @Test
    void whatIsOutOfOrderIsRefused() {
        isReset(hidden, dialer, new HolePunchMessage.Sync());
        isReset(hidden, dialer, NEARBY);
        assertThat(dialer.whyRelayed(hidden.peerId())).contains("the peer knows no public address of its own");
        isReset(hidden, dialer, PUBLIC);
        assertThat(dialer.whyRelayed(hidden.peerId())).contains("this host knows no public address of its own");
        assertThat(dialer.isConnected(hidden.peerId())).isTrue();
    }

    @Test
    void onlyWhoeverDialledThroughTheRelayIsAsked() throws Exception {
        isReset(dialer, hidden, PUBLIC);
        Libp2pHost direct = net.host(4);
        connect(direct, dialer);
        isReset(direct, dialer, PUBLIC);
    }
}
