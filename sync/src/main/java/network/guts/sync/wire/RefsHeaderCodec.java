package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.wire.proto.RefsHeaderPb;

/** {@link RefsHeader} as protobuf. */
public final class RefsHeaderCodec {
    private RefsHeaderCodec() {}

    public static byte[] encode(RefsHeader header) {
        RefsHeaderPb.Builder out = RefsHeaderPb.newBuilder()
                .setRepository(ByteString.copyFrom(header.repository().hash().toBytes()))
                .setSequence(header.sequence())
                .setIdentity(Fields.of(header.identity()))
                .setTimeSeconds(header.time().getEpochSecond())
                .setBody(Fields.of(header.body()));
        header.previous().ifPresent(hash -> out.setPrevious(Fields.of(hash)));
        header.resolves().forEach(hash -> out.addResolves(Fields.of(hash)));
        return out.build().toByteArray();
    }

    /**
     * @throws MalformedException if it is no header, or breaks a limit
     */
    public static RefsHeader decode(byte[] payload) throws MalformedException {
        RefsHeaderPb in = Fields.parse(RefsHeaderPb.parser(), payload, RefsHeader.MAX_ENCODED, "header");
        long sequence = Fields.sequence(in.getSequence());
        Optional<Bytes> previous = Fields.optionalHash(in.getPrevious(), "previous");
        if (previous.isPresent() && sequence == 1) {
            throw new MalformedException("the first header of a signer has no previous one");
        }
        if (in.getResolvesCount() > RefsHeader.MAX_RESOLVES) {
            throw new MalformedException("a header that resolves " + in.getResolvesCount() + " others");
        }
        List<Bytes> resolves = new ArrayList<>();
        for (ByteString hash : in.getResolvesList()) {
            resolves.add(Fields.hash(hash, "resolves"));
        }
        return new RefsHeader(
                Fields.repository(in.getRepository()),
                sequence,
                previous,
                Fields.hash(in.getIdentity(), "identity"),
                Fields.time(in.getTimeSeconds()),
                Fields.hash(in.getBody(), "body"),
                resolves);
    }
}
