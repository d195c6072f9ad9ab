package network.guts.libp2p.quic;

import static network.guts.libp2p.quic.QuicPeer.TIMEOUT;
import static network.guts.libp2p.upgrade.Pair.inBackground;
import static network.guts.libp2p.upgrade.Pair.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Await;
import network.guts.libp2p.Keys;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.tls.Certificates;
import network.guts.libp2p.tls.HostCertificate;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.upgrade.UpgradedConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuicTransportTest {
    private static final long SEED = 11;

    private static QuicConfig idle(Duration idle, int retryAbove) {
        QuicConfig usual = QuicConfig.DEFAULT;
        return new QuicConfig(
                usual.maxInboundStreams(),
                usual.streamWindow(),
                usual.connectionWindow(),
                usual.maxUnread(),
                idle,
                usual.keepAlive(),
                usual.linger(),
                retryAbove,
                usual.maxResets());
    }

    private static void talk(MuxedConnection one, MuxedConnection two) throws Exception {
        MuxedStream stream = one.open(TIMEOUT);
        stream.write(new byte[] {7}, 0, 1);
        MuxedStream other = two.accept();
        byte[] read = new byte[1];
        assertThat(other.read(read, 0, 1)).isEqualTo(1);
        assertThat(read[0]).isEqualTo((byte) 7);
        stream.close();
        other.close();
    }

    @Test
    void bothSidesKnowWhoIsThere() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer two = QuicPeer.listen(2)) {
            UpgradedConnection dialled = one.dial(two);
            Incoming incoming = two.next();
            UpgradedConnection accepted = incoming.upgrade(TIMEOUT);
            assertThat(dialled.peer()).isEqualTo(two.id());
            assertThat(accepted.peer()).isEqualTo(one.id());
            assertThat(List.of(dialled.security(), dialled.muxer())).containsExactly("quic", "quic");
            assertThat(incoming.address())
                    .as("dialled from the port that listens")
                    .isEqualTo(one.address());
            talk(dialled.connection(), accepted.connection());
            talk(accepted.connection(), dialled.connection());
        }
    }

    @Test
    void twoThatDialEachOtherAtOnceFromOnePortEachMoveThirtyTwoMiBBothWays() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer two = QuicPeer.listen(2)) {
            CompletableFuture<UpgradedConnection> first = inBackground(() -> one.dial(two));
            CompletableFuture<UpgradedConnection> second = inBackground(() -> two.dial(one));
            MuxedConnection fromOne = first.get().connection();
            MuxedConnection fromTwo = second.get().connection();
            MuxedConnection atTwo = two.accept();
            MuxedConnection atOne = one.accept();
            List<CompletableFuture<Boolean>> all = List.of(
                    started(() -> send(fromOne)),
                    started(() -> send(fromTwo)),
                    started(() -> receive(atOne)),
                    started(() -> receive(atTwo)));
            for (CompletableFuture<Boolean> each : all) {
                each.get();
            }
        }
    }

    private static void send(MuxedConnection connection) throws IOException {
        MuxedStream stream = connection.open(TIMEOUT);
        byte[] chunk = new byte[1 << 20];
        for (int count = 0; count < 32; count++) {
            stream.write(chunk, 0, chunk.length);
        }
        stream.closeWrite();
    }

    private static void receive(MuxedConnection connection) throws IOException {
        MuxedStream stream = connection.accept();
        byte[] buffer = new byte[1 << 18];
        long total = 0;
        int count = stream.read(buffer, 0, buffer.length);
        while (count >= 0) {
            total += count;
            count = stream.read(buffer, 0, buffer.length);
        }
        assertThat(total).isEqualTo(32L << 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ip6/::1/udp/0/quic-v1", "/ip6/::/udp/0/quic-v1", "/ip4/0.0.0.0/udp/0/quic-v1"})
    void everyKindOfAddressIsListenedOn(String listen) throws Exception {
        try (QuicPeer wild = QuicPeer.listen(1, QuicConfig.DEFAULT, Keys.address(listen));
                QuicPeer other = QuicPeer.listen(2)) {
            int port = wild.address().port().orElseThrow();
            List<String> targets = listen.contains("::1")
                    ? List.of("/ip6/::1")
                    : listen.contains("ip6") ? List.of("/ip6/::1", "/ip4/127.0.0.1") : List.of("/ip4/127.0.0.1");
            for (String target : targets) {
                Multiaddr address = Keys.address(target + "/udp/" + port + "/quic-v1");
                MuxedConnection dialled = other.transport
                        .dial(address, Optional.of(wild.id()), TIMEOUT)
                        .connection();
                talk(dialled, wild.accept());
                dialled.close("next");
            }
            assertThat(wild.transport.addresses())
                    .noneMatch(address -> address.ip().orElseThrow().isAnyLocalAddress());
            if (!listen.contains("::1")) {
                UpgradedConnection back = wild.dial(other);
                assertThat(back.peer()).isEqualTo(other.id());
                assertThat(other.next().address().port()).contains(port);
            }
        }
    }

    @Test
    void anotherPeerThanTheExpectedIsRefused() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer two = QuicPeer.listen(2)) {
            assertThatThrownBy(() -> one.transport.dial(two.address(), Optional.of(Keys.peer(3)), TIMEOUT))
                    .isInstanceOf(WrongPeerException.class)
                    .hasMessageContaining(two.id().toString());
            Incoming incoming = two.next();
            assertThatThrownBy(() -> incoming.upgrade(TIMEOUT)).isInstanceOf(IOException.class);
        }
    }

    private interface Made {
        HostCertificate make() throws Exception;
    }

    private static HostCertificate certificate(String fault) {
        Instant now = Instant.now();
        Made made = () -> switch (fault) {
            case "expired" -> Certificates.expired(Keys.key(1), now);
            case "not yet valid" -> Certificates.notYetValid(Keys.key(1), now);
            case "without the extension" -> Certificates.withoutExtension(now);
            case "signed by another identity" -> Certificates.wronglySigned(Keys.key(1), now);
            default -> Certificates.notSelfSigned(Keys.key(1), now);
        };
        try {
            return made.make();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "expired",
                "not yet valid",
                "without the extension",
                "signed by another identity",
                "not signed by its own key"
            })
    void aBadCertificateIsRefusedByWhoeverSeesIt(String fault) throws Exception {
        try (QuicPeer bad = QuicPeer.showing(1, () -> certificate(fault));
                QuicPeer good = QuicPeer.listen(2)) {
            assertThatThrownBy(() -> good.transport.dial(bad.address(), Optional.empty(), TIMEOUT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("certificate");
            CompletableFuture<Boolean> dial = started(() -> {
                MuxedConnection connection = bad.dial(good).connection();
                connection.accept();
            });
            Incoming incoming = good.next();
            assertThatThrownBy(() -> incoming.upgrade(TIMEOUT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("certificate");
            assertThatThrownBy(dial::get).hasCauseInstanceOf(IOException.class).hasMessageContaining("the remote");
        }
    }

    @Test
    void anAddressIsValidatedFirstUnderLoad() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer busy = QuicPeer.listen(2, idle(Duration.ofSeconds(30), -1), QuicPeer.LOOPBACK)) {
            MuxedConnection dialled = one.dial(busy).connection();
            talk(dialled, busy.accept());
        }
    }

    @Test
    void whoSendsOnlyAFirstPacketUnderLoadLeavesNoTrace() throws Exception {
        try (QuicPeer busy = QuicPeer.listen(2, idle(Duration.ofSeconds(30), -1), QuicPeer.LOOPBACK);
                QuicPeer honest = QuicPeer.listen(1);
                DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            byte[] initial = new byte[1200];
            initial[0] = (byte) 0xc0;
            initial[4] = 1;
            initial[5] = 8;
            initial[14] = 8;
            Random random = new Random(SEED);
            socket.setSoTimeout(30_000);
            for (int count = 0; count < 50; count++) {
                byte[] id = new byte[8];
                random.nextBytes(id);
                System.arraycopy(id, 0, initial, 6, 8);
                socket.send(new DatagramPacket(initial, initial.length, target(busy)));
                DatagramPacket answer = new DatagramPacket(new byte[1500], 1500);
                socket.receive(answer);
                assertThat(answer.getData()[0] & 0xf0).as("a Retry").isEqualTo(0xf0);
                assertThat(answer.getLength()).as("no amplification").isLessThan(initial.length);
            }
            assertThat(busy.arrived).isEmpty();
            talk(honest.dial(busy).connection(), busy.accept());
        }
    }

    private static InetSocketAddress target(QuicPeer peer) {
        return new InetSocketAddress(
                peer.address().ip().orElseThrow(), peer.address().port().orElseThrow());
    }

    @Test
    void aServerThatDoesNotAnswerIsGivenUp() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Multiaddr address = QuicAddress.of(silent.getLocalAddress(), silent.getLocalPort());
            assertThatThrownBy(() -> one.transport.dial(address, Optional.empty(), Duration.ofSeconds(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no answer within 1 s");
        }
    }

    @Test
    void aDialThatIsInterruptedEnds() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Multiaddr address = QuicAddress.of(silent.getLocalAddress(), silent.getLocalPort());
            CompletableFuture<Boolean> ended = new CompletableFuture<>();
            Thread dial = Thread.ofVirtual().start(() -> {
                try {
                    one.transport.dial(address, Optional.empty(), TIMEOUT);
                    ended.complete(false);
                } catch (IOException e) {
                    ended.complete(true);
                }
            });
            byte[] first = new byte[1500];
            silent.receive(new DatagramPacket(first, first.length));
            dial.interrupt();
            assertThat(ended.get()).isTrue();
        }
    }

    @Test
    void aConnectionOnWhichNothingHappensIsEnded() throws Exception {
        QuicConfig brief = idle(Duration.ofMillis(500), 32);
        try (QuicPeer one = QuicPeer.listen(1, brief, QuicPeer.LOOPBACK);
                QuicPeer two = QuicPeer.listen(2, brief, QuicPeer.LOOPBACK)) {
            MuxedConnection dialled = one.dial(two).connection();
            MuxedConnection accepted = two.accept();
            assertThatThrownBy(dialled::accept).hasMessageContaining("nothing was heard");
            assertThatThrownBy(accepted::accept).isInstanceOf(IOException.class);
        }
    }

    @Test
    void garbageHurtsNobodyElse() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer two = QuicPeer.listen(2);
                DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            MuxedConnection dialled = one.dial(two).connection();
            MuxedConnection accepted = two.accept();
            Random random = new Random(SEED);
            for (int count = 0; count < 3000; count++) {
                byte[] packet = new byte[random.nextInt(1500)];
                random.nextBytes(packet);
                if (count % 3 == 0 && packet.length > 30) {
                    packet[0] |= (byte) 0xc0;
                    packet[1] = 0;
                    packet[2] = 0;
                    packet[3] = 0;
                    packet[4] = 1;
                    packet[5] = (byte) random.nextInt(22);
                }
                socket.send(new DatagramPacket(packet, packet.length, target(two)));
            }
            talk(dialled, accepted);
            Incoming refused = two.arrived.poll();
            while (refused != null) {
                refused.refuse();
                refused = two.arrived.poll();
            }
            talk(one.dial(two).connection(), awaitHonest(two));
        }
    }

    /** Before the handshake is over, a remote's CONNECTION_CLOSE has no reason. */
    @Test
    void whoeverIsRefusedInTheHandshakeIsToldSo() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer two = QuicPeer.listen(2)) {
            // A client that was sent away before it could read anything asks again.
            Thread refusing = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        two.arrived.take().refuse();
                    }
                } catch (InterruptedException over) {
                    Thread.currentThread().interrupt();
                }
            });
            for (int count = 0; count < 20; count++) {
                try {
                    MuxedConnection dialled = one.dial(two).connection();
                    Await.until("it is closed", () -> !dialled.isOpen());
                    assertThat(dialled.endReason().orElseThrow()).startsWith("the remote ");
                } catch (IOException refused) {
                    assertThat(refused).hasMessageStartingWith("the remote ");
                }
            }
            refusing.interrupt();
            assertThat(refusing.join(QuicPeer.TIMEOUT)).isTrue();
        }
    }

    /** Among those that garbage seemed to announce. */
    private static MuxedConnection awaitHonest(QuicPeer peer) throws IOException {
        while (true) {
            try {
                return peer.next().upgrade(Duration.ofSeconds(5)).connection();
            } catch (IOException garbage) {
                assertThat(garbage).isNotNull();
            }
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (QuicPeer one = QuicPeer.listen(1)) {
            assertThatThrownBy(() -> QuicPeer.listen(2, QuicConfig.DEFAULT, one.address()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot listen on " + one.address());
        }
    }

    @Test
    void nothingIsLeftOfManyConnections() throws Exception {
        try (QuicPeer warm = QuicPeer.listen(1)) {
            assertThat(warm.address()).isNotNull();
        }
        Await.until("the event loop is gone", () -> buffers() >= 0);
        long descriptors = descriptors();
        long buffers = buffers();
        try (QuicPeer one = QuicPeer.listen(1);
                QuicPeer two = QuicPeer.listen(2)) {
            long during = descriptors();
            for (int round = 0; round < 5; round++) {
                churn(one, two, 50);
            }
            assertThat(descriptors()).isEqualTo(during);
        }
        Await.until("the buffers are back", () -> buffers() <= buffers);
        Await.until("the descriptors are back", () -> descriptors() <= descriptors);
    }

    /** Connections that end with streams that nobody has closed and bytes that nobody has read. */
    private static void churn(QuicPeer one, QuicPeer two, int count) throws Exception {
        List<MuxedConnection> all = new ArrayList<>();
        for (int each = 0; each < count; each++) {
            MuxedConnection dialled = one.dial(two).connection();
            MuxedConnection accepted = two.accept();
            for (int number = 0; number < 3; number++) {
                MuxedStream stream = dialled.open(TIMEOUT);
                stream.write(new byte[10_000], 0, 10_000);
                assertThat(accepted.accept().read(new byte[1], 0, 1)).isEqualTo(1);
            }
            all.add(accepted);
            dialled.close("next");
        }
        for (MuxedConnection accepted : all) {
            Await.until("ended", () -> !accepted.isOpen());
        }
    }

    private static long buffers() {
        return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
                .mapToLong(arena -> arena.numActiveAllocations())
                .sum();
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
