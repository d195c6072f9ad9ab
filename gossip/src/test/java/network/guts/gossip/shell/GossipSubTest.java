package network.guts.gossip.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import network.guts.core.Bytes;
import network.guts.core.PrivateKey;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.Stream;
import network.guts.gossip.Gossip.Message;
import network.guts.gossip.Gossip.Validator;
import network.guts.gossip.Gossip.Verdict;
import network.guts.gossip.GossipConfig;
import network.guts.gossip.core.Control;
import network.guts.gossip.core.Limits;
import network.guts.gossip.core.ProtocolVersion;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.Rpc.Subscription;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.RpcCodec;
import network.guts.gossip.wire.StrictSign;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** GossipSub on real threads, over hosts whose streams are pipes. */
class GossipSubTest {
    private static final String TOPIC = "/guts/1/repo/test";
    private static final long TIMEOUT_SECONDS = 30;
    private static final Validator ANYTHING = message -> Verdict.ACCEPT;

    /** A host with GossipSub on it, and what it received. */
    private static final class Node {
        final MemoryHost host;
        final GossipSub gossip;
        final BlockingQueue<Message> received = new LinkedBlockingQueue<>();

        Node(int number, GossipConfig config) throws Exception {
            byte[] seed = new byte[PrivateKey.SEED_BYTES];
            Arrays.fill(seed, (byte) number);
            host = new MemoryHost(PrivateKey.fromSeed(seed));
            gossip = new GossipSub(host, host.key, config);
        }

        Registration follow(Validator validator) throws IOException {
            return gossip.subscribe(TOPIC, validator, received::add);
        }

        Message next() throws InterruptedException {
            Message next = received.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("no message came");
            }
            return next;
        }
    }

    private final List<Node> nodes = new ArrayList<>();

    private Node node() throws Exception {
        return node(GossipConfig.DEFAULT);
    }

    private Node node(GossipConfig config) throws Exception {
        Node node = new Node(nodes.size() + 1, config);
        node.gossip.start();
        nodes.add(node);
        return node;
    }

    /** A host without GossipSub: the test speaks for it. */
    private MemoryHost stranger() throws Exception {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        Arrays.fill(seed, (byte) 99);
        return new MemoryHost(PrivateKey.fromSeed(seed));
    }

    @AfterEach
    void closeAll() {
        nodes.forEach(node -> node.gossip.close());
        nodes.forEach(node -> node.host.close());
    }

    private static void await(BooleanSupplier condition, String what) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + " did not happen");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Stream open(MemoryHost from, Node to) throws IOException {
        return from.open(to.host.peerId(), ProtocolVersion.ids(), Duration.ofSeconds(10));
    }

    private static void send(Stream stream, Rpc rpc) throws IOException {
        Frames.write(stream, RpcCodec.encode(rpc));
    }

    private static Rpc rpc(SignedMessage... messages) {
        return new Rpc(List.of(), List.of(messages), Control.NONE);
    }

    @Test
    void aMessageTravelsOverAChainOfNodes() throws Exception {
        Node one = node();
        Node two = node();
        Node three = node();
        for (Node node : nodes) {
            node.follow(ANYTHING);
        }
        MemoryHost.connect(one.host, two.host);
        MemoryHost.connect(two.host, three.host);
        await(() -> one.gossip.peers(TOPIC).contains(two.host.peerId()), "hello");
        await(() -> two.gossip.topics().stream().anyMatch(topic -> topic.mesh().size() == 2), "mesh");
        byte[] news = bytes("news");
        assertThat(one.gossip.publish(TOPIC, news)).isEqualTo(1);
        for (Node node : nodes) {
            Message message = node.next();
            assertThat(message.data()).isEqualTo(Bytes.of(news));
            assertThat(message.from()).isEqualTo(one.host.peerId());
            assertThat(message.id()).isEqualTo(SignedMessage.idOf(TOPIC, Bytes.of(news)));
        }
    }

    @Test
    void whatAValidatorRejectsGoesNoFurther() throws Exception {
        Node one = node();
        Node two = node();
        Node three = node();
        one.follow(ANYTHING);
        AtomicInteger judged = new AtomicInteger();
        two.follow(message -> {
            judged.incrementAndGet();
            return message.data().get(0) == 'b' ? Verdict.REJECT : Verdict.ACCEPT;
        });
        three.follow(ANYTHING);
        MemoryHost.connect(one.host, two.host);
        MemoryHost.connect(two.host, three.host);
        await(() -> one.gossip.peers(TOPIC).contains(two.host.peerId()), "hello");
        await(() -> two.gossip.topics().stream().anyMatch(topic -> topic.mesh().size() == 2), "mesh");
        one.gossip.publish(TOPIC, bytes("bad"));
        one.gossip.publish(TOPIC, bytes("good"));
        assertThat(two.next().data()).isEqualTo(Bytes.of(bytes("good")));
        assertThat(three.next().data()).isEqualTo(Bytes.of(bytes("good")));
        assertThat(judged).hasValue(2);
        assertThat(three.received).isEmpty();
    }

    @Test
    void aValidatorThatHangsOrFailsIsIgnored() throws Exception {
        Node one = node();
        Node two = node(new GossipConfig(true, Duration.ofMillis(200)));
        one.follow(ANYTHING);
        CountDownLatch never = new CountDownLatch(1);
        two.follow(message -> {
            if (message.data().get(0) == 'h') {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            if (message.data().get(0) == 'f') {
                throw new IllegalStateException("a validator with a bug");
            }
            return Verdict.ACCEPT;
        });
        MemoryHost.connect(one.host, two.host);
        await(() -> one.gossip.peers(TOPIC).contains(two.host.peerId()), "hello");
        one.gossip.publish(TOPIC, bytes("hang"));
        one.gossip.publish(TOPIC, bytes("fail"));
        one.gossip.publish(TOPIC, bytes("good"));
        assertThat(two.next().data()).isEqualTo(Bytes.of(bytes("good")));
    }

    @Test
    void aBadlySignedCopyDoesNotSilenceTheTrueMessage() throws Exception {
        Node node = node();
        node.follow(ANYTHING);
        MemoryHost stranger = stranger();
        MemoryHost.connect(stranger, node.host);
        Stream stream = open(stranger, node);
        SignedMessage truth = StrictSign.sign(stranger.key, 1, TOPIC, Bytes.of(bytes("news")));
        byte[] damaged = truth.encoded().toArray();
        damaged[damaged.length - 50] ^= 1;
        SignedMessage forged = new SignedMessage(TOPIC, truth.from(), truth.data(), truth.id(), Bytes.of(damaged));
        send(stream, rpc(forged));
        send(stream, rpc(truth));
        Message message = node.next();
        assertThat(message.id()).isEqualTo(truth.id());
        assertThat(message.receivedFrom()).isEqualTo(stranger.peerId());
        send(stream, rpc(truth, StrictSign.sign(stranger.key, 2, TOPIC, Bytes.of(bytes("more")))));
        assertThat(node.next().data()).isEqualTo(Bytes.of(bytes("more")));
    }

    @Test
    void malformedAndOversizedFramesResetTheStreamAndOthersAreServed() throws Exception {
        Node node = node();
        Node other = node();
        node.follow(ANYTHING);
        other.follow(ANYTHING);
        MemoryHost stranger = stranger();
        MemoryHost.connect(stranger, node.host);
        MemoryHost.connect(other.host, node.host);
        Stream garbage = open(stranger, node);
        Frames.write(garbage, new byte[] {(byte) 0x0a, 0x7f, 1});
        await(() -> node.host.faults.stream().anyMatch(fault -> fault.contains("no protobuf")), "reset");
        Stream oversized = open(stranger, node);
        oversized.write(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f});
        await(() -> node.host.faults.stream().anyMatch(fault -> fault.contains("RPC of")), "reset");
        await(() -> other.gossip.peers(TOPIC).contains(node.host.peerId()), "hello");
        other.gossip.publish(TOPIC, bytes("news"));
        assertThat(node.next().data()).isEqualTo(Bytes.of(bytes("news")));
    }

    @Test
    void whoSendsMalformedFramesAgainAndAgainIsDisconnected() throws Exception {
        Node node = node();
        MemoryHost stranger = stranger();
        MemoryHost.connect(stranger, node.host);
        for (int i = 0; i < PeerLinks.MAX_FAULTS; i++) {
            Stream stream = open(stranger, node);
            Frames.write(stream, new byte[] {(byte) 0x0a, 0x7f, 1});
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).isInstanceOf(IOException.class);
        }
        await(() -> !node.host.isConnected(stranger.peerId()), "disconnection");
    }

    @Test
    void halfAFrameEndsWithTheTimeout() throws Exception {
        Node node = node();
        MemoryHost stranger = stranger();
        MemoryHost.connect(stranger, node.host);
        Stream writer = open(stranger, node);
        PipedStream[] pair = PipedStream.pair("/test", writer.connection(), writer.connection());
        pair[0].write(new byte[] {100, 1, 2, 3});
        assertThatThrownBy(() -> new RpcReader(pair[1], Duration.ofMillis(50)).next())
                .isInstanceOf(IOException.class);
    }

    @Test
    void aSecondInboundStreamReplacesTheFirst() throws Exception {
        Node node = node();
        node.follow(ANYTHING);
        MemoryHost stranger = stranger();
        MemoryHost.connect(stranger, node.host);
        Stream first = open(stranger, node);
        send(first, new Rpc(List.of(new Subscription("/old", true)), List.of(), Control.NONE));
        await(() -> node.gossip.peers("/old").contains(stranger.peerId()), "subscription");
        Stream second = open(stranger, node);
        assertThatThrownBy(() -> first.read(new byte[1], 0, 1)).isInstanceOf(IOException.class);
        send(second, new Rpc(List.of(new Subscription("/new", true)), List.of(), Control.NONE));
        await(() -> node.gossip.peers("/new").contains(stranger.peerId()), "subscription");
        assertThat(node.gossip.peers("/old")).isEmpty();
    }

    @Test
    void aPeerThatNeverReadsCostsABoundedQueueAndOthersAreServed() throws Exception {
        Node node = node();
        Node other = node();
        node.follow(ANYTHING);
        other.follow(ANYTHING);
        MemoryHost deaf = stranger();
        CountDownLatch end = new CountDownLatch(1);
        deaf.handle(ProtocolVersion.V1_1.id(), stream -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        MemoryHost.connect(deaf, node.host);
        MemoryHost.connect(other.host, node.host);
        Stream stream = open(deaf, node);
        send(stream, new Rpc(List.of(new Subscription(TOPIC, true)), List.of(), Control.NONE));
        await(() -> node.gossip.peers(TOPIC).size() == 2, "subscriptions");
        for (int i = 0; i < 200; i++) {
            byte[] data = new byte[Limits.MAX_DATA];
            data[0] = (byte) i;
            node.gossip.publish(TOPIC, data);
            assertThat(other.next().data().get(0)).isEqualTo((byte) i);
        }
        end.countDown();
    }

    @Test
    void subscriptionsAndPeersComeAndGo() throws Exception {
        Node one = node();
        Node two = node();
        Registration registration = one.follow(ANYTHING);
        MemoryHost.connect(one.host, two.host);
        await(() -> two.gossip.peers(TOPIC).contains(one.host.peerId()), "hello");
        assertThat(two.gossip.publish(TOPIC, bytes("by fan-out"))).isEqualTo(1);
        assertThat(one.next().from()).isEqualTo(two.host.peerId());
        registration.close();
        await(() -> two.gossip.peers(TOPIC).isEmpty(), "unsubscription");
        assertThat(one.gossip.topics()).isEmpty();
        one.follow(ANYTHING);
        await(() -> two.gossip.peers(TOPIC).contains(one.host.peerId()), "subscription");
        one.host.disconnect(two.host.peerId(), "test");
        await(() -> two.gossip.peers(TOPIC).isEmpty(), "disconnection");
        MemoryHost.connect(two.host, one.host);
        await(() -> two.gossip.peers(TOPIC).contains(one.host.peerId()), "reconnection");
    }

    @Test
    void aStreamThatTheRemoteResetsIsOpenedAgain() throws Exception {
        Node node = node();
        node.follow(ANYTHING);
        MemoryHost stranger = stranger();
        AtomicInteger opened = new AtomicInteger();
        stranger.handle(ProtocolVersion.V1_1.id(), stream -> {
            Frames.readRequired(stream, Limits.MAX_RPC);
            if (opened.incrementAndGet() < 2) {
                throw new IOException("reset on purpose");
            }
            byte[] next = Frames.read(stream, Limits.MAX_RPC);
            while (next != null) {
                next = Frames.read(stream, Limits.MAX_RPC);
            }
        });
        MemoryHost.connect(stranger, node.host);
        await(() -> opened.get() == 2, "second stream");
        stranger.close();
    }

    @Test
    void twoSubscriptionsOfOneTopicShareItAndTheStricterVerdictHolds() throws Exception {
        Node one = node();
        Node two = node();
        one.follow(ANYTHING);
        BlockingQueue<Message> second = new LinkedBlockingQueue<>();
        two.follow(ANYTHING);
        Registration strict = two.gossip.subscribe(
                TOPIC, message -> message.data().get(0) == 'n' ? Verdict.ACCEPT : Verdict.IGNORE, second::add);
        MemoryHost.connect(one.host, two.host);
        await(() -> one.gossip.peers(TOPIC).contains(two.host.peerId()), "hello");
        one.gossip.publish(TOPIC, bytes("old"));
        one.gossip.publish(TOPIC, bytes("new"));
        assertThat(two.next().data()).isEqualTo(Bytes.of(bytes("new")));
        assertThat(second.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isNotNull();
        strict.close();
        assertThat(one.gossip.peers(TOPIC)).contains(two.host.peerId());
        one.gossip.publish(TOPIC, bytes("another"));
        assertThat(two.next().data()).isEqualTo(Bytes.of(bytes("another")));
    }

    @Test
    void limitsAreTold() throws Exception {
        Node node = node();
        assertThatThrownBy(() -> node.gossip.publish(TOPIC, new byte[Limits.MAX_DATA + 1]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("at most");
        assertThatThrownBy(() -> node.gossip.publish("", bytes("news"))).isInstanceOf(IOException.class);
        for (int i = 0; i < Limits.MAX_OWN_TOPICS; i++) {
            node.gossip.subscribe("/t/" + i, ANYTHING, message -> {});
        }
        assertThatThrownBy(() -> node.follow(ANYTHING)).isInstanceOf(IOException.class);
        assertThat(node.gossip.topics()).hasSize(Limits.MAX_OWN_TOPICS);
    }
}
