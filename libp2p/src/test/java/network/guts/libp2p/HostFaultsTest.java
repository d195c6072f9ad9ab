package network.guts.libp2p;

import static network.guts.libp2p.TestNet.ECHO;
import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.core.Bytes;
import network.guts.core.PeerRecord;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.identify.proto.IdentifyPb;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.Resource;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Remotes that do what they should not. */
@ParameterizedClass
@ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
class HostFaultsTest {
    private final String listen;

    @TempDir
    private Path folder;

    private TestNet net;

    HostFaultsTest(String listen) {
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

    private static long descriptors() throws IOException {
        try (java.util.stream.Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void streamsOpenedWithoutEndAreReset() throws Exception {
        Libp2pHost host = net.host(
                1, config -> config.limits(Limits.ofThisProcess().with(Level.PEER, Resource.STREAMS_INBOUND, 20)));
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger served = new AtomicInteger();
        host.handle("/test/hold/1", stream -> {
            served.incrementAndGet();
            try {
                assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        Libp2pHost greedy = net.host(2);
        Libp2pHost honest = net.host(3);
        connect(greedy, host);
        Await.until("identified", () -> greedy.identified(host.peerId()).isPresent());
        List<Stream> held = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Stream stream = greedy.open(host.peerId(), List.of("/test/hold/1"), LONG);
            held.add(stream);
            tell(stream);
        }
        Await.until("the limit is reached", () -> served.get() >= 18);
        assertThat(served.get()).isLessThanOrEqualTo(20);
        connect(honest, host);
        talk(honest, host);
        release.countDown();
        held.forEach(Stream::close);
        Await.until("there is room again", () -> {
            try {
                talk(greedy, host);
                return true;
            } catch (IOException stillFull) {
                return false;
            }
        });
    }

    /** Writes a byte, which the other side may have refused by now. */
    private static void tell(Stream stream) throws IOException {
        try {
            stream.write(new byte[1]);
        } catch (StreamResetException refused) {
            assertThat(stream.protocol()).isEqualTo("/test/hold/1");
        }
    }

    @Test
    void onlyTwoPingStreamsAPeer() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        connect(a, b);
        List<Stream> streams = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Stream stream = a.open(b.peerId(), List.of("/ipfs/ping/1.0.0"), LONG);
            streams.add(stream);
            stream.write(new byte[32]);
            stream.readFully(new byte[32], 0, 32);
        }
        assertThatThrownBy(() -> a.ping(b.peerId(), LONG)).isInstanceOf(IOException.class);
        streams.forEach(Stream::close);
        Await.until("a third one once they have ended", () -> {
            try {
                return a.ping(b.peerId(), LONG).isPositive();
            } catch (IOException stillFull) {
                return false;
            }
        });
    }

    @Test
    void aFalseIdentifyIsIgnoredAndTheConnectionLives() throws Exception {
        Libp2pHost a = net.host(1);
        Libp2pHost b = net.host(2);
        connect(a, b);
        Await.until("identified", () -> a.identified(b.peerId()).isPresent());
        var before = a.identified(b.peerId());
        var foreign = new PeerRecord(Keys.peer(9), 1, List.of(Keys.address("/ip4/127.0.0.1/tcp/1"))).seal(Keys.key(9));
        byte[] otherKey = IdentifyPb.newBuilder()
                .setPublicKey(ByteString.copyFrom(Keys.key(9).publicKey().encoded()))
                .setAgentVersion("liar")
                .build()
                .toByteArray();
        byte[] otherRecord = IdentifyPb.newBuilder()
                .setSignedPeerRecord(ByteString.copyFrom(foreign.encoded().toArray()))
                .setAgentVersion("changed")
                .build()
                .toByteArray();
        byte[] tooLong = new byte[9000];
        for (byte[] message : List.of(otherKey, tooLong, "junk".getBytes(StandardCharsets.UTF_8))) {
            push(b, a, message);
        }
        push(b, a, otherRecord);
        Await.until(
                "the last one is taken",
                () -> a.identified(b.peerId()).orElseThrow().agentVersion().equals("changed"));
        assertThat(a.identified(b.peerId()).orElseThrow().addresses())
                .isEqualTo(before.orElseThrow().addresses());
        assertThat(a.addressBook().record(Keys.peer(9))).isEmpty();
        talk(a, b);
    }

    private static void push(Libp2pHost from, Libp2pHost to, byte[] message) throws IOException {
        try (Stream stream = from.open(to.peerId(), List.of("/ipfs/id/push/1.0.0"), LONG)) {
            try {
                Frames.write(stream, message);
                stream.closeWrite();
                assertThat(stream.read(new byte[1], 0, 1)).isNegative();
            } catch (StreamResetException e) {
                assertThat(Bytes.of(message).size()).isPositive();
            }
        }
    }

    @Test
    void threadsAndDescriptorsComeBackAfterManyConnections() throws Exception {
        Libp2pHost host = net.host(1);
        Libp2pHost other = net.host(2);
        cycle(host, other, 5);
        long before = descriptors();
        cycle(host, other, 60);
        Await.until("the descriptors are back", () -> descriptors() <= before + 2);
        Await.until("the handshakes are over", () -> host.handshakes() == 0);
        assertThat(host.status()).isEmpty();
        assertThat(host.openStreams()).isZero();
        assertThat(other.openStreams()).isZero();
    }

    private static void cycle(Libp2pHost host, Libp2pHost other, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            ConnectionInfo info = connect(other, host);
            assertThat(info.peer()).isEqualTo(host.peerId());
            try (Stream stream = other.open(host.peerId(), List.of(ECHO), LONG)) {
                talk(stream);
            }
            other.disconnect(host.peerId(), "next");
            Await.until(
                    "both are alone",
                    () -> host.connections().isEmpty() && other.connections().isEmpty());
        }
        Await.until("no streams are left", () -> host.openStreams() == 0 && other.openStreams() == 0);
    }
}
