package network.guts.core;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * RSASSA-PKCS1-v1_5 over SHA-256. The platform's: Bouncy Castle tests at length whether a modulus is composite, which a
 * stranger could let us do all day.
 */
final class Rsa {
    /** Exponents in use are 3 and 65537; Go's library has the same bound. */
    private static final int MAX_EXPONENT_BITS = 31;

    private static final AlgorithmIdentifier ALGORITHM =
            new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);

    private Rsa() {}

    /**
     * @throws MalformedException if it is no canonical DER, or the modulus or the exponent is out of bounds
     */
    static RSAPublicKeySpec parse(byte[] spki) throws MalformedException {
        try {
            SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(spki);
            RSAPublicKey key = RSAPublicKey.getInstance(info.parsePublicKey());
            if (!Arrays.equals(new SubjectPublicKeyInfo(ALGORITHM, key).getEncoded("DER"), spki)) {
                throw new MalformedException("RSA key that is not encoded canonically");
            }
            BigInteger modulus = key.getModulus();
            BigInteger exponent = key.getPublicExponent();
            if (modulus.signum() <= 0
                    || modulus.bitLength() < PublicKey.RsaKey.MIN_BITS
                    || modulus.bitLength() > PublicKey.RsaKey.MAX_BITS) {
                throw new MalformedException("RSA key of " + modulus.bitLength() + " bits, not of "
                        + PublicKey.RsaKey.MIN_BITS + " to " + PublicKey.RsaKey.MAX_BITS);
            }
            if (exponent.compareTo(BigInteger.TWO) <= 0
                    || !exponent.testBit(0)
                    || !modulus.testBit(0)
                    || exponent.bitLength() > MAX_EXPONENT_BITS) {
                throw new MalformedException("RSA key with an unsafe exponent or modulus");
            }
            return new RSAPublicKeySpec(modulus, exponent);
        } catch (MalformedException e) {
            throw e;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            throw new MalformedException("not an RSA public key", e);
        }
    }

    static boolean verify(byte[] spki, byte[] message, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance("SHA256withRSA");
            verifier.initVerify(KeyFactory.getInstance("RSA").generatePublic(parse(spki)));
            verifier.update(message);
            return verifier.verify(signature);
        } catch (MalformedException | GeneralSecurityException malformed) {
            return false;
        }
    }
}
