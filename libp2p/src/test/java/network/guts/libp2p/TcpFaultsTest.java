package network.guts.libp2p;

import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Remotes that connect by TCP and do what they should not. */
class TcpFaultsTest {
    private static final int CROWD = 1000;
    private static final long SEED = 7;

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

    private static InetSocketAddress socket(Libp2pHost host) {
        return new InetSocketAddress(
                address(host).ip().orElseThrow(), address(host).port().orElseThrow());
    }

    @Test
    void aThousandSilentConnectionsLeaveTheHostUsable() throws Exception {
        Libp2pHost host = net.host(1, config -> config.connectionTimeout(Duration.ofSeconds(3)));
        Libp2pHost honest = net.host(2);
        List<Socket> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < CROWD; i++) {
                Socket socket = new Socket();
                crowd.add(socket);
                socket.connect(socket(host), 10_000);
            }
            Await.until("an honest peer gets in", () -> {
                honest.forgetFailures(host.peerId());
                try {
                    connect(honest, host);
                    return true;
                } catch (IOException refusedInTheCrowd) {
                    return false;
                }
            });
            talk(honest, host);
            Await.until("the silent ones are ended", () -> host.handshakes() == 0);
            assertThat(host.connections()).hasSize(1);
            for (Socket socket : crowd) {
                socket.setSoTimeout(30_000);
                assertThat(ended(socket)).isTrue();
            }
        } finally {
            for (Socket socket : crowd) {
                socket.close();
            }
        }
    }

    /** True if the host has ended the connection, one way or the other. */
    private static boolean ended(Socket socket) {
        try {
            int next = socket.getInputStream().read();
            while (next >= 0) {
                next = socket.getInputStream().read();
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    @Test
    void garbageEndsItsConnectionAlone() throws Exception {
        Libp2pHost host = net.host(1);
        Libp2pHost honest = net.host(2);
        connect(honest, host);
        Random random = new Random(SEED);
        byte[] begun = "\u0013/multistream/1.0.0\n".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 200; i++) {
            try (Socket socket = new Socket()) {
                socket.connect(socket(host), 10_000);
                byte[] garbage = new byte[random.nextInt(1, 5000)];
                random.nextBytes(garbage);
                if (i % 2 == 0) {
                    socket.getOutputStream().write(begun);
                }
                socket.getOutputStream().write(garbage);
                socket.shutdownOutput();
                socket.setSoTimeout(30_000);
                assertThat(ended(socket)).as("seed %d, round %d", SEED, i).isTrue();
            } catch (IOException resetWhileWriting) {
                assertThat(resetWhileWriting).as("seed %d, round %d", SEED, i).isNotNull();
            }
        }
        talk(honest, host);
        assertThat(host.connections()).hasSize(1);
        Await.until("no handshake is left", () -> host.handshakes() == 0);
    }
}
