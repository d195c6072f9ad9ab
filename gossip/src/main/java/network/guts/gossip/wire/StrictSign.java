package network.guts.gossip.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.IncomingRpc.Unverified;
import network.guts.gossip.wire.proto.MessagePb;

/**
 * The signature policy StrictSign: every message names its author and is signed over {@code libp2p-pubsub:} and the
 * message without {@code signature} and {@code key}.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/pubsub/README.md#message-signing">message signing</a>
 */
public final class StrictSign {
    /** What a message may hold beside its data, in bytes: names, an RSA key and its signature need about 2,000. */
    static final int MAX_OVERHEAD = 4 * 1024;

    private static final byte[] PREFIX = "libp2p-pubsub:".getBytes(StandardCharsets.UTF_8);

    private StrictSign() {}

    /**
     * Makes and signs a message. The key travels with it although a peer id embeds it: jvm-libp2p wants it there.
     *
     * @param seqno unique among this author's messages
     */
    public static SignedMessage sign(PrivateKey key, long seqno, String topic, Bytes data) {
        PeerId from = key.peerId();
        MessagePb unsigned = MessagePb.newBuilder()
                .setFrom(ByteString.copyFrom(from.toBytes()))
                .setData(ByteString.copyFrom(data.toArray()))
                .setSeqno(ByteString.copyFrom(
                        ByteBuffer.allocate(RpcCodec.SEQNO_BYTES).putLong(seqno).array()))
                .setTopic(topic)
                .build();
        byte[] signature = key.sign(signedBytes(unsigned));
        MessagePb signed = unsigned.toBuilder()
                .setSignature(ByteString.copyFrom(signature))
                .setKey(ByteString.copyFrom(key.publicKey().encoded()))
                .build();
        return new SignedMessage(topic, from, data, SignedMessage.idOf(topic, data), Bytes.of(signed.toByteArray()));
    }

    /**
     * The message, if its author signed it. This is CPU work, about a tenth of a millisecond.
     *
     * @throws MalformedException if the key is not the author's or of a kind that is not supported, or the signature does
     *     not hold
     */
    public static SignedMessage verify(Unverified message) throws MalformedException {
        MessagePb pb;
        try {
            pb = MessagePb.parseFrom(message.encoded().toArray());
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("message is no protobuf", e);
        }
        PublicKey key = key(message.from(), pb);
        byte[] signed = signedBytes(pb.toBuilder().clearSignature().clearKey().build());
        if (!key.verify(signed, pb.getSignature().toByteArray())) {
            throw new MalformedException("bad signature of a message by " + message.from());
        }
        return new SignedMessage(message.topic(), message.from(), message.data(), message.id(), message.encoded());
    }

    private static PublicKey key(PeerId from, MessagePb message) throws MalformedException {
        if (message.getKey().isEmpty()) {
            return from.embeddedKey();
        }
        PublicKey key = PublicKey.parse(message.getKey().toByteArray());
        if (!key.peerId().equals(from)) {
            throw new MalformedException("the key of a message is not its author's");
        }
        return key;
    }

    private static byte[] signedBytes(MessagePb unsigned) {
        byte[] message = unsigned.toByteArray();
        return ByteBuffer.allocate(PREFIX.length + message.length)
                .put(PREFIX)
                .put(message)
                .array();
    }
}
