package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.wire.proto.ViaAskPb;
import network.guts.sync.wire.proto.ViaFailurePb;
import network.guts.sync.wire.proto.ViaKeptPb;
import network.guts.sync.wire.proto.ViaReplyPb;
import network.guts.sync.wire.proto.ViaWorkingPb;

/** The messages of the via protocol as protobuf. */
public final class ViaCodec {
    public static final String PROTOCOL = "/guts/via/1.0.0";

    /** An ask in its envelope: 200 bytes of payload, a key and a signature, and room for fields to come. */
    public static final int MAX_REQUEST = 2 * 1024;

    /** A reply: the longest text, and room for fields to come. */
    public static final int MAX_REPLY = 2 * 1024;

    private static final int MAX_ASK = 1024;
    private static final int MAX_PHASE = 64;

    /** Of a failure's text; a longer one is cut. */
    private static final int MAX_MESSAGE = 1_000;

    /** Nobody is asked to come back later than this. */
    private static final int MAX_RETRY_SECONDS = 3_600;

    private ViaCodec() {}

    static byte[] encode(ViaAsk ask) {
        return ViaAskPb.newBuilder()
                .setRepository(ByteString.copyFrom(ask.repository().hash().toBytes()))
                .setSeeder(ByteString.copyFrom(ask.seeder().toBytes()))
                .setPublisher(ByteString.copyFrom(ask.publisher().toBytes()))
                .setTimeSeconds(ask.time().getEpochSecond())
                .setSequence(ask.sequence())
                .setBytes(ask.bytes())
                .build()
                .toByteArray();
    }

    static ViaAsk decodeAsk(byte[] payload) throws MalformedException {
        ViaAskPb in = Fields.parse(ViaAskPb.parser(), payload, MAX_ASK, "ask");
        return new ViaAsk(
                Fields.repository(in.getRepository()),
                PeerId.parse(in.getSeeder().toByteArray()),
                PeerId.parse(in.getPublisher().toByteArray()),
                Fields.time(in.getTimeSeconds()),
                Fields.sequence(in.getSequence()),
                count(in.getBytes()));
    }

    public static byte[] encode(ViaReply reply) {
        ViaReplyPb.Builder out = ViaReplyPb.newBuilder();
        switch (reply) {
            case ViaReply.Working working ->
                out.setWorking(ViaWorkingPb.newBuilder()
                        .setPhase(working.phase())
                        .setBytes(working.bytes())
                        .setTotalBytes(working.totalBytes())
                        .setObjects(working.objects())
                        .setTotalObjects(working.totalObjects()));
            case ViaReply.Kept kept -> out.setKept(ViaKeptPb.newBuilder().setSequence(kept.sequence()));
            case ViaReply.Failure failure ->
                out.setFailure(ViaFailurePb.newBuilder()
                        .setCode(failure.code().number())
                        .setMessage(cut(failure.message()))
                        .setRetryAfterSeconds((int) failure.retryAfter().toSeconds()));
        }
        return out.build().toByteArray();
    }

    private static String cut(String text) {
        int end = text.length();
        while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MAX_MESSAGE) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(0, end);
    }

    /**
     * @throws MalformedException if it is none of the replies, or breaks a limit
     */
    public static ViaReply decodeReply(byte[] bytes) throws MalformedException {
        ViaReplyPb in = Fields.parse(ViaReplyPb.parser(), bytes, MAX_REPLY, "reply");
        return switch (in.getReplyCase()) {
            case WORKING -> {
                ViaWorkingPb working = in.getWorking();
                yield new ViaReply.Working(
                        Fields.text(working.getPhase(), MAX_PHASE, false, "phase"),
                        count(working.getBytes()),
                        count(working.getTotalBytes()),
                        count(working.getObjects()),
                        count(working.getTotalObjects()));
            }
            case KEPT -> new ViaReply.Kept(Fields.sequence(in.getKept().getSequence()));
            case FAILURE -> failure(in.getFailure());
            case REPLY_NOT_SET -> throw new MalformedException("a reply of a kind that is not known");
        };
    }

    private static ViaReply failure(ViaFailurePb in) throws MalformedException {
        int seconds = Math.clamp(in.getRetryAfterSeconds() & 0xffff_ffffL, 0, MAX_RETRY_SECONDS);
        for (ViaReply.Failure.Code code : ViaReply.Failure.Code.values()) {
            if (code.number() == in.getCode()) {
                return new ViaReply.Failure(code, in.getMessage(), Duration.ofSeconds(seconds));
            }
        }
        throw new MalformedException("a failure with the code " + in.getCode());
    }

    private static long count(long value) throws MalformedException {
        if (value < 0) {
            throw new MalformedException("counts run from 0 to 2^63-1");
        }
        return value;
    }
}
