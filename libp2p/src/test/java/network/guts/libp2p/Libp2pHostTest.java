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
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import network.guts.core.PeerId;
import network.guts.core.PeerRecord;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.core.host.UnsupportedProtocolException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
class Libp2pHostTest {
    private final String listen;

    @TempDir
    private Path folder;

    private TestNet net;

    Libp2pHostTest(String listen) {
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

    private boolean quic() {
        return listen.equals(TestNet.QUIC);
    }

    @Test
    void twoHostsTalkBothWaysOverOneConnection() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        ConnectionInfo info = connect(a, b);
        assertThat(info.peer()).isEqualTo(b.peerId());
        assertThat(info.direction()).isEqualTo(Direction.OUTBOUND);
        assertThat(info.address()).isEqualTo(address(b));
        assertThat(List.of(info.transport(), info.security(), info.muxer()))
                .isEqualTo(quic() ? List.of("quic-v1", "quic", "quic") : List.of("tcp", "noise", "yamux"));
        talk(a, b);
        Await.until("b knows of the connection", () -> b.isConnected(a.peerId()));
        talk(b, a);
        assertThat(connect(a, b)).isEqualTo(info);
        assertThat(a.connections()).containsExactly(info);
        assertThat(b.connections()).hasSize(1);
        ConnectionStatus status = a.status().getFirst();
        assertThat(status.bytesWritten()).isGreaterThanOrEqualTo(10);
        assertThat(status.bytesRead()).isGreaterThanOrEqualTo(10);
        assertThat(status.streamsOpened()).isGreaterThanOrEqualTo(1);
    }

    @Test
    void openConnectsByTheAddressBookAndPicksTheFirstThatIsServed() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        a.addressBook().add(b.peerId(), b.addresses(), LONG);
        try (Stream stream = a.open(b.peerId(), List.of("/test/other/1", ECHO), LONG)) {
            assertThat(stream.protocol()).isEqualTo(ECHO);
            assertThat(stream.connection().peer()).isEqualTo(b.peerId());
            talk(stream);
        }
    }

    @Test
    void aProtocolThatIsNotServedIsSaidSoAndTheConnectionLives() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        connect(a, b);
        assertThatThrownBy(() -> a.open(b.peerId(), List.of("/test/none/1"), LONG))
                .isInstanceOf(UnsupportedProtocolException.class);
        assertThatThrownBy(() -> a.open(b.peerId(), List.of("/test/none/1", "/test/none/2"), LONG))
                .isInstanceOf(UnsupportedProtocolException.class);
        talk(a, b);
    }

    @Test
    void aHandlerThatFailsResetsItsStreamAndNothingElse() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        b.handle("/test/io/1", stream -> {
            throw new IOException("the remote's fault");
        });
        b.handle("/test/bug/1", stream -> {
            throw new IllegalStateException("a bug");
        });
        connect(a, b);
        for (String protocol : List.of("/test/io/1", "/test/bug/1")) {
            assertThatThrownBy(() -> {
                        try (Stream stream = a.open(b.peerId(), List.of(protocol), LONG)) {
                            stream.readFully(new byte[1], 0, 1);
                        }
                    })
                    .isInstanceOf(StreamResetException.class);
        }
        talk(a, b);
        assertThat(a.connections()).hasSize(1);
    }

    @Test
    void eventsComeInOrder() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        Queue<String> events = new ConcurrentLinkedQueue<>();
        a.listen(new HostListener() {
            @Override
            public void connected(ConnectionInfo connection) {
                events.add("connected " + connection.peer().abbreviated());
            }

            @Override
            public void identified(Identified peer) {
                events.add("identified " + peer.peer().abbreviated());
                a.connections();
            }

            @Override
            public void disconnected(PeerId peer) {
                events.add("disconnected " + peer.abbreviated());
            }
        });
        connect(a, b);
        Await.until("b is identified", () -> events.size() == 2);
        assertThat(a.disconnect(b.peerId(), "enough")).isTrue();
        Await.until("b is gone", () -> events.size() == 3);
        String id = b.peerId().abbreviated();
        assertThat(events).containsExactly("connected " + id, "identified " + id, "disconnected " + id);
        assertThat(a.disconnect(b.peerId(), "enough")).isFalse();
        Await.until("b noticed it", () -> b.connections().isEmpty());
    }

    @Test
    void identifyTellsWhoThePeerIs() throws Exception {
        Libp2pHost a = net.host(1, config -> config.agentVersion("test-agent/7"));
        Libp2pHost b = net.host(2);
        ConnectionInfo info = connect(b, a);
        Await.until("a is identified", () -> b.identified(a.peerId()).isPresent());
        Identified said = b.identified(a.peerId()).orElseThrow();
        assertThat(said.connection()).isEqualTo(info);
        assertThat(said.agentVersion()).isEqualTo("test-agent/7");
        assertThat(said.protocols())
                .containsExactlyInAnyOrder(
                        ECHO,
                        "/ipfs/id/1.0.0",
                        "/ipfs/id/push/1.0.0",
                        "/ipfs/ping/1.0.0",
                        "/libp2p/autonat/2/dial-back",
                        "/libp2p/circuit/relay/0.2.0/stop",
                        "/libp2p/dcutr");
        assertThat(said.addresses()).isEqualTo(a.addresses());
        PeerRecord record = PeerRecord.open(b.addressBook().record(a.peerId()).orElseThrow());
        assertThat(record.addresses()).isEqualTo(a.addresses());
        assertThat(record.sequence()).isEqualTo(PeerRecord.open(a.peerRecord()).sequence());
        Await.until("b is identified", () -> a.identified(b.peerId()).isPresent());
        assertThat(a.addressBook().addresses(b.peerId())).containsAll(b.addresses());
        ConnectionStatus status = b.status().getFirst();
        assertThat(status.agent()).contains("test-agent/7");
        assertThat(status.observed().orElseThrow().ip().orElseThrow().isLoopbackAddress())
                .isTrue();
    }

    @Test
    void aNewProtocolIsPushedAndAGoneOneToo() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        connect(a, b);
        Await.until("a is identified", () -> b.identified(a.peerId()).isPresent());
        Registration registration = a.handle("/test/new/1", stream -> {});
        Await.until("b knows the new protocol", () -> serves(b, a, "/test/new/1"));
        registration.close();
        Await.until("b knows that it is gone", () -> !serves(b, a, "/test/new/1"));
    }

    private static boolean serves(Libp2pHost knows, Libp2pHost of, String protocol) {
        return knows.identified(of.peerId()).orElseThrow().protocols().contains(protocol);
    }

    @Test
    void pingMeasuresARoundTrip() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        connect(a, b);
        for (int i = 0; i < 5; i++) {
            assertThat(a.ping(b.peerId(), LONG)).isPositive().isLessThan(LONG);
        }
        assertThat(a.latency(b.peerId())).isPresent();
        assertThat(a.latency(Keys.peer(99))).isEmpty();
    }

    @Test
    void everyAddressThatFailedIsNamedAndBackedOffFor() throws Exception {
        Libp2pHost a = net.host(1, config -> config.connectionTimeout(Duration.ofSeconds(4)));
        Libp2pHost b = net.host(2);
        Libp2pHost other = net.host(3);
        var closed = address(b);
        b.close();
        var relayed = Keys.address("/ip4/127.0.0.1/tcp/1/p2p/" + Keys.peer(9) + "/p2p-circuit");
        var udp = Keys.address("/ip4/127.0.0.1/udp/1/quic");
        String refused = quic() ? ": no answer within 4 s" : ": connection refused";
        assertThatThrownBy(() -> a.connect(b.peerId(), List.of(closed, relayed, udp, address(other)), LONG))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(closed + refused)
                .hasMessageContaining(relayed + ": no way to the relay: ")
                .hasMessageContaining(udp + ": addresses of quic are not supported")
                .hasMessageContaining(address(other) + ": ");
        assertThatThrownBy(() -> a.connect(b.peerId(), List.of(closed), LONG))
                .hasMessageContaining(closed + refused + " (not tried again for ");
        a.forgetFailures(b.peerId());
        Libp2pHost again = net.host(2, config -> config.listen(closed));
        connect(a, again);
        assertThatThrownBy(() -> a.connect(Keys.peer(50), List.of(), LONG)).hasMessageContaining("no address is known");
        assertThatThrownBy(() -> a.connect(a.peerId(), a.addresses(), LONG)).hasMessageContaining("itself");
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        Libp2pHost a = net.host(1);
        assertThatThrownBy(() -> net.host(2, config -> config.listen(address(a))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on " + address(a));
    }

    @Test
    void aWildcardIsListenedOnAndResolved() throws Exception {
        Libp2pHost a = net.host(1, config -> config.listen(Keys.address(listen.replace("127.0.0.1", "0.0.0.0"))));
        Libp2pHost b = net.host(2);
        int port = address(a).port().orElseThrow();
        var loopback = Keys.address(listen.replace("/0", "/" + port));
        assertThat(a.addresses())
                .contains(loopback)
                .noneMatch(address -> address.ip().orElseThrow().isAnyLocalAddress());
        b.connect(a.peerId(), List.of(loopback), LONG);
        assertThat(b.isConnected(a.peerId())).isTrue();
    }

    @Test
    void onlyMembersGetIn() throws Exception {
        Libp2pHost member = net.host(1);
        Libp2pHost stranger = net.host(2);
        Libp2pHost closed = net.host(3, config -> config.members(Set.of(member.peerId())));
        connect(member, closed);
        talk(member, closed);
        assertThatThrownBy(() -> {
                    connect(stranger, closed);
                    talk(stranger, closed);
                })
                .isInstanceOf(IOException.class);
        Await.until("the stranger was sent away", () -> stranger.connections().isEmpty());
        assertThat(closed.isConnected(stranger.peerId())).isFalse();
        assertThatThrownBy(() -> connect(closed, stranger)).hasMessageContaining("not a member");
    }

    @Test
    void crossedDialsLeaveOneConnectionAndStreamsOnTheOtherFinish() throws Exception {
        for (int round = 0; round < 5; round++) {
            Libp2pHost a = net.host(10 + 2 * round);
            Libp2pHost b = net.host(11 + 2 * round);
            Thread one = Thread.ofVirtual().start(() -> connectQuietly(a, b));
            Thread two = Thread.ofVirtual().start(() -> connectQuietly(b, a));
            one.join();
            two.join();
            try (Stream stream = open(a, b);
                    Stream other = open(b, a)) {
                Await.until(
                        "both agree on one, unless streams are open on the other",
                        () -> a.connections().size() <= 2 && b.connections().size() <= 2);
                talk(stream);
                talk(other);
            }
            Await.until(
                    "one connection is left",
                    () -> a.connections().size() == 1 && b.connections().size() == 1);
            talk(a, b);
            talk(b, a);
        }
    }

    private static void connectQuietly(Libp2pHost from, Libp2pHost to) {
        try {
            connect(from, to);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void manyWhoWantAPeerWaitForOneDial() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        Set<Long> ids = java.util.concurrent.ConcurrentHashMap.newKeySet();
        List<Thread> threads = java.util.stream.IntStream.range(0, 20)
                .mapToObj(i -> Thread.ofVirtual().start(() -> {
                    try {
                        ids.add(connect(a, b).id());
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(ids).hasSize(1);
        assertThat(a.connections()).hasSize(1);
    }

    @Test
    void aRestartedHostKnowsWhomToDial() throws Exception {
        Libp2pHost b = net.host(2);
        Libp2pHost a = net.host(1);
        connect(a, b);
        Await.until("b is identified", () -> a.identified(b.peerId()).isPresent());
        a.close();
        Libp2pHost again = net.host(1);
        assertThat(again.addressBook().lastSeen(5)).singleElement().satisfies(seen -> {
            assertThat(seen.peer()).isEqualTo(b.peerId());
            assertThat(seen.addresses()).containsExactly(address(b));
        });
        talk(again, b);
    }

    @Test
    void aRemoteThatGoesAwayIsNoticed() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        connect(a, b);
        Stream stream = open(a, b);
        talk(stream);
        b.close();
        assertThatThrownBy(() -> stream.readFully(new byte[1], 0, 1)).isInstanceOf(IOException.class);
        Await.until("a noticed it", () -> a.connections().isEmpty());
        stream.close();
    }

    @Test
    void highWaterTrimsTheOldestIdleAndNeverTheProtected() throws Exception {
        TestClock clock = new TestClock();
        Libp2pHost hub = net.host(1, clock, config -> config.water(3, 5).trimGrace(Duration.ofSeconds(1)));
        Libp2pHost[] peers = new Libp2pHost[7];
        for (int i = 0; i < peers.length; i++) {
            peers[i] = net.host(20 + i, clock, config -> config);
        }
        hub.protect(peers[0].peerId(), "test");
        Stream busy = null;
        for (int i = 0; i < 5; i++) {
            connect(hub, peers[i]);
            Libp2pHost peer = peers[i];
            int streams = i > 1 ? 1 : 0;
            Await.until(
                    "identified both ways, and nothing but the talk goes on",
                    () -> hub.identified(peer.peerId()).isPresent()
                            && peer.identified(hub.peerId()).isPresent()
                            && hub.openStreams() == streams);
            if (i == 1) {
                busy = open(hub, peers[1]);
                talk(busy);
            }
            clock.advance(Duration.ofSeconds(2));
        }
        assertThat(hub.connections()).hasSize(5);
        connect(hub, peers[5]);
        Await.until("trimmed to low water", () -> hub.connections().size() == 3);
        assertThat(hub.connections().stream().map(ConnectionInfo::peer))
                .containsExactly(peers[0].peerId(), peers[1].peerId(), peers[5].peerId());
        talk(java.util.Objects.requireNonNull(busy));
        busy.close();
    }

    @Test
    void idleConnectionsThatWereDialledAreKeptUpToTheirNumber() throws Exception {
        TestClock clock = new TestClock();
        Libp2pHost hub = net.host(1, clock, config -> config.maxConnections(2).trimGrace(Duration.ofSeconds(5)));
        for (int i = 0; i < 4; i++) {
            Libp2pHost peer = net.host(20 + i, clock, config -> config);
            connect(hub, peer);
            Await.until("identified", () -> hub.identified(peer.peerId()).isPresent());
        }
        for (int i = 0; i < 3; i++) {
            connect(net.host(30 + i, clock, config -> config), hub);
        }
        Await.until("all are there", () -> hub.connections().size() == 7);
        clock.advance(Duration.ofSeconds(6));
        Await.until(
                "two of the dialled are kept, and the inbound",
                () -> hub.connections().size() == 5);
        assertThat(hub.connections().stream().filter(c -> c.direction() == Direction.OUTBOUND))
                .hasSize(2);
    }

    @Test
    void aHostMayBeUsedWithoutListening() throws Exception {
        Libp2pHost a = net.host(1, config -> config.listen());
        Libp2pHost b = net.host(2);
        assertThat(a.addresses()).isEmpty();
        connect(a, b);
        talk(a, b);
        Await.until("b is connected", () -> b.isConnected(a.peerId()));
        talk(b, a);
    }
}
