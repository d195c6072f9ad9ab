package network.guts.libp2p.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.libp2p.tls.PeerCertificateException.Fault;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * A remote's certificate that was found to be right. Whoever showed it in a TLS handshake is the peer of {@link #key}.
 * Everything is read from the certificate's DER, so that it does not matter whose TLS library parsed it first.
 *
 * @param key the peer's identity, from the libp2p extension
 */
public record PeerCertificate(PublicKey key) {
    /** Ours has 400 bytes, one with two keys of RSA 8192 about 5,000. */
    public static final int MAX_ENCODED = 8192;

    /** Where X.509 puts the extensions. */
    private static final int EXTENSIONS_TAG = 3;

    /** RFC 8410. */
    private static final ASN1ObjectIdentifier ED25519 = new ASN1ObjectIdentifier("1.3.101.112");

    /** Signatures of certificates that are not weak, by Java's names. */
    private static final Map<ASN1ObjectIdentifier, String> SIGNATURES = Map.of(
            X9ObjectIdentifiers.ecdsa_with_SHA384, "SHA384withECDSA",
            X9ObjectIdentifiers.ecdsa_with_SHA512, "SHA512withECDSA",
            PKCSObjectIdentifiers.sha384WithRSAEncryption, "SHA384withRSA",
            PKCSObjectIdentifiers.sha512WithRSAEncryption, "SHA512withRSA");

    public PeerId peerId() {
        return key.peerId();
    }

    /**
     * Checks all that the specification asks for.
     *
     * @param chain what the remote sent
     * @throws PeerCertificateException with what is wrong
     */
    public static PeerCertificate verify(X509Certificate @Nullable [] chain, Instant now)
            throws PeerCertificateException {
        if (chain == null || chain.length != 1) {
            int count = chain == null ? 0 : chain.length;
            throw new PeerCertificateException(Fault.COUNT, "the remote sent " + count + " certificates, not one");
        }
        byte[] der;
        try {
            der = chain[0].getEncoded();
        } catch (CertificateEncodingException e) {
            throw new PeerCertificateException(Fault.MALFORMED, "the remote's certificate cannot be read", e);
        }
        return verify(der, now);
    }

    /**
     * As {@link #verify(X509Certificate[], Instant)}, for the certificate's DER.
     *
     * @throws PeerCertificateException with what is wrong
     */
    public static PeerCertificate verify(byte[] der, Instant now) throws PeerCertificateException {
        if (der.length == 0 || der.length > MAX_ENCODED) {
            throw new PeerCertificateException(Fault.MALFORMED, "a certificate of " + der.length + " bytes");
        }
        try {
            ASN1Sequence sequence = ASN1Sequence.getInstance(der);
            byte[] extension = extension(ASN1Sequence.getInstance(sequence.getObjectAt(0)));
            Parts parts = Parts.of(sequence);
            checkTime(parts, now);
            checkSelfSignature(parts);
            byte[] spki = parts.key().getEncoded(ASN1Encoding.DER);
            return new PeerCertificate(signedKey(extension, spki));
        } catch (IOException | RuntimeException e) {
            // The library meets strange structures with every kind of exception.
            throw new PeerCertificateException(Fault.MALFORMED, "the remote's certificate is no X.509", e);
        }
    }

    /**
     * What matters of a certificate. Cut by hand: the library refuses issuers without a name, which js-libp2p shows; and
     * who a certificate names says nothing here.
     */
    private record Parts(
            ASN1Sequence signed,
            AlgorithmIdentifier signedAlgorithm,
            Instant from,
            Instant until,
            SubjectPublicKeyInfo key,
            AlgorithmIdentifier algorithm,
            ASN1BitString signature) {
        /** Version, number, algorithm, issuer, validity, subject, key: then come the extensions. */
        private static final int ALGORITHM = 2;

        private static final int VALIDITY = 4;
        private static final int KEY = 6;

        static Parts of(ASN1Sequence certificate) {
            ASN1Sequence signed = ASN1Sequence.getInstance(certificate.getObjectAt(0));
            if (certificate.size() != 3 || !(signed.getObjectAt(0) instanceof ASN1TaggedObject)) {
                throw new IllegalArgumentException("not a certificate of version 3");
            }
            ASN1Sequence validity = ASN1Sequence.getInstance(signed.getObjectAt(VALIDITY));
            return new Parts(
                    signed,
                    AlgorithmIdentifier.getInstance(signed.getObjectAt(ALGORITHM)),
                    instant(Time.getInstance(validity.getObjectAt(0))),
                    instant(Time.getInstance(validity.getObjectAt(1))),
                    SubjectPublicKeyInfo.getInstance(signed.getObjectAt(KEY)),
                    AlgorithmIdentifier.getInstance(certificate.getObjectAt(1)),
                    ASN1BitString.getInstance(certificate.getObjectAt(2)));
        }
    }

    private static void checkTime(Parts parts, Instant now) throws PeerCertificateException {
        Instant from = parts.from();
        Instant until = parts.until();
        if (now.isBefore(from)) {
            throw new PeerCertificateException(
                    Fault.NOT_YET_VALID, "the remote's certificate is not valid before " + from + ", now is " + now);
        }
        if (now.isAfter(until)) {
            throw new PeerCertificateException(
                    Fault.EXPIRED, "the remote's certificate expired at " + until + ", now is " + now);
        }
    }

    private static Instant instant(Time time) {
        return time.getDate().toInstant();
    }

    /** The value of the libp2p extension. Read by hand: the library does not say which rule a list breaks. */
    private static byte[] extension(ASN1Sequence tbs) throws PeerCertificateException {
        byte[] found = null;
        Set<ASN1ObjectIdentifier> seen = new HashSet<>();
        for (ASN1Encodable part : tbs) {
            if (!(part instanceof ASN1TaggedObject tagged) || tagged.getTagNo() != EXTENSIONS_TAG) {
                continue;
            }
            for (ASN1Encodable each : ASN1Sequence.getInstance(tagged.getExplicitBaseObject())) {
                Extension extension = Extension.getInstance(each);
                ASN1ObjectIdentifier oid = extension.getExtnId();
                if (!seen.add(oid)) {
                    throw new PeerCertificateException(
                            Fault.DOUBLED_EXTENSION, "the remote's certificate has an extension twice");
                }
                if (oid.equals(SignedKey.OID)) {
                    found = extension.getExtnValue().getOctets();
                } else if (extension.isCritical()) {
                    throw new PeerCertificateException(
                            Fault.CRITICAL_EXTENSION,
                            "the remote's certificate has a critical extension that is not known here");
                }
            }
        }
        if (found == null) {
            throw new PeerCertificateException(Fault.NO_EXTENSION, "the remote's certificate has no libp2p extension");
        }
        return found;
    }

    private static void checkSelfSignature(Parts parts) throws PeerCertificateException, IOException {
        AlgorithmIdentifier algorithm = parts.algorithm();
        if (!algorithm.equals(parts.signedAlgorithm())) {
            throw new PeerCertificateException(
                    Fault.BAD_SELF_SIGNATURE, "the remote's certificate names two kinds of signature");
        }
        SubjectPublicKeyInfo info = parts.key();
        byte[] spki = info.getEncoded(ASN1Encoding.DER);
        byte[] signed = parts.signed().getEncoded(ASN1Encoding.DER);
        byte[] signature = parts.signature().getOctets();
        ASN1ObjectIdentifier oid = algorithm.getAlgorithm();
        if (!verified(oid, supported(info, spki), spki, signed, signature)) {
            throw new PeerCertificateException(
                    Fault.BAD_SELF_SIGNATURE, "the remote's certificate is not signed by its own key");
        }
    }

    /** The certificate's key, which must be of a safe kind and size. */
    private static PublicKey supported(SubjectPublicKeyInfo info, byte[] spki) throws PeerCertificateException {
        ASN1ObjectIdentifier oid = info.getAlgorithm().getAlgorithm();
        try {
            if (oid.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
                return PublicKey.EcdsaKey.of(spki);
            } else if (oid.equals(PKCSObjectIdentifiers.rsaEncryption)) {
                return PublicKey.RsaKey.of(spki);
            } else if (oid.equals(ED25519)) {
                return PublicKey.Ed25519Key.of(info.getPublicKeyData().getOctets());
            }
        } catch (MalformedException e) {
            throw new PeerCertificateException(
                    Fault.UNSUPPORTED_KEY, "the key of the remote's certificate is unsafe: " + e.getMessage(), e);
        }
        throw new PeerCertificateException(
                Fault.UNSUPPORTED_KEY, "the key of the remote's certificate is of a kind that is not supported");
    }

    /** What everybody uses is checked by the fast code that checks identities, the rest by the platform's. */
    private static boolean verified(
            ASN1ObjectIdentifier algorithm, PublicKey key, byte[] spki, byte[] signed, byte[] signature)
            throws PeerCertificateException {
        ASN1ObjectIdentifier usual = switch (key) {
            case PublicKey.EcdsaKey ignored -> X9ObjectIdentifiers.ecdsa_with_SHA256;
            case PublicKey.RsaKey ignored -> PKCSObjectIdentifiers.sha256WithRSAEncryption;
            case PublicKey.Ed25519Key ignored -> ED25519;
            case PublicKey.Secp256k1Key ignored -> X9ObjectIdentifiers.ecdsa_with_SHA256;
        };
        if (algorithm.equals(usual)) {
            return key.verify(signed, signature);
        }
        String name = SIGNATURES.get(algorithm);
        String family = key.type().equals("ECDSA") ? "EC" : key.type();
        if (name == null || !name.endsWith(key.type())) {
            throw new PeerCertificateException(
                    Fault.UNSUPPORTED_KEY, "the remote's certificate is signed in a way that is not supported");
        }
        try {
            Signature verifier = Signature.getInstance(name);
            verifier.initVerify(KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(spki)));
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException malformed) {
            return false;
        }
    }

    private static PublicKey signedKey(byte[] extension, byte[] spki) throws PeerCertificateException {
        SignedKey signed;
        try {
            signed = SignedKey.parse(extension);
        } catch (MalformedException e) {
            throw new PeerCertificateException(
                    Fault.UNSUPPORTED_KEY, "the identity in the remote's certificate: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new PeerCertificateException(
                    Fault.BAD_EXTENSION, "the libp2p extension of the remote's certificate cannot be read", e);
        }
        if (!signed.signs(spki)) {
            throw new PeerCertificateException(
                    Fault.BAD_EXTENSION_SIGNATURE,
                    "the remote's certificate is not signed by " + signed.key().peerId());
        }
        return signed.key();
    }
}
