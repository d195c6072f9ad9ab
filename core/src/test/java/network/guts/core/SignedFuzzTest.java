package network.guts.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What remotes sign: keys, envelopes and peer records. */
class SignedFuzzTest {
    private static final String DOMAIN = "libp2p-peer-record";
    private static final byte[] TYPE = {3, 1};

    /** Known, so that the seeds can name its peer. */
    private static final PrivateKey KEY = key();

    private static PrivateKey key() {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) 7);
        try {
            return PrivateKey.fromSeed(seed);
        } catch (MalformedException e) {
            throw new IllegalStateException(e);
        }
    }

    @FuzzTest
    void publicKey(byte[] data) {
        PublicKey key;
        try {
            key = PublicKey.parse(data);
        } catch (MalformedException refused) {
            return;
        }
        // Two encodings of a key would be two peers.
        assertThat(key.encoded()).isEqualTo(data);
        byte[] message = "message".getBytes(StandardCharsets.US_ASCII);
        assertThat(key.verify(message, new byte[0])).isFalse();
        assertThat(key.verify(message, data)).isFalse();
        try {
            assertThat(PeerId.parse(key.peerId().toString())).isEqualTo(key.peerId());
            assertThat(PeerId.parse(key.peerId().toBytes())).isEqualTo(key.peerId());
        } catch (MalformedException e) {
            throw new AssertionError("a peer id is not read again", e);
        }
    }

    @FuzzTest
    void signature(byte[] data) {
        assertThat(KEY.publicKey().verify(data, data)).isFalse();
        for (String encoded :
                new String[] {KeyVectors.ECDSA_PUBLIC_KEY, KeyVectors.SECP256K1_PUBLIC_KEY, KeyVectors.RSA_PUBLIC_KEY
                }) {
            try {
                PublicKey key = PublicKey.parse(Bytes.fromHex(encoded).toArray());
                assertThat(key.verify(TYPE, data)).isFalse();
            } catch (MalformedException e) {
                throw new AssertionError("the specification's keys are good", e);
            }
        }
    }

    @FuzzTest
    void envelope(byte[] data) {
        SignedEnvelope envelope;
        try {
            envelope = SignedEnvelope.parse(data);
        } catch (MalformedException refused) {
            return;
        }
        assertThat(envelope.encoded().toArray()).isEqualTo(data);
        try {
            PeerRecord record = PeerRecord.open(envelope);
            assertThat(record.peer()).isEqualTo(envelope.key().peerId());
        } catch (MalformedException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
    }

    /** A record that was signed, whatever it says. */
    @FuzzTest
    void record(byte[] data) {
        PeerRecord record;
        try {
            record = PeerRecord.open(SignedEnvelope.parse(
                    SignedEnvelope.seal(KEY, DOMAIN, TYPE, data).encoded().toArray()));
        } catch (MalformedException refused) {
            return;
        }
        assertThat(record.peer()).isEqualTo(KEY.peerId());
        assertThat(record.addresses()).hasSizeLessThanOrEqualTo(PeerRecord.MAX_ADDRESSES);
        try {
            assertThat(PeerRecord.open(record.seal(KEY))).isEqualTo(record);
        } catch (MalformedException e) {
            throw new AssertionError("a record is not read again: " + record, e);
        }
    }
}
