package network.guts.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.SignedEnvelope;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.RefsBody;

/** Messages and records of remotes. */
class SyncFuzzTest {
    @FuzzTest
    void message(byte[] data) {
        SyncMessage message;
        try {
            message = SyncCodec.parse(data);
        } catch (MalformedException refused) {
            return;
        }
        switch (message.content()) {
            case SyncMessage.Body body ->
                piece(body.total(), body.offset(), body.data().size());
            case SyncMessage.Packs packs ->
                piece(packs.total(), packs.offset(), packs.data().size());
            case SyncMessage.GetChunks chunks ->
                assertThat(chunks.count()).isBetween(1, SyncLimits.MAX_CHUNKS_PER_REQUEST);
            default -> assertThat(message.request()).isNotNegative();
        }
        try {
            assertThat(SyncCodec.parse(SyncCodec.encode(message))).isEqualTo(message);
        } catch (MalformedException e) {
            throw new AssertionError("a message is not read again: " + message, e);
        }
    }

    private static void piece(long total, long offset, int length) {
        assertThat(offset).isBetween(0L, total);
        assertThat(total - offset).isGreaterThanOrEqualTo(length);
    }

    /** What a refs body, a descriptor or a signed record of a remote may be. */
    @FuzzTest
    void records(byte[] data) {
        try {
            RefsBody body = RefsBodyCodec.decode(data);
            assertThat(RefsBodyCodec.decode(RefsBodyCodec.encode(body))).isEqualTo(body);
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        try {
            PackDescriptor descriptor = PackDescriptorCodec.decode(data);
            assertThat(PackDescriptorCodec.encode(descriptor)).isEqualTo(data);
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        try {
            SignedEnvelope envelope = SignedEnvelope.parse(data);
            SignedRecords.openIdentity(List.of(envelope));
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        payloads(data);
    }

    private static void payloads(byte[] data) {
        try {
            IdentityCodec.decode(data);
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        try {
            RefsHeaderCodec.decode(data);
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        try {
            FreshCodec.decode(data);
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
        try {
            RepositoryAnnouncementCodec.decode(data);
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
    }
}
