package network.guts.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.sync.wire.proto.IdentityPb;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Peers may have keys of any kind; what is signed in a repository is signed by Ed25519 alone. */
class KeyKindsTest {
    /** The secp256k1 key of libp2p's peer-ids specification. */
    private static final byte[] SECP256K1 =
            HexFormat.of().parseHex("08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99");

    @Test
    void recordsOfOtherKeysAreRefused() throws Exception {
        assertThat(PublicKey.parse(SECP256K1).type()).isEqualTo("secp256k1");
        SignedEnvelope refs = envelope("/guts/refs/1");
        refused(() -> SignedRecords.openHeader(refs));
        refused(() -> SignedRecords.openFresh(envelope("/guts/fresh/1")));
        refused(() -> SignedRecords.openAnnouncement(envelope("/guts/repository/1")));
        refused(() -> SignedRecords.openIdentity(List.of(envelope("/guts/identity/1"))));
        refused(() -> SignedRecords.openTopicRecord(refs.encoded().toArray()));
    }

    @Test
    void otherKeysAreNoDelegates() {
        byte[] payload = IdentityPb.newBuilder()
                .setVersion(1)
                .setName("name")
                .setDefaultBranch("main")
                .setObjectFormat("sha1")
                .setThreshold(1)
                .setNonce(ByteString.copyFrom(new byte[16]))
                .addDelegates(ByteString.copyFrom(SECP256K1))
                .build()
                .toByteArray();
        refused(() -> IdentityCodec.decode(payload));
    }

    private static void refused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(MalformedException.class).hasMessageContaining("Ed25519");
    }

    private static SignedEnvelope envelope(String type) throws MalformedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        field(out, 1, SECP256K1);
        field(out, 2, type.getBytes(StandardCharsets.US_ASCII));
        field(out, 3, new byte[] {1});
        field(out, 5, new byte[70]);
        return SignedEnvelope.parse(out.toByteArray());
    }

    private static void field(ByteArrayOutputStream out, int number, byte[] value) {
        out.write(number << 3 | 2);
        out.write(value.length);
        out.writeBytes(value);
    }
}
