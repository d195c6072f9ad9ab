package network.guts.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ed25519 as strictly as RFC 8032 allows, envelopes and peer records. */
class SignaturesTest {
    private static final byte[] TYPE = "/test/1".getBytes(StandardCharsets.US_ASCII);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static PrivateKey key(int number) throws MalformedException {
        byte[] seed = new byte[32];
        Arrays.fill(seed, (byte) number);
        return PrivateKey.fromSeed(seed);
    }

    /** RFC 8032, section 7.1, tests 1 to 3. */
    @ParameterizedTest
    @CsvSource({
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
                + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',"
                + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
                + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,"
                + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
                + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,"
                + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    })
    void vectorsOfTheRfc(String seed, String publicKey, String message, String signature) throws MalformedException {
        PrivateKey key = PrivateKey.fromSeed(hex(seed));
        assertThat(key.publicKey().raw()).hasToString(publicKey);
        assertThat(key.sign(hex(message))).isEqualTo(hex(signature));
        assertThat(key.publicKey().verify(hex(message), hex(signature))).isTrue();
        assertThat(key.toString()).doesNotContain(seed);
    }

    @Test
    void aSignatureHasOneForm() throws MalformedException {
        byte[] message = {1, 2, 3};
        byte[] signature = key(1).sign(message);
        BigInteger order = BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
        byte[] high = signature.clone();
        byte[] s = Arrays.copyOfRange(signature, 32, 64);
        BigInteger sum = new BigInteger(1, reversed(s)).add(order);
        byte[] sumBytes = sum.toByteArray();
        byte[] padded = new byte[32];
        System.arraycopy(sumBytes, Math.max(0, sumBytes.length - 32), padded, 32 - Math.min(32, sumBytes.length), Math.min(32, sumBytes.length));
        System.arraycopy(reversed(padded), 0, high, 32, 32);
        assertThat(key(1).publicKey().verify(message, signature)).isTrue();
        assertThat(key(1).publicKey().verify(message, high)).isFalse();
        assertThat(key(1).publicKey().verify(message, Arrays.copyOf(signature, 63))).isFalse();
        assertThat(key(1).publicKey().verify(message, Arrays.copyOf(signature, 65))).isFalse();
        assertThat(key(2).publicKey().verify(message, signature)).isFalse();
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] turned = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            turned[i] = bytes[bytes.length - 1 - i];
        }
        return turned;
    }

    /** The points of order 1, 2, 4 and 8, encodings that are not canonical, and a y that is on no point. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0100000000000000000000000000000000000000000000000000000000000000",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000080",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "0200000000000000000000000000000000000000000000000000000000000000"
            })
    void unsafeKeysAreRefused(String raw) {
        assertThatThrownBy(() -> PublicKey.Ed25519Key.of(hex(raw))).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> PublicKey.parse(hex("08011220" + raw))).isInstanceOf(MalformedException.class);
        assertThat(new PublicKey.Ed25519Key(Bytes.fromHex(raw)).verify(new byte[1], new byte[64]))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0801", "1200", "08", "080112", "08021200", "0801120100", "0800120101", "08631200", "ff"})
    void malformedKeysAreValuesAndNotAccidents(String encoded) {
        assertThatThrownBy(() -> PublicKey.parse(hex(encoded))).isInstanceOf(MalformedException.class);
        byte[] envelope = new byte[2 + encoded.length() / 2];
        envelope[0] = 0x0a;
        envelope[1] = (byte) (encoded.length() / 2);
        System.arraycopy(hex(encoded), 0, envelope, 2, encoded.length() / 2);
        assertThatThrownBy(() -> SignedEnvelope.parse(envelope)).isInstanceOf(MalformedException.class);
    }

    @Test
    void anEnvelopeOpensForItsDomainAndTypeAlone() throws MalformedException {
        SignedEnvelope sealed = SignedEnvelope.seal(key(1), "domain", TYPE, new byte[] {7});
        SignedEnvelope parsed = SignedEnvelope.parse(sealed.encoded().toArray());
        assertThat(parsed).isEqualTo(sealed);
        assertThat(parsed.verify("domain", TYPE)).containsExactly(7);
        assertThatThrownBy(() -> parsed.verify("another", TYPE)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> parsed.verify("domain", new byte[] {1})).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> SignedEnvelope.parse(new byte[SignedEnvelope.MAX_ENCODED + 1]))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void everyChangedByteOfAnEnvelopeIsNoticed() throws MalformedException {
        byte[] sealed = SignedEnvelope.seal(key(1), "domain", TYPE, "payload".getBytes(StandardCharsets.US_ASCII))
                .encoded()
                .toArray();
        for (int at = 0; at < sealed.length; at++) {
            byte[] changed = sealed.clone();
            changed[at] ^= 0x41;
            assertThatThrownBy(() -> SignedEnvelope.parse(changed).verify("domain", TYPE))
                    .as("byte " + at)
                    .isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void peerRecordsAlsoInTheOlderForm() throws MalformedException {
        PeerRecord record = new PeerRecord(
                key(1).peerId(), 42, List.of(Multiaddr.parse("/ip4/192.0.2.1/tcp/9000"), Multiaddr.parse("/ip6/2001:db8::1/udp/1/quic-v1")));
        SignedEnvelope sealed = record.seal(key(1));
        assertThat(PeerRecord.open(sealed)).isEqualTo(record);
        byte[] payload = sealed.verify("libp2p-peer-record", new byte[] {3, 1});
        byte[] oldType = "/libp2p/routing-state-record".getBytes(StandardCharsets.US_ASCII);
        assertThat(PeerRecord.open(SignedEnvelope.seal(key(1), "libp2p-routing-state", oldType, payload)))
                .isEqualTo(record);
        assertThatThrownBy(() -> PeerRecord.open(SignedEnvelope.seal(key(2), "libp2p-peer-record", new byte[] {3, 1}, payload)))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> PeerRecord.open(SignedEnvelope.seal(key(1), "libp2p-peer-record", oldType, payload)))
                .isInstanceOf(MalformedException.class);
    }
}
