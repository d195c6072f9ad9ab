package network.guts.libp2p;

import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import network.guts.core.PeerId;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.HostConfig.Security;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.noise.NoiseProtocol;
import network.guts.libp2p.quic.QuicConfig;
import network.guts.libp2p.quic.QuicTransport;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.tls.TlsProtocol;
import network.guts.libp2p.upgrade.Pair;
import network.guts.libp2p.upgrade.TcpUpgrader;
import network.guts.libp2p.yamux.YamuxConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Connections that fall silent after some bytes, at every step of the handshake and in both directions, all at once: both
 * ends give them up, and others are served meanwhile.
 */
class StalledHandshakesTest {
    private static final Duration LISTENER = Duration.ofSeconds(2);
    private static final Duration DIALER = Duration.ofSeconds(1);

    /** One that is ended soon after its handshake, where that went well for one end alone. */
    private static final YamuxConfig IMPATIENT =
            new YamuxConfig(512, 1 << 24, 1 << 26, DIALER, DIALER, Duration.ofSeconds(30));

    /**
     * Bytes that pass: within and behind the header, the proposal, and each message of Noise or TLS. The last ones of the
     * listener's and of the dialer's are a few hundred bytes long.
     */
    private static final List<Integer> CUTS = List.of(0, 1, 19, 20, 24, 28, 31, 33, 45, 61, 62, 100, 150, 240);

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

    private static SecurityProtocol protocol(Security security) {
        return switch (security) {
            case NOISE -> new NoiseProtocol(Keys.key(9), new SecureRandom());
            case TLS -> new TlsProtocol(Keys.key(9), InstantSource.system());
        };
    }

    @FunctionalInterface
    private interface Dial {
        MuxedConnection run() throws IOException;
    }

    /** Dials, and waits for the end of it: a failure, or the end of the connection. */
    private static CompletableFuture<Boolean> ends(Dial dial) {
        return Pair.inBackground(() -> {
            try (MuxedConnection connection = dial.run()) {
                connection.accept();
                return false;
            } catch (IOException ended) {
                return true;
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Security.class)
    void areEndedOverTcp(Security security) throws Exception {
        Libp2pHost host = net.host(1, config -> config.connectionTimeout(LISTENER));
        TcpUpgrader upgrader = new TcpUpgrader(List.of(protocol(security)), IMPATIENT);
        Optional<PeerId> peer = Optional.of(host.peerId());
        List<Closeable> proxies = new ArrayList<>();
        try {
            List<CompletableFuture<Boolean>> dials = new ArrayList<>();
            for (int cut : CUTS) {
                TcpProxy there = new TcpProxy(socket(host), cut, Long.MAX_VALUE);
                TcpProxy back = new TcpProxy(socket(host), Long.MAX_VALUE, cut);
                for (TcpProxy proxy : List.of(there, back)) {
                    proxies.add(proxy);
                    dials.add(ends(() -> upgrader.outbound(SocketChannel.open(proxy.socket()), peer, DIALER)
                            .connection()));
                }
            }
            othersAreServedAndAllEnds(host, dials);
        } finally {
            for (Closeable proxy : proxies) {
                proxy.close();
            }
        }
    }

    private void othersAreServedAndAllEnds(Libp2pHost host, List<CompletableFuture<Boolean>> dials) throws Exception {
        Libp2pHost honest = net.host(2);
        connect(honest, host);
        talk(honest, host);
        for (CompletableFuture<Boolean> dial : dials) {
            assertThat(dial).succeedsWithin(TestNet.LONG).isEqualTo(true);
        }
        Await.until("no handshake is left", () -> host.handshakes() == 0);
        Await.until("only the honest one is left", () -> host.connections().size() == 1);
        talk(honest, host);
    }

    @Test
    void areEndedOverQuic() throws Exception {
        Libp2pHost host =
                net.host(1, config -> config.connectionTimeout(LISTENER).listen(Keys.address(TestNet.QUIC)));
        List<Closeable> open = new ArrayList<>();
        QuicTransport transport = new QuicTransport(
                Keys.key(9), InstantSource.system(), QuicConfig.DEFAULT.keepAliveAtMost(Duration.ofMillis(500)));
        open.add(transport);
        try {
            List<CompletableFuture<Boolean>> dials = new ArrayList<>();
            for (int packets = 0; packets < 4; packets++) {
                UdpProxy there = new UdpProxy(socket(host), packets, Long.MAX_VALUE);
                UdpProxy back = new UdpProxy(socket(host), Long.MAX_VALUE, packets);
                for (UdpProxy proxy : List.of(there, back)) {
                    open.add(proxy);
                    dials.add(ends(() -> transport
                            .dial(proxy.address(), Optional.of(host.peerId()), DIALER)
                            .connection()));
                }
            }
            othersAreServedAndAllEnds(host, dials);
        } finally {
            for (Closeable each : open) {
                each.close();
            }
        }
    }

    /** The connection stands, and a stream of it stays without its protocol. */
    @ParameterizedTest
    @ValueSource(strings = {"\23/multi", "\23/multistream/1.0.0\n", "\23/multistream/1.0.0\n\17/test/ec"})
    void aStreamWithoutAProtocolIsReset(String said) throws Exception {
        Libp2pHost host = net.host(1, config -> config.connectionTimeout(Duration.ofMillis(300)));
        try (SocketChannel channel = SocketChannel.open(socket(host));
                MuxedConnection connection = new TcpUpgrader(Keys.key(9))
                        .outbound(channel, Optional.of(host.peerId()), TestNet.LONG)
                        .connection()) {
            MuxedStream stream = connection.open(TestNet.LONG);
            byte[] bytes = said.getBytes(StandardCharsets.US_ASCII);
            stream.write(bytes, 0, bytes.length);
            assertThatThrownBy(() -> {
                        byte[] answers = new byte[100];
                        while (stream.read(answers, 0, answers.length) >= 0) {
                            assertThat(connection.isOpen()).isTrue();
                        }
                    })
                    .isInstanceOf(StreamResetException.class);
            assertThat(connection.isOpen()).isTrue();
        }
        Await.until("its place is free", () -> host.openStreams() == 0);
    }
}
