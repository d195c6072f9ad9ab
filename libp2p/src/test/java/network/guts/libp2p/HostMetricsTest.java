package network.guts.libp2p;

import static network.guts.libp2p.TestNet.ECHO;
import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.open;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import network.guts.core.Multiaddr;
import network.guts.core.host.Stream;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host counts, against what happened. */
class HostMetricsTest {
    private static final int BYTES = 100_000;

    @TempDir
    private Path folder;

    private final Figures a = new Figures();
    private final Figures b = new Figures();
    private TestNet net;

    @BeforeEach
    void begin() {
        net = new TestNet(folder);
    }

    @AfterEach
    void end() throws IOException {
        net.close();
    }

    private Libp2pHost host(int number, Figures figures, String listen) throws IOException {
        return net.host(
                number,
                config -> config.metrics(figures).listen(Keys.address(listen)).security(HostConfig.Security.TLS));
    }

    @Test
    void connectionsStreamsAndBytesAreCounted() throws Exception {
        Libp2pHost one = host(1, a, TestNet.TCP);
        Libp2pHost other = host(2, b, TestNet.TCP);
        connect(one, other);
        assertThat(a.of("guts_host_connections", "tcp", "tls", "out")).isEqualTo(1);
        assertThat(a.of("guts_host_connections_opened_total", "tcp", "tls", "out"))
                .isEqualTo(1);
        assertThat(a.of("guts_host_handshake_seconds", "tcp", "tls", "out", "ok"))
                .isEqualTo(1);
        assertThat(a.of("guts_host_dials_total", "tcp", "ok")).isEqualTo(1);
        assertThat(a.of("guts_host_dial_seconds", "tcp", "ok")).isEqualTo(1);
        Await.until("the other side has it", () -> b.of("guts_host_connections", "tcp", "tls", "in") == 1);
        assertThat(b.of("guts_host_in_use", "system.connections")).isEqualTo(1);
        assertThat(b.of("guts_host_handshake_seconds", "tcp", "tls", "in", "ok"))
                .isEqualTo(1);

        try (Stream stream = open(one, other)) {
            assertThat(a.of("guts_host_streams", ECHO, "out")).isEqualTo(1);
            stream.write(new byte[BYTES]);
            stream.readFully(new byte[BYTES], 0, BYTES);
        }
        assertThat(a.of("guts_host_streams", ECHO, "out")).isZero();
        assertThat(a.of("guts_host_streams_opened_total", ECHO, "out")).isEqualTo(1);
        assertThat(a.of("guts_host_sent_bytes_total", "tcp", ECHO)).isEqualTo(BYTES);
        assertThat(a.of("guts_host_received_bytes_total", "tcp", ECHO)).isEqualTo(BYTES);
        Await.until("the other stream has ended", () -> b.of("guts_host_streams", ECHO, "in") == 0);
        assertThat(b.of("guts_host_streams_opened_total", ECHO, "in")).isEqualTo(1);
        assertThat(b.of("guts_host_received_bytes_total", "tcp", ECHO)).isEqualTo(BYTES);
        assertThat(b.of("guts_host_sent_bytes_total", "tcp", ECHO)).isEqualTo(BYTES);

        one.ping(other.peerId(), LONG);
        assertThat(a.of("guts_host_ping_seconds")).isEqualTo(1);
        Await.until("the peer is in the book", () -> a.of("guts_host_address_book_peers") == 1);
        one.disconnect(other.peerId(), "done");
        Await.until("the connection has ended", () -> a.of("guts_host_connections", "tcp", "tls", "out") == 0);
    }

    @Test
    void quicIsCountedAsItself() throws Exception {
        Libp2pHost one = host(1, a, TestNet.QUIC);
        Libp2pHost other = host(2, b, TestNet.QUIC);
        connect(one, other);
        talk(one, other);
        assertThat(a.of("guts_host_dials_total", "quic-v1", "ok")).isEqualTo(1);
        assertThat(a.of("guts_host_handshake_seconds", "quic-v1", "quic", "out", "ok"))
                .isEqualTo(1);
        assertThat(a.of("guts_host_connections", "quic-v1", "quic", "out")).isEqualTo(1);
        assertThat(a.of("guts_host_sent_bytes_total", "quic-v1", ECHO)).isEqualTo(5);
        Await.until("the other side has it", () -> b.of("guts_host_connections", "quic-v1", "quic", "in") == 1);
        assertThat(b.of("guts_host_handshake_seconds", "quic-v1", "quic", "in", "ok"))
                .isEqualTo(1);
    }

    @Test
    void everyDialThatFailsIsCountedWithItsReason() throws Exception {
        Libp2pHost one = host(1, a, TestNet.TCP);
        Libp2pHost other = host(2, b, TestNet.TCP);
        Libp2pHost gone = net.host(3);
        Multiaddr closed = address(gone);
        gone.close();
        Multiaddr unusable = Keys.address("/ip4/127.0.0.1/udp/1/quic");
        List<Multiaddr> all = List.of(closed, unusable, address(other));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> one.connect(gone.peerId(), all, LONG)).isInstanceOf(IOException.class);
        }
        assertThat(a.of("guts_host_dials_total", "tcp", "refused")).isEqualTo(1);
        assertThat(a.of("guts_host_dials_total", "tcp", "wrong_peer")).isEqualTo(1);
        assertThat(a.of("guts_host_dials_total", "tcp", "backoff")).isEqualTo(2);
        assertThat(a.of("guts_host_dials_total", "none", "unsupported")).isEqualTo(2);
        assertThat(a.of("guts_host_dial_seconds", "tcp", "refused")).isEqualTo(1);
        assertThat(a.of("guts_host_dial_seconds", "tcp", "backoff")).isZero();
        assertThat(a.of("guts_host_handshake_seconds", "tcp", "unknown", "out", "wrong_peer"))
                .isEqualTo(1);
    }

    @Test
    void whatIsRefusedIsCountedWithItsReason() throws Exception {
        Libp2pHost one = host(1, a, TestNet.TCP);
        Libp2pHost other = host(2, b, TestNet.TCP);
        connect(one, other);
        assertThatThrownBy(() -> one.open(other.peerId(), List.of("/nobody/serves/1"), LONG))
                .isInstanceOf(IOException.class);
        Await.until("the refusal is counted", () -> b.of("guts_host_refusals_total", "no_protocol_was_agreed_on") == 1);
        other.members(Set.of(Keys.peer(9)));
        Await.until("the connection has ended", () -> one.connections().isEmpty());
        assertThatThrownBy(() -> {
                    connect(one, other);
                    talk(one, other);
                })
                .isInstanceOf(IOException.class);
        Await.until("the refusal is counted", () -> b.of("guts_host_refusals_total", "gate.peer") > 0);
    }

    @Test
    void theLimitThatWasHitIsNamedAndSoIsItsValue() throws Exception {
        Libp2pHost one = host(1, a, TestNet.TCP);
        Libp2pHost other = net.host(
                2,
                config -> config.metrics(b)
                        .limits(Limits.scaled(128 << 20).with(Level.PROTOCOL_PEER, Resource.STREAMS_INBOUND, 2)));
        connect(one, other);
        assertThat(b.of("guts_host_limit", "protocol_peer.streams_inbound")).isEqualTo(2);
        assertThat(b.of("guts_host_limit", "system.memory")).isEqualTo(128 << 20);
        try (Stream first = open(one, other);
                Stream second = open(one, other)) {
            talk(first);
            talk(second);
            assertThat(b.of("guts_host_in_use", "system.streams_inbound")).isGreaterThanOrEqualTo(2);
            assertThatThrownBy(() -> talk(one, other)).isInstanceOf(IOException.class);
            Await.until(
                    "the refusal is counted",
                    () -> b.of("guts_host_refusals_total", "protocol_peer.streams_inbound") == 1);
        }
        one.disconnect(other.peerId(), "done");
        Await.until("nothing is in use", () -> b.of("guts_host_in_use", "system.memory") == 0);
    }

    @Test
    void namesOfProtocolsAreBounded() throws Exception {
        Libp2pHost one = host(1, a, TestNet.TCP);
        Libp2pHost other = host(2, b, TestNet.TCP);
        connect(one, other);
        for (int i = 0; i < 70; i++) {
            String protocol = "/many/" + i;
            other.handle(protocol, stream -> {});
            one.open(other.peerId(), List.of(protocol), LONG).close();
        }
        assertThat(a.of("guts_host_streams_opened_total", "/many/0", "out")).isEqualTo(1);
        assertThat(a.of("guts_host_streams_opened_total", "/many/69", "out")).isZero();
        assertThat(a.of("guts_host_streams_opened_total", "other", "out")).isBetween(6.0, 12.0);
    }
}
