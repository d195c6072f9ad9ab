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
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.limits.Service;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
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
class LimitsHostTest {
    private static final String HOLD = "/test/hold/1";
    private static final String REFUSED = "a limit is reached there";

    private final String listen;
    private final CountDownLatch release = new CountDownLatch(1);

    @TempDir
    private Path folder;

    private TestNet net;

    LimitsHostTest(String listen) {
        this.listen = listen;
    }

    @BeforeEach
    void begin() {
        net = new TestNet(folder, listen);
    }

    @AfterEach
    void end() throws Exception {
        release.countDown();
        net.close();
    }

    private boolean quic() {
        return listen.equals(TestNet.QUIC);
    }

    private static Limits usual() {
        return Limits.scaled(128 << 20);
    }

    /** A host that says a byte on each stream of {@link #HOLD} and then holds it. */
    private Libp2pHost holding(Limits limits) throws IOException {
        Libp2pHost host = net.host(1, config -> config.limits(limits));
        host.handle(HOLD, stream -> {
            try {
                stream.write(new byte[1]);
                assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        return host;
    }

    private static Stream hold(Libp2pHost from, Libp2pHost to) throws IOException {
        Stream stream = from.open(to.peerId(), List.of(HOLD), LONG);
        stream.readFully(new byte[1], 0, 1);
        return stream;
    }

    private static void connected(Libp2pHost from, Libp2pHost to) throws Exception {
        connect(from, to);
        Await.until(
                "identified, and quiet",
                () -> from.identified(to.peerId()).isPresent()
                        && to.identified(from.peerId()).isPresent()
                        && to.openStreams() == 0
                        && from.openStreams() == 0);
    }

    private static void isEmpty(Libp2pHost host) throws Exception {
        Await.until("nothing is in use", () -> inUse(host.limits()) == 0);
    }

    private static long inUse(LimitsSnapshot snapshot) {
        return snapshot.scopes().stream()
                .flatMap(scope -> scope.resources().values().stream())
                .mapToLong(LimitsSnapshot.Usage::used)
                .sum();
    }

    private void onlyThreeStreams(Level level, boolean samePeer, boolean sameProtocol) throws Exception {
        Limits limits = usual().with(level, Resource.STREAMS_INBOUND, 3)
                .with(List.of(new Service("test", HOLD, "/test/unused/1")));
        Libp2pHost host = holding(limits);
        Libp2pHost greedy = net.host(2);
        Libp2pHost honest = net.host(3);
        connected(greedy, host);
        connected(honest, host);
        List<Stream> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(hold(greedy, host));
        }
        assertThatThrownBy(() -> hold(greedy, host))
                .isInstanceOf(StreamResetException.class)
                .hasMessageContaining(REFUSED);
        assertThat(host.refusals()).isEqualTo(java.util.Map.of(level.text() + ".streams_inbound", 1L));
        assertThat(host.isConnected(greedy.peerId())).isTrue();
        if (!samePeer) {
            hold(honest, host).close();
        }
        if (!sameProtocol) {
            talk(greedy, host);
        }
        release.countDown();
        held.forEach(Stream::reset);
        Await.until("there is room again", () -> host.openStreams() == 0);
        hold(greedy, host).close();
        greedy.disconnect(host.peerId(), "over");
        honest.disconnect(host.peerId(), "over");
        isEmpty(host);
        isEmpty(greedy);
    }

    @Test
    void streamsOfAPeer() throws Exception {
        onlyThreeStreams(Level.PEER, false, true);
    }

    @Test
    void streamsOfAProtocol() throws Exception {
        onlyThreeStreams(Level.PROTOCOL, true, false);
    }

    @Test
    void streamsOfAProtocolWithAPeer() throws Exception {
        onlyThreeStreams(Level.PROTOCOL_PEER, false, false);
    }

    @Test
    void streamsOfAService() throws Exception {
        onlyThreeStreams(Level.SERVICE, true, false);
    }

    @Test
    void streamsOfAServiceWithAPeer() throws Exception {
        onlyThreeStreams(Level.SERVICE_PEER, false, false);
    }

    @Test
    void streamsOfAll() throws Exception {
        onlyThreeStreams(Level.SYSTEM, true, true);
    }

    @Test
    void streamsOfOurOwn() throws Exception {
        Libp2pHost host = net.host(1, config -> config.limits(usual().with(Level.PEER, Resource.STREAMS_OUTBOUND, 2)));
        Libp2pHost other = net.host(2);
        connected(host, other);
        Stream one = open(host, other);
        Stream two = open(host, other);
        assertThatThrownBy(() -> open(host, other)).hasMessageContaining("peer.streams_outbound (2)");
        one.close();
        talk(host, other);
        two.close();
    }

    @Test
    void streamsWithoutAProtocol() throws Exception {
        Libp2pHost host =
                net.host(1, config -> config.limits(usual().with(Level.TRANSIENT, Resource.STREAMS_INBOUND, 2)));
        try (Transport transport = transport(9);
                MuxedConnection connection = dial(transport, host)) {
            Await.until("it is there", () -> host.isConnected(Keys.peer(9)));
            List<MuxedStream> silent = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                silent.add(connection.open(LONG));
                silent.getLast().write(new byte[] {19}, 0, 1);
            }
            Await.until(
                    "both wait for a protocol",
                    () -> host.limits().at(Level.TRANSIENT).getFirst().used(Resource.STREAMS_INBOUND) == 2);
            MuxedStream third = connection.open(LONG);
            assertThatThrownBy(() -> {
                        third.write(new byte[] {19}, 0, 1);
                        third.read(new byte[100], 0, 100);
                    })
                    .hasMessageContaining(REFUSED);
            assertThat(host.refusals()).containsEntry("transient.streams_inbound", 1L);
            silent.forEach(MuxedStream::reset);
        }
        isEmpty(host);
    }

    private Transport transport(int key) {
        return quic()
                ? new QuicTransport(Keys.key(key), InstantSource.system(), QuicConfig.DEFAULT)
                : new TcpTransport(new TcpDialer(AddressResolver.NUMERIC), new TcpUpgrader(Keys.key(key)));
    }

    private static MuxedConnection dial(Transport transport, Libp2pHost host) throws IOException {
        return transport.dial(address(host), Optional.of(host.peerId()), LONG).connection();
    }

    @Test
    void connectionsOfAPeer() throws Exception {
        Libp2pHost host =
                net.host(1, config -> config.limits(usual().with(Level.PEER, Resource.CONNECTIONS_INBOUND, 1)));
        try (Transport transport = transport(9);
                MuxedConnection first = dial(transport, host)) {
            Await.until("it is there", () -> host.isConnected(Keys.peer(9)));
            MuxedConnection second = dial(transport, host);
            Await.until("the second is closed", () -> !second.isOpen());
            assertThat(second.endReason().orElseThrow())
                    .containsAnyOf(REFUSED, "the limit peer.connections_inbound (1) is reached");
            assertThat(first.isOpen()).isTrue();
            assertThat(host.refusals()).isEqualTo(java.util.Map.of("peer.connections_inbound", 1L));
            Libp2pHost honest = net.host(2);
            connect(honest, host);
            talk(honest, host);
        }
        host.connections().forEach(connection -> host.disconnect(connection.peer(), "over"));
        isEmpty(host);
    }

    @Test
    void connectionsOfAll() throws Exception {
        Libp2pHost host =
                net.host(1, config -> config.limits(usual().with(Level.SYSTEM, Resource.CONNECTIONS_INBOUND, 2)));
        Libp2pHost two = net.host(2);
        Libp2pHost three = net.host(3);
        Libp2pHost four = net.host(4);
        connect(two, host);
        connect(three, host);
        Await.until("both are there", () -> host.connections().size() == 2);
        assertThatThrownBy(() -> {
                    connect(four, host);
                    talk(four, host);
                })
                .isInstanceOf(IOException.class);
        assertThat(host.refusals()).containsOnlyKeys("system.connections_inbound");
        Await.until("nothing is left of it", () -> four.connections().isEmpty());
        connect(host, four);
        assertThat(host.isConnected(four.peerId()))
                .as("outbound ones have a limit of their own")
                .isTrue();
        host.disconnect(four.peerId(), "next");
        two.disconnect(host.peerId(), "makes room");
        Await.until(
                "there is room",
                () -> host.connections().size() == 1 && four.connections().isEmpty());
        four.forgetFailures(host.peerId());
        connect(four, host);
        talk(four, host);
    }

    @Test
    void dialsOfOurOwn() throws Exception {
        Libp2pHost host =
                net.host(1, config -> config.limits(usual().with(Level.SYSTEM, Resource.CONNECTIONS_OUTBOUND, 4)));
        for (int i = 0; i < 4; i++) {
            connect(host, net.host(10 + i));
        }
        Libp2pHost other = net.host(2);
        assertThatThrownBy(() -> connect(host, other)).hasMessageContaining("system.connections_outbound (4)");
        host.protect(other.peerId(), "needed");
        connect(host, other);
        assertThat(host.isConnected(other.peerId()))
                .as("a quarter more for those that are needed")
                .isTrue();
    }

    @Test
    void silentHandshakesMakeRoom() throws Exception {
        Libp2pHost host =
                net.host(1, config -> config.limits(usual().with(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND, 2)));
        List<Socket> silent = new ArrayList<>();
        if (!quic()) {
            for (int i = 0; i < 2; i++) {
                silent.add(new Socket(
                        InetAddress.getLoopbackAddress(), address(host).port().orElseThrow()));
            }
            Await.until("both are in their handshake", () -> host.handshakes() == 2);
        }
        Libp2pHost honest = net.host(2);
        Await.until("the honest one gets in", () -> {
            try {
                honest.forgetFailures(host.peerId());
                connect(honest, host);
                talk(honest, host);
                return true;
            } catch (IOException refused) {
                return false;
            }
        });
        assertThat(host.refusals().containsKey("transient.connections_inbound")).isEqualTo(!quic());
        for (Socket socket : silent) {
            socket.close();
        }
        honest.disconnect(host.peerId(), "over");
        isEmpty(host);
    }

    @Test
    void whereMemoryIsScarceWindowsStaySmallAndEverythingArrives() throws Exception {
        long little = 500 << 10;
        Libp2pHost host = net.host(1, config -> config.limits(usual().with(Level.PEER, Resource.MEMORY, little)));
        Libp2pHost other = net.host(2);
        connected(other, host);
        byte[] sent = new byte[8 << 20];
        new java.util.SplittableRandom(1).nextBytes(sent);
        try (Stream stream = open(other, host)) {
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    stream.write(sent);
                    stream.closeWrite();
                } catch (IOException e) {
                    stream.reset();
                }
            });
            byte[] came = new byte[sent.length];
            stream.readFully(came, 0, came.length);
            writer.join();
            assertThat(came).isEqualTo(sent);
        }
        if (!quic()) {
            assertThat(host.refusals()).containsKey("peer.memory");
        }
        other.disconnect(host.peerId(), "over");
        isEmpty(host);
        isEmpty(other);
    }

    @Test
    void whatNobodyReadsIsHeldWithinTheMemory() throws Exception {
        long limit = 2 << 20;
        Libp2pHost host = holding(usual().with(Level.PEER, Resource.MEMORY, limit));
        Libp2pHost greedy = net.host(2);
        connected(greedy, host);
        List<Stream> held = new ArrayList<>();
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            held.add(hold(greedy, host));
        }
        for (Stream stream : held) {
            writers.add(Thread.ofVirtual().start(() -> {
                try {
                    // fits the first window, so that nobody waits
                    stream.write(new byte[200 << 10]);
                } catch (IOException reset) {
                    assertThat(reset).hasMessageContaining(REFUSED);
                }
            }));
        }
        for (Thread writer : writers) {
            assertThat(writer.join(LONG)).isTrue();
        }
        Await.until("the limit was hit", () -> host.refusals().containsKey("peer.memory"));
        assertThat(host.limits().at(Level.PEER).getFirst().used(Resource.MEMORY))
                .isLessThanOrEqualTo(limit);
        assertThat(greedy.isConnected(host.peerId())).isTrue();
        Libp2pHost honest = net.host(3);
        connect(honest, host);
        talk(honest, host);
        release.countDown();
        held.forEach(Stream::reset);
        greedy.disconnect(host.peerId(), "over");
        host.connections().forEach(connection -> host.disconnect(connection.peer(), "over"));
        isEmpty(host);
    }

    @Test
    void thousandsOfStreamsAndConnectionsLeaveNothing() throws Exception {
        Libp2pHost host = net.host(1);
        Libp2pHost other = net.host(2);
        for (int round = 0; round < 20; round++) {
            connect(other, host);
            Await.until("both know", () -> host.isConnected(other.peerId()));
            List<Thread> users = new ArrayList<>();
            for (int user = 0; user < 8; user++) {
                int number = user;
                users.add(Thread.ofVirtual().start(() -> openAndEnd(other, host, number)));
            }
            for (Thread user : users) {
                assertThat(user.join(LONG)).isTrue();
            }
            other.disconnect(host.peerId(), "next");
            Await.until(
                    "both are alone",
                    () -> host.connections().isEmpty() && other.connections().isEmpty());
        }
        isEmpty(host);
        isEmpty(other);
        assertThat(host.limits().scopes())
                .as("the system and the transient scope")
                .hasSize(2);
    }

    /** Some streams end well, some by a reset at once, some in the middle. */
    private static void openAndEnd(Libp2pHost from, Libp2pHost to, int user) {
        for (int i = 0; i < 20; i++) {
            try {
                Stream stream = from.open(to.peerId(), List.of(ECHO), LONG);
                if ((user + i) % 3 == 0) {
                    talk(stream);
                    stream.close();
                } else {
                    if ((user + i) % 3 == 1) {
                        stream.write(new byte[50_000]);
                    }
                    stream.reset();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
