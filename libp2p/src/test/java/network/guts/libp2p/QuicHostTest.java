package network.guts.libp2p;

import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import network.guts.core.host.ConnectionInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host does with QUIC and not with TCP. */
class QuicHostTest {
    private static final long SEED = 7;
    private static final int CROWD = 1000;

    @TempDir
    private Path folder;

    private TestNet net;

    @BeforeEach
    void begin() {
        net = new TestNet(folder, TestNet.QUIC);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    @Test
    void bothTransportsAreListenedOnAndAnnounced() throws Exception {
        Libp2pHost a = net.host(1, c -> c.listen(Keys.address(TestNet.TCP), Keys.address(TestNet.QUIC)));
        assertThat(a.addresses().stream().map(each -> each.components().size())).containsExactly(2, 3);
        for (int number = 0; number < 2; number++) {
            Libp2pHost b = net.host(2 + number);
            ConnectionInfo info = b.connect(a.peerId(), List.of(a.addresses().get(number)), LONG);
            assertThat(info.transport()).isEqualTo(number == 0 ? "tcp" : "quic-v1");
            talk(b, a);
            Await.until(
                    "identified with both addresses",
                    () -> b.addressBook().addresses(a.peerId()).containsAll(a.addresses()));
        }
    }

    @Test
    void aQuietConnectionIsAskedForASignOfLife() throws Exception {
        Libp2pHost a = net.host(1, config -> config.keepAlive(Duration.ofSeconds(1)));
        Libp2pHost b = net.host(2);
        connect(a, b);
        assertThat(a.latency(b.peerId())).isEmpty();
        Await.until("pinged", () -> a.latency(b.peerId()).isPresent());
        assertThat(a.isConnected(b.peerId())).isTrue();
    }

    @Test
    void aCrowdOfFirstPacketsLeavesTheHostUsable() throws Exception {
        Libp2pHost host = net.host(1, config -> config.connectionTimeout(Duration.ofSeconds(3)));
        Libp2pHost honest = net.host(2);
        InetSocketAddress target = new InetSocketAddress(
                address(host).ip().orElseThrow(), address(host).port().orElseThrow());
        Random random = new Random(SEED);
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            for (int count = 0; count < CROWD; count++) {
                byte[] initial = new byte[1200];
                random.nextBytes(initial);
                byte[] header = {(byte) 0xc0, 0, 0, 0, 1, 8};
                System.arraycopy(header, 0, initial, 0, header.length);
                initial[14] = 8;
                initial[23] = 0;
                initial[24] = 0x44;
                socket.send(new DatagramPacket(initial, initial.length, target));
            }
            Await.until("an honest peer gets in", () -> {
                honest.forgetFailures(host.peerId());
                connect(honest, host);
                return true;
            });
        }
        talk(honest, host);
        Await.until("the others are ended", () -> host.handshakes() == 0);
        assertThat(host.connections()).hasSize(1);
    }
}
