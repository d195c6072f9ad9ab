package network.guts.libp2p.autonat.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import network.guts.core.MalformedException;
import network.guts.libp2p.autonat.proto.DialBackPb;
import network.guts.libp2p.autonat.proto.DialBackResponsePb;

/**
 * The message on {@code /libp2p/autonat/2/dial-back}, and its answer.
 *
 * @param nonce of the request
 */
public record DialBackMessage(long nonce) {
    /** As go-libp2p; ten bytes are enough. */
    public static final int MAX_BYTES = 1024;

    /**
     * @throws MalformedException if it is no protobuf
     */
    public static DialBackMessage parse(byte[] bytes) throws MalformedException {
        try {
            return new DialBackMessage(DialBackPb.parseFrom(bytes).getNonce());
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("a dial-back is no protobuf", e);
        }
    }

    public byte[] encode() {
        return DialBackPb.newBuilder().setNonce(nonce).build().toByteArray();
    }

    /** What the client answers. Its only status is OK, whose encoding is empty. */
    public static byte[] answer() {
        return DialBackResponsePb.getDefaultInstance().toByteArray();
    }
}
