package network.guts.gossip.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.gossip.core.Control;
import network.guts.gossip.core.Control.IHave;
import network.guts.gossip.core.Control.Prune;
import network.guts.gossip.core.Limits;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.Rpc.Subscription;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.IncomingRpc.Refused;
import network.guts.gossip.wire.IncomingRpc.Unverified;
import network.guts.gossip.wire.proto.ControlGraftPb;
import network.guts.gossip.wire.proto.ControlIHavePb;
import network.guts.gossip.wire.proto.ControlIWantPb;
import network.guts.gossip.wire.proto.ControlMessagePb;
import network.guts.gossip.wire.proto.ControlPrunePb;
import network.guts.gossip.wire.proto.MessagePb;
import network.guts.gossip.wire.proto.RpcPb;
import org.junit.jupiter.api.Test;

class RpcCodecTest {
    private static final PrivateKey KEY = key(1);
    private static final String TOPIC = "/guts/1/repositories";

    static PrivateKey key(int number) {
        try {
            byte[] seed = new byte[PrivateKey.SEED_BYTES];
            Arrays.fill(seed, (byte) number);
            return PrivateKey.fromSeed(seed);
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private static Bytes data(String text) {
        return Bytes.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Bytes id(int number) {
        return Bytes.sha256(new byte[] {(byte) number, (byte) (number >> 8)});
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        SignedMessage one = StrictSign.sign(KEY, 1, TOPIC, data("one"));
        SignedMessage two = StrictSign.sign(KEY, 2, TOPIC, Bytes.EMPTY);
        Control control = new Control(
                List.of(new IHave(TOPIC, List.of(id(1), id(2)))),
                List.of(id(3)),
                List.of(TOPIC),
                List.of(new Prune("a", Duration.ofSeconds(60)), new Prune("b", Duration.ZERO)));
        List<Subscription> subscriptions = List.of(new Subscription(TOPIC, true), new Subscription("b", false));
        IncomingRpc read = RpcCodec.parse(RpcCodec.encode(new Rpc(subscriptions, List.of(one, two), control)));
        assertThat(read.subscriptions()).isEqualTo(subscriptions);
        assertThat(read.control()).isEqualTo(control);
        assertThat(read.messages()).hasSize(2);
        assertThat(StrictSign.verify((Unverified) read.messages().get(0))).isEqualTo(one);
        assertThat(StrictSign.verify((Unverified) read.messages().get(1))).isEqualTo(two);
    }

    @Test
    void anEmptyFrameIsAnEmptyRpc() throws Exception {
        IncomingRpc read = RpcCodec.parse(new byte[0]);
        assertThat(read.subscriptions()).isEmpty();
        assertThat(read.messages()).isEmpty();
        assertThat(read.control()).isEqualTo(Control.NONE);
    }

    @Test
    void whatIsNoProtobufIsMalformed() {
        assertThatThrownBy(() -> RpcCodec.parse(new byte[] {(byte) 0x0a, 0x05, 0x01}))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> RpcCodec.parse(new byte[Limits.MAX_RPC + 1])).isInstanceOf(MalformedException.class);
    }

    @Test
    void messagesOutsideOfStrictSignAreRefused() throws Exception {
        assertRefused(MessagePb.Builder::clearFrom, "anonymous");
        assertRefused(MessagePb.Builder::clearSignature, "not signed");
        assertRefused(MessagePb.Builder::clearSeqno, "sequence number");
        assertRefused(pb -> pb.setSeqno(ByteString.copyFrom(new byte[7])), "sequence number");
        assertRefused(pb -> pb.setFrom(ByteString.copyFromUtf8("nobody")), "no peer id");
        assertRefused(MessagePb.Builder::clearTopic, "no topic");
        assertRefused(pb -> pb.setTopic("t".repeat(Limits.MAX_TOPIC_BYTES + 1)), "no topic");
        assertRefused(pb -> pb.setTopicBytes(ByteString.copyFrom(new byte[] {(byte) 0xc3, 0x28})), "no topic");
        assertRefused(pb -> pb.setData(ByteString.copyFrom(new byte[Limits.MAX_DATA + 1])), "data of");
        assertRefused(pb -> pb.setKey(ByteString.copyFrom(new byte[StrictSign.MAX_OVERHEAD])), "beside its data");
    }

    private static void assertRefused(Consumer<MessagePb.Builder> change, String reason) throws Exception {
        MessagePb.Builder pb =
                MessagePb.parseFrom(
                        StrictSign.sign(KEY, 1, TOPIC, data("news")).encoded().toArray())
                        .toBuilder();
        change.accept(pb);
        IncomingRpc read =
                RpcCodec.parse(RpcPb.newBuilder().addPublish(pb).build().toByteArray());
        assertThat(read.messages())
                .singleElement()
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).contains(reason));
    }

    @Test
    void quantitiesAreCutAtTheLimits() throws Exception {
        RpcPb.Builder rpc = RpcPb.newBuilder();
        for (int i = 0; i < 2 * Limits.MAX_SUBSCRIPTIONS_PER_RPC; i++) {
            rpc.addSubscriptionsBuilder().setSubscribe(true).setTopicId("t" + i);
        }
        ControlMessagePb.Builder control = rpc.getControlBuilder();
        for (int i = 0; i < 2 * Limits.MAX_CONTROL_ENTRIES_PER_RPC; i++) {
            control.addGraft(ControlGraftPb.newBuilder().setTopicId("t" + i));
            control.addPrune(ControlPrunePb.newBuilder().setTopicId("t" + i));
        }
        for (int entry = 0; entry < 4; entry++) {
            ControlIHavePb.Builder ihave = ControlIHavePb.newBuilder().setTopicId(TOPIC);
            ControlIWantPb.Builder iwant = ControlIWantPb.newBuilder();
            for (int i = 0; i < 2_000; i++) {
                ByteString id = ByteString.copyFrom(id(entry * 2_000 + i).toArray());
                ihave.addMessageIds(id);
                iwant.addMessageIds(id);
            }
            control.addIhave(ihave).addIwant(iwant);
        }
        IncomingRpc read = RpcCodec.parse(rpc.build().toByteArray());
        assertThat(read.subscriptions()).hasSize(Limits.MAX_SUBSCRIPTIONS_PER_RPC);
        assertThat(read.control().graft()).hasSize(Limits.MAX_CONTROL_ENTRIES_PER_RPC);
        assertThat(read.control().prune()).hasSize(Limits.MAX_CONTROL_ENTRIES_PER_RPC);
        assertThat(read.control().iwant()).hasSize(Limits.MAX_IDS_PER_RPC);
        assertThat(read.control().ihave().stream()
                        .mapToInt(ihave -> ihave.ids().size())
                        .sum())
                .isEqualTo(Limits.MAX_IDS_PER_RPC);
    }

    @Test
    void entriesThatThisNetworkCanNotMeanAreLeftOut() throws Exception {
        ControlMessagePb control = ControlMessagePb.newBuilder()
                .addIwant(ControlIWantPb.newBuilder()
                        .addMessageIds(ByteString.copyFromUtf8("short"))
                        .addMessageIds(ByteString.copyFrom(id(1).toArray())))
                .addGraft(ControlGraftPb.newBuilder())
                .addPrune(ControlPrunePb.newBuilder().setTopicId(TOPIC).setBackoff(-1))
                .build();
        Control read = RpcCodec.parse(
                        RpcPb.newBuilder().setControl(control).build().toByteArray())
                .control();
        assertThat(read.iwant()).containsExactly(id(1));
        assertThat(read.graft()).isEmpty();
        assertThat(read.prune()).containsExactly(new Prune(TOPIC, Limits.MAX_BACKOFF));
    }

    /** Random bytes and damaged RPCs: read or malformed, never anything else, and never verified if damaged. */
    @Test
    void damagedBytesNeverBreakTheReader() throws Exception {
        SignedMessage message = StrictSign.sign(KEY, 1, TOPIC, data("news"));
        byte[] whole = RpcCodec.encode(new Rpc(
                List.of(new Subscription(TOPIC, true)),
                List.of(message),
                new Control(
                        List.of(new IHave(TOPIC, List.of(id(1)))),
                        List.of(id(2)),
                        List.of(TOPIC),
                        List.of(new Prune(TOPIC, Duration.ofSeconds(60))))));
        for (long seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes;
            if (random.nextInt(4) == 0) {
                bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
            } else {
                bytes = Arrays.copyOf(whole, whole.length - random.nextInt(3) * random.nextInt(20));
                for (int i = random.nextInt(4); i >= 0; i--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            tryRead(bytes, message, "seed " + seed);
        }
    }

    private static void tryRead(byte[] bytes, SignedMessage genuine, String seed) {
        try {
            for (IncomingRpc.Candidate candidate : RpcCodec.parse(bytes).messages()) {
                if (candidate instanceof Unverified unverified) {
                    SignedMessage verified = StrictSign.verify(unverified);
                    assertThat(verified.id()).as(seed).isEqualTo(genuine.id());
                    assertThat(verified.from()).as(seed).isEqualTo(genuine.from());
                }
            }
        } catch (MalformedException e) {
            assertThat(e).as(seed).hasMessageNotContaining("\0");
        } catch (RuntimeException e) {
            throw new AssertionError(seed, e);
        }
    }
}
