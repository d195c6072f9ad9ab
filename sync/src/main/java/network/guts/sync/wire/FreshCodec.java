package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import network.guts.core.MalformedException;
import network.guts.sync.model.Fresh;
import network.guts.sync.wire.proto.FreshPb;

/** {@link Fresh} as protobuf. */
public final class FreshCodec {
    /** Its four fields need 90 bytes; the rest is for fields to come. */
    public static final int MAX_ENCODED = 256;

    private FreshCodec() {}

    public static byte[] encode(Fresh fresh) {
        return FreshPb.newBuilder()
                .setRepository(ByteString.copyFrom(fresh.repository().hash().toBytes()))
                .setSequence(fresh.sequence())
                .setHeader(Fields.of(fresh.header()))
                .setTimeSeconds(fresh.time().getEpochSecond())
                .build()
                .toByteArray();
    }

    /**
     * @throws MalformedException if it is no word of freshness
     */
    public static Fresh decode(byte[] payload) throws MalformedException {
        FreshPb in = Fields.parse(FreshPb.parser(), payload, MAX_ENCODED, "word of freshness");
        return new Fresh(
                Fields.repository(in.getRepository()),
                Fields.sequence(in.getSequence()),
                Fields.hash(in.getHeader(), "header"),
                Fields.time(in.getTimeSeconds()));
    }
}
