package network.guts.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.SignedEnvelope;
import network.guts.sync.Fixtures;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.wire.ViaReply.Failure;
import network.guts.sync.wire.proto.ViaFailurePb;
import network.guts.sync.wire.proto.ViaReplyPb;
import network.guts.sync.wire.proto.ViaWorkingPb;
import org.junit.jupiter.api.Test;

class ViaCodecTest {
    private static final RepositoryId REPOSITORY = RepositoryId.ofPayload(new byte[] {1});

    private static ViaAsk ask(long sequence, long bytes) {
        return new ViaAsk(
                REPOSITORY,
                Fixtures.BOB.peerId(),
                Fixtures.CAROL.peerId(),
                Instant.ofEpochSecond(1_800_000_000),
                sequence,
                bytes);
    }

    @Test
    void anAskIsWhatWasSigned() throws MalformedException {
        Signed<ViaAsk> signed = SignedRecords.seal(Fixtures.ALICE, ask(7, 1L << 40));
        byte[] bytes = signed.envelope().encoded().toArray();
        assertThat(bytes).hasSizeLessThan(ViaCodec.MAX_REQUEST);
        Signed<ViaAsk> opened = SignedRecords.openViaAsk(SignedEnvelope.parse(bytes));
        assertThat(opened.value()).isEqualTo(ask(7, 1L << 40));
        assertThat(opened.signer()).isEqualTo(Fixtures.ALICE.publicKey());
        assertThatThrownBy(() -> SignedRecords.openHeader(SignedEnvelope.parse(bytes)))
                .as("its domain is its own")
                .isInstanceOf(MalformedException.class);
        Signed<RefsHeader> header = SignedRecords.seal(
                Fixtures.ALICE,
                new RefsHeader(
                        REPOSITORY,
                        1,
                        java.util.Optional.empty(),
                        Fixtures.hash("a"),
                        Fixtures.NOON,
                        Fixtures.hash("b"),
                        List.of()));
        assertThatThrownBy(() -> SignedRecords.openViaAsk(header.envelope())).isInstanceOf(MalformedException.class);
    }

    @Test
    void sequencesAndSizesAreNotNegative() {
        for (ViaAsk wrong : List.of(ask(0, 1), ask(-1, 1), ask(1, -1))) {
            assertThatThrownBy(() -> ViaCodec.decodeAsk(ViaCodec.encode(wrong))).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void repliesAreWhatTheyWere() throws MalformedException {
        for (ViaReply reply : List.of(
                new ViaReply.Working("fetching", 1, 2, 3, 4),
                new ViaReply.Kept(9),
                new Failure(Failure.Code.BUSY, "later", Duration.ofSeconds(5)),
                new Failure(Failure.Code.REFUSED, "no"))) {
            assertThat(ViaCodec.decodeReply(ViaCodec.encode(reply))).isEqualTo(reply);
        }
        byte[] cut = ViaCodec.encode(new Failure(Failure.Code.FAILED, "ü".repeat(5_000)));
        assertThat(cut).hasSizeLessThan(ViaCodec.MAX_REPLY);
        assertThat(((Failure) ViaCodec.decodeReply(cut)).message()).matches("ü+");
    }

    @Test
    void whatIsNoReplyIsMalformed() {
        List<ViaReplyPb> wrong = List.of(
                ViaReplyPb.getDefaultInstance(),
                ViaReplyPb.newBuilder()
                        .setFailure(ViaFailurePb.newBuilder().setCode(2))
                        .build(),
                ViaReplyPb.newBuilder()
                        .setWorking(ViaWorkingPb.newBuilder().setBytes(-1))
                        .build(),
                ViaReplyPb.newBuilder()
                        .setWorking(ViaWorkingPb.newBuilder().setPhase("\u001b[2J"))
                        .build());
        for (ViaReplyPb reply : wrong) {
            assertThatThrownBy(() -> ViaCodec.decodeReply(reply.toByteArray())).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> ViaCodec.decodeReply(new byte[ViaCodec.MAX_REPLY + 1]))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> ViaCodec.decodeReply(new byte[] {(byte) 0xff})).isInstanceOf(MalformedException.class);
    }
}
