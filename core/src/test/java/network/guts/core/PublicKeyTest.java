package network.guts.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of all four types, with the keys of the specification. */
class PublicKeyTest {
    private static final byte[] MESSAGE = "what was said".getBytes(StandardCharsets.US_ASCII);

    @ParameterizedTest
    @ValueSource(
            strings = {
                KeyVectors.ED25519_PUBLIC_KEY,
                KeyVectors.SECP256K1_PUBLIC_KEY,
                KeyVectors.ECDSA_PUBLIC_KEY,
                KeyVectors.RSA_PUBLIC_KEY
            })
    void theSpecificationsKeysAreReadAndWritten(String hex) throws Exception {
        PublicKey key = PublicKey.parse(bytes(hex));
        assertThat(key.encoded()).isEqualTo(bytes(hex));
        assertThat(PublicKey.parse(key.encoded())).isEqualTo(key).hasSameHashCodeAs(key);
        assertThat(key.verify(MESSAGE, new byte[64])).isFalse();
        assertThat(key.verify(MESSAGE, new byte[0])).isFalse();
    }

    @Test
    void shortKeysAreTheirPeersIdAndOthersAreHashed() throws Exception {
        assertThat(PublicKey.parse(bytes(KeyVectors.ED25519_PUBLIC_KEY))
                        .peerId()
                        .toString())
                .startsWith("12D3KooW");
        PublicKey secp = PublicKey.parse(bytes(KeyVectors.SECP256K1_PUBLIC_KEY));
        assertThat(secp.peerId().toString()).startsWith("16Uiu2HA");
        assertThat(secp.peerId().embeddedKey()).isEqualTo(secp);
        for (String hex : new String[] {KeyVectors.ECDSA_PUBLIC_KEY, KeyVectors.RSA_PUBLIC_KEY}) {
            PeerId peer = PublicKey.parse(bytes(hex)).peerId();
            assertThat(peer.toBytes())
                    .startsWith(0x12, 0x20)
                    .endsWith(Bytes.sha256(bytes(hex)).toArray());
            assertThat(peer.toString()).startsWith("Qm");
            assertThatThrownBy(peer::embeddedKey).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void secp256k1SignaturesAreVerified() throws Exception {
        byte[] privateKey = bytes(KeyVectors.SECP256K1_PRIVATE_KEY);
        byte[] secret = Arrays.copyOfRange(privateKey, 4, privateKey.length);
        var domain = new ECDomainParameters(CustomNamedCurves.getByOID(SECObjectIdentifiers.secp256k1));
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
        signer.init(true, new ECPrivateKeyParameters(new BigInteger(1, secret), domain));
        var numbers = signer.generateSignature(Bytes.sha256(MESSAGE).toArray());
        byte[] signature = StandardDSAEncoding.INSTANCE.encode(domain.getN(), numbers[0], numbers[1]);
        verifies(PublicKey.parse(bytes(KeyVectors.SECP256K1_PUBLIC_KEY)), signature);
    }

    @Test
    void ecdsaSignaturesAreVerified() throws Exception {
        byte[] encoded = bytes(KeyVectors.ECDSA_PRIVATE_KEY);
        ECPrivateKey parsed = ECPrivateKey.getInstance(Arrays.copyOfRange(encoded, 4, encoded.length));
        byte[] pkcs8 = new PrivateKeyInfo(
                        new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, X9ObjectIdentifiers.prime256v1),
                        parsed)
                .getEncoded();
        byte[] signature = sign("SHA256withECDSA", "EC", pkcs8);
        verifies(PublicKey.parse(bytes(KeyVectors.ECDSA_PUBLIC_KEY)), signature);
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp384r1", "secp521r1"})
    void otherCurvesServeToo(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        KeyPair pair = generator.generateKeyPair();
        PublicKey key = PublicKey.EcdsaKey.of(pair.getPublic().getEncoded());
        assertThat(PublicKey.parse(key.encoded())).isEqualTo(key);
        verifies(key, sign("SHA256withECDSA", "EC", pair.getPrivate().getEncoded()));
    }

    @Test
    void rsaSignaturesAreVerified() throws Exception {
        byte[] encoded = bytes(KeyVectors.RSA_PRIVATE_KEY);
        RSAPrivateKey parsed = RSAPrivateKey.getInstance(Arrays.copyOfRange(encoded, 5, encoded.length));
        byte[] pkcs8 =
                new PrivateKeyInfo(new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption), parsed).getEncoded();
        verifies(PublicKey.parse(bytes(KeyVectors.RSA_PUBLIC_KEY)), sign("SHA256withRSA", "RSA", pkcs8));
    }

    @Test
    void weakAndHugeRsaKeysAreRefused() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        byte[] small = generator.generateKeyPair().getPublic().getEncoded();
        refused(() -> PublicKey.RsaKey.of(small), "1024 bits");
        refused(() -> PublicKey.RsaKey.of(rsa(bits(8193), 65537)), "8193 bits");
        refused(() -> PublicKey.RsaKey.of(rsa(bits(2048), 1)), "exponent");
        refused(() -> PublicKey.RsaKey.of(rsa(bits(2048), 65536)), "exponent");
        refused(() -> PublicKey.RsaKey.of(rsa(bits(2048), 1L << 32 | 1)), "exponent");
        refused(() -> PublicKey.RsaKey.of(rsa(bits(2048).clearBit(0), 3)), "modulus");
        refused(() -> PublicKey.RsaKey.of(rsa(bits(2048).negate(), 3)), "RSA");
        assertThat(PublicKey.RsaKey.of(rsa(bits(8192), 65537)).encoded()).hasSizeLessThan(PublicKey.MAX_ENCODED);
    }

    @Test
    void pointsThatAreNoneAreRefused() {
        refused(() -> PublicKey.Secp256k1Key.of(new byte[33]), "curve");
        refused(() -> PublicKey.Secp256k1Key.of(bytes("02" + "ff".repeat(32))), "curve");
        refused(() -> PublicKey.Secp256k1Key.of(new byte[32]), "32 bytes");
        refused(() -> PublicKey.Secp256k1Key.of(new byte[1]), "1 bytes");
        refused(() -> PublicKey.EcdsaKey.of(new byte[0]), "ECDSA");
        byte[] spki = Arrays.copyOfRange(bytes(KeyVectors.ECDSA_PUBLIC_KEY), 4, 95);
        spki[spki.length - 1] ^= 1;
        refused(() -> PublicKey.EcdsaKey.of(spki), "curve");
    }

    /** Otherwise one key would have several peer ids. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                KeyVectors.ED25519_PUBLIC_KEY,
                KeyVectors.SECP256K1_PUBLIC_KEY,
                KeyVectors.ECDSA_PUBLIC_KEY,
                KeyVectors.RSA_PUBLIC_KEY
            })
    void otherEncodingsOfAKeyAreRefused(String hex) {
        refused(() -> PublicKey.parse(bytes(hex + "1a00")), "");
        refused(() -> PublicKey.parse(bytes(hex.substring(4) + hex.substring(0, 4))), "");
        refused(() -> PublicKey.parse(bytes(hex.substring(0, 4) + hex)), "");
        refused(() -> PublicKey.parse(bytes(hex.substring(4))), "");
        refused(() -> PublicKey.parse(bytes("0804" + hex.substring(4))), "");
        refused(() -> PublicKey.parse(bytes(hex.substring(0, hex.length() - 2))), "");
    }

    private static void verifies(PublicKey key, byte[] signature) {
        assertThat(key.verify(MESSAGE, signature)).isTrue();
        assertThat(key.verify("another".getBytes(StandardCharsets.US_ASCII), signature))
                .isFalse();
        for (int at = 0; at < signature.length; at += 1 + signature.length / 24) {
            byte[] altered = signature.clone();
            altered[at] ^= 1;
            assertThat(key.verify(MESSAGE, altered)).as("byte " + at).isFalse();
        }
        assertThat(key.verify(MESSAGE, Arrays.copyOf(signature, signature.length - 1)))
                .isFalse();
        assertThat(key.verify(MESSAGE, Arrays.copyOf(signature, signature.length + 1)))
                .isFalse();
    }

    private static byte[] sign(String algorithm, String family, byte[] pkcs8) throws GeneralSecurityException {
        Signature signer = Signature.getInstance(algorithm);
        signer.initSign(KeyFactory.getInstance(family).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
        signer.update(MESSAGE);
        return signer.sign();
    }

    private static BigInteger bits(int count) {
        return BigInteger.ONE.shiftLeft(count).subtract(BigInteger.ONE);
    }

    private static byte[] rsa(BigInteger modulus, long exponent) throws Exception {
        return new SubjectPublicKeyInfo(
                        new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                        new RSAPublicKey(modulus, BigInteger.valueOf(exponent)))
                .getEncoded("DER");
    }

    private static void refused(ThrowingCallable call, String why) {
        assertThatThrownBy(call).isInstanceOf(MalformedException.class).hasMessageContaining(why);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
