package network.guts.gossip.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.gossip.core.Control;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.IncomingRpc.Unverified;
import network.guts.gossip.wire.proto.MessagePb;
import network.guts.gossip.wire.proto.RpcPb;
import org.junit.jupiter.api.Test;

class StrictSignTest {
    private static final PrivateKey KEY = RpcCodecTest.key(1);
    private static final PrivateKey OTHER = RpcCodecTest.key(2);
    private static final String TOPIC = "/guts/1/repositories";
    private static final Bytes DATA = Bytes.of("news".getBytes(StandardCharsets.UTF_8));

    private static MessagePb.Builder signed() throws Exception {
        return MessagePb.parseFrom(
                StrictSign.sign(KEY, 7, TOPIC, DATA).encoded().toArray())
                .toBuilder();
    }

    private static SignedMessage receive(MessagePb message) throws MalformedException {
        byte[] rpc = RpcPb.newBuilder().addPublish(message).build().toByteArray();
        return StrictSign.verify((Unverified) RpcCodec.parse(rpc).messages().getFirst());
    }

    /** The signed bytes, put together here by hand from the specification. */
    @Test
    void theSignatureIsOverThePrefixAndTheMessageWithoutSignatureAndKey() throws Exception {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes("libp2p-pubsub:".getBytes(StandardCharsets.UTF_8));
        field(expected, 1, KEY.peerId().toBytes());
        field(expected, 2, DATA.toArray());
        field(expected, 3, new byte[] {0, 0, 0, 0, 0, 0, 0, 7});
        field(expected, 4, TOPIC.getBytes(StandardCharsets.UTF_8));
        MessagePb message = signed().build();
        assertThat(message.getSignature().toByteArray()).isEqualTo(KEY.sign(expected.toByteArray()));
        assertThat(message.getKey().toByteArray()).isEqualTo(KEY.publicKey().encoded());
    }

    private static void field(ByteArrayOutputStream out, int number, byte[] value) {
        out.write(number << 3 | 2);
        out.write(value.length);
        out.writeBytes(value);
    }

    /** Made by another implementation (plain Python after RFC 8032): seed of 32 times 01, sequence number 7. */
    @Test
    void aMessageIsTheseBytes() {
        SignedMessage message = StrictSign.sign(KEY, 7, TOPIC, DATA);
        assertThat(message.id().hex()).isEqualTo(ID_VECTOR);
        assertThat(message.encoded().hex()).isEqualTo(MESSAGE_VECTOR);
    }

    private static final String ID_VECTOR = "4bd572bc187e0f376f70ed74e02071302f021de6cf311fd4625a5089d133e5ae";
    private static final String MESSAGE_VECTOR = ""
            + "0a260024080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c12046e6577731a08"
            + "000000000000000722142f677574732f312f7265706f7369746f726965732a40f2b3d3392278559ef454475832beab29"
            + "d0326fc7c0a16133ad998e49dbdb96591638542c31b0722318215d311bd2ab057417b11775d8a90a22f5d9ae4405e20d"
            + "3224080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";

    @Test
    void theIdIsAFunctionOfTopicAndDataAlone() {
        SignedMessage one = StrictSign.sign(KEY, 1, TOPIC, DATA);
        assertThat(StrictSign.sign(OTHER, 2, TOPIC, DATA).id()).isEqualTo(one.id());
        assertThat(StrictSign.sign(KEY, 1, TOPIC + "/", DATA).id()).isNotEqualTo(one.id());
        ByteArrayOutputStream hashed = new ByteArrayOutputStream();
        hashed.write(TOPIC.length());
        hashed.writeBytes(TOPIC.getBytes(StandardCharsets.UTF_8));
        hashed.writeBytes(DATA.toArray());
        assertThat(one.id()).isEqualTo(Bytes.sha256(hashed.toByteArray()));
    }

    @Test
    void theKeyMayBeLeftOutWhereThePeerIdEmbedsIt() throws Exception {
        assertThat(receive(signed().clearKey().build()).from()).isEqualTo(KEY.peerId());
    }

    @Test
    void aForwardedMessageKeepsFieldsOfLaterVersions() throws Exception {
        byte[] later = signed().clearSignature().clearKey().build().toByteArray();
        ByteArrayOutputStream unsigned = new ByteArrayOutputStream();
        unsigned.writeBytes(later);
        field(unsigned, 9, new byte[] {1, 2, 3});
        ByteArrayOutputStream toSign = new ByteArrayOutputStream();
        toSign.writeBytes("libp2p-pubsub:".getBytes(StandardCharsets.UTF_8));
        toSign.writeBytes(unsigned.toByteArray());
        MessagePb message = MessagePb.parseFrom(unsigned.toByteArray()).toBuilder()
                .setSignature(ByteString.copyFrom(KEY.sign(toSign.toByteArray())))
                .build();
        SignedMessage received = receive(message);
        byte[] forwarded = RpcCodec.encode(new Rpc(List.of(), List.of(received), Control.NONE));
        assertThat(StrictSign.verify(
                        (Unverified) RpcCodec.parse(forwarded).messages().getFirst()))
                .isEqualTo(received);
    }

    @Test
    void whateverIsChangedBreaksTheSignature() throws Exception {
        assertForged(pb -> pb.setData(ByteString.copyFromUtf8("fake")));
        assertForged(pb -> pb.setTopic("/guts/1/other"));
        assertForged(pb -> pb.setSeqno(ByteString.copyFrom(new byte[8])));
        assertForged(MessagePb.Builder::clearData);
        assertForged(pb -> pb.setSignature(ByteString.copyFrom(new byte[64])));
        assertForged(pb -> pb.setSignature(pb.getSignature().substring(0, 63)));
        assertForged(
                pb -> pb.setSignature(ByteString.copyFrom(KEY.sign(pb.getData().toByteArray()))));
    }

    @Test
    void theKeyMustBeTheAuthors() throws Exception {
        ByteString other = ByteString.copyFrom(OTHER.publicKey().encoded());
        assertForged(pb -> pb.setKey(other));
        assertForged(pb -> pb.setFrom(ByteString.copyFrom(OTHER.peerId().toBytes())));
        assertForged(
                pb -> pb.setFrom(ByteString.copyFrom(OTHER.peerId().toBytes())).clearKey());
        assertForged(pb -> pb.setKey(ByteString.copyFromUtf8("no key")));
    }

    private static void assertForged(Consumer<MessagePb.Builder> change) throws Exception {
        MessagePb.Builder message = signed();
        change.accept(message);
        assertThatThrownBy(() -> receive(message.build())).isInstanceOf(MalformedException.class);
    }
}
