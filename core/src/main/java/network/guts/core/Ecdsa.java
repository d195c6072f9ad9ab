package network.guts.core;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.ECPoint;

/** ECDSA over SHA-256, on the curves that libp2p's key types name. Signatures are DER. */
final class Ecdsa {
    /** One curve. */
    record Curve(ASN1ObjectIdentifier id, ECDomainParameters domain) {
        private static Curve of(ASN1ObjectIdentifier id) {
            X9ECParameters parameters = CustomNamedCurves.getByOID(id);
            return new Curve(id, new ECDomainParameters(parameters));
        }
    }

    /** A point of a curve, in the encoding that the key uses. */
    record Point(Curve curve, Bytes encoded) {}

    static final Curve SECP256K1 = Curve.of(SECObjectIdentifiers.secp256k1);
    static final int SECP256K1_BYTES = 33;

    /** Those that Go's and the browsers' libraries make. P-224 is not among them: it is too short today. */
    private static final List<Curve> NAMED = List.of(
            Curve.of(X9ObjectIdentifiers.prime256v1),
            Curve.of(SECObjectIdentifiers.secp384r1),
            Curve.of(SECObjectIdentifiers.secp521r1));

    private Ecdsa() {}

    /**
     * @throws MalformedException if they are not the bytes of a point on the curve, or it is the point at infinity
     */
    static ECPoint point(Curve curve, byte[] encoded) throws MalformedException {
        try {
            ECPoint point =
                    curve.domain.validatePublicPoint(curve.domain.getCurve().decodePoint(encoded));
            if (!Arrays.equals(point.getEncoded(encoded[0] != 4), encoded)) {
                throw new MalformedException("elliptic curve point that is not encoded canonically");
            }
            return point;
        } catch (IllegalArgumentException e) {
            throw new MalformedException("not a point of the elliptic curve", e);
        }
    }

    /**
     * The point of a SubjectPublicKeyInfo.
     *
     * @throws MalformedException if it is no canonical DER, names no curve that is known here, or is no point of it
     */
    static Point parse(byte[] spki) throws MalformedException {
        try {
            SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(spki);
            for (Curve curve : NAMED) {
                if (info.getAlgorithm().equals(new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve.id))
                        && Arrays.equals(info.getEncoded("DER"), spki)) {
                    byte[] encoded = info.getPublicKeyData().getOctets();
                    if (encoded.length == 0 || encoded[0] != 4) {
                        throw new MalformedException("ECDSA key whose point is not uncompressed");
                    }
                    point(curve, encoded);
                    return new Point(curve, Bytes.of(encoded));
                }
            }
        } catch (MalformedException e) {
            throw e;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            throw new MalformedException("not an ECDSA public key", e);
        }
        throw new MalformedException("not an ECDSA public key on P-256, P-384 or P-521");
    }

    static boolean verify(byte[] spki, byte[] message, byte[] signature) {
        try {
            Point point = parse(spki);
            return verify(point.curve, point.encoded.toArray(), message, signature);
        } catch (MalformedException notAKey) {
            return false;
        }
    }

    static boolean verify(Curve curve, byte[] point, byte[] message, byte[] signature) {
        try {
            BigInteger[] numbers = numbers(signature);
            ECDSASigner verifier = new ECDSASigner();
            verifier.init(false, new ECPublicKeyParameters(point(curve, point), curve.domain));
            return verifier.verifySignature(Bytes.sha256(message).toArray(), numbers[0], numbers[1]);
        } catch (IOException | IllegalArgumentException | IllegalStateException malformed) {
            return false;
        }
    }

    /** The two numbers of a signature in canonical DER. That they are in range is the verifier's to check. */
    private static BigInteger[] numbers(byte[] signature) throws IOException {
        if (!(ASN1Primitive.fromByteArray(signature) instanceof ASN1Sequence sequence)
                || sequence.size() != 2
                || !Arrays.equals(sequence.getEncoded(ASN1Encoding.DER), signature)) {
            throw new MalformedException("a signature that is not canonical");
        }
        return new BigInteger[] {
            ASN1Integer.getInstance(sequence.getObjectAt(0)).getValue(),
            ASN1Integer.getInstance(sequence.getObjectAt(1)).getValue()
        };
    }
}
