package network.guts.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Varints, text encodings, multihashes, CIDs and peer ids. */
class IdentifiersTest {
    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    @ParameterizedTest
    @CsvSource({"0,00", "1,01", "127,7f", "128,8001", "255,ff01", "300,ac02", "16384,808001"})
    void varintsOfTheSpecification(long value, String encoded) throws MalformedException {
        assertThat(Varint.encode(value)).isEqualTo(hex(encoded));
        assertThat(Varint.size(value)).isEqualTo(encoded.length() / 2);
        assertThat(Varint.read(ByteBuffer.wrap(hex(encoded)))).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "80", "8000", "8100", "ffffffffffffffffff01", "80808080808080808001"})
    void varintsThatAreCutOffTooLongOrNotMinimal(String encoded) {
        assertThatThrownBy(() -> Varint.read(ByteBuffer.wrap(hex(encoded)))).isInstanceOf(MalformedException.class);
    }

    @Test
    void varintsRoundTrip() throws MalformedException {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 2_000; i++) {
            long value = random.nextLong() >>> 1 + random.nextInt(62);
            ByteBuffer in = ByteBuffer.wrap(Varint.encode(value));
            assertThat(Varint.read(in)).as("seed 11, round " + i).isEqualTo(value);
            assertThat(in.hasRemaining()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"'',''", "61,2g", "626262,a3gV", "636363,aPEr", "00000000000000000000,1111111111", "0000287fb4cd,11233QC4"})
    void base58(String bytes, String text) throws MalformedException {
        assertThat(Multibase.base58(hex(bytes))).isEqualTo(text);
        assertThat(Multibase.fromBase58(text)).isEqualTo(hex(bytes));
    }

    @ParameterizedTest
    @CsvSource({"'',''", "f,my", "fo,mzxq", "foo,mzxw6", "foob,mzxw6yq", "fooba,mzxw6ytb", "foobar,mzxw6ytboi"})
    void base32OfRfc4648(String plain, String text) throws MalformedException {
        byte[] bytes = plain.getBytes(StandardCharsets.US_ASCII);
        assertThat(Multibase.base32(bytes)).isEqualTo(text);
        assertThat(Multibase.fromBase32(text)).isEqualTo(bytes);
    }

    @Test
    void identifiersHaveOneText() {
        for (String bad : new String[] {"MY", "mz", "m", "my======", "m1"}) {
            assertThatThrownBy(() -> Multibase.fromBase32(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
        for (String bad : new String[] {"0", "O", "I", "l", "a b", "1".repeat(257)}) {
            assertThatThrownBy(() -> Multibase.fromBase58(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void textEncodingsRoundTrip() throws MalformedException {
        SplittableRandom random = new SplittableRandom(12);
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            assertThat(Multibase.fromBase32(Multibase.base32(bytes))).as("seed 12").isEqualTo(bytes);
            assertThat(Multibase.fromBase58(Multibase.base58(bytes))).as("seed 12").isEqualTo(bytes);
        }
    }

    @Test
    void cids() throws MalformedException {
        String empty = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
        assertThat(new Cid(Cid.RAW, Multihash.sha256(new byte[0]))).hasToString(empty);
        assertThat(Cid.parse(empty)).isEqualTo(new Cid(Cid.RAW, Multihash.sha256(new byte[0])));
        assertThat(Cid.parse("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG").codec()).isEqualTo(Cid.DAG_PB);
        for (String bad : new String[] {"", "b", "z", "Qm", "hello", empty + "a", empty.substring(2)}) {
            assertThatThrownBy(() -> Cid.parse(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "12", "1220", "1221", "122000", "1220ff", "12ff7f", "008101", "ffffffffffffffffff"})
    void multihashesOfWrongLengths(String bytes) {
        assertThatThrownBy(() -> Multihash.parse(hex(bytes))).isInstanceOf(MalformedException.class);
    }

    /** The public keys and the peer ids that the peer-ids specification gives in its text forms. */
    @Test
    void peerIds() throws MalformedException {
        String base58 = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
        PeerId peer = PeerId.parse(base58);
        assertThat(peer).hasToString(base58);
        assertThat(PeerId.of(peer.embeddedKey())).isEqualTo(peer);
        String cid = new Cid(Cid.LIBP2P_KEY, Multihash.parse(peer.toBytes())).toString();
        assertThat(PeerId.parse(cid)).isEqualTo(peer);
        String rsa = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
        assertThat(PeerId.parse(rsa)).hasToString(rsa);
        assertThatThrownBy(() -> PeerId.parse(rsa).embeddedKey()).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> PeerId.parse(new Cid(Cid.RAW, Multihash.sha256(new byte[1])).toString()))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> PeerId.parse(new Multihash(0, Bytes.of(new byte[43])).toBytes()))
                .isInstanceOf(MalformedException.class);
    }
}
