package network.guts.libp2p.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * The certificate with which this host shows who it is: self-signed by a fresh ECDSA P-256 key, with the host's identity in
 * the libp2p extension. Every TLS library takes P-256; not all take Ed25519. Immutable; one serves all connections.
 */
public final class HostCertificate {
    /** Clocks are wrong: a certificate that begins now is not valid yet for many. */
    private static final Duration BACK = Duration.ofDays(2);

    /** A host renews it with every start; a peer whose clock is years ahead shall still come in. */
    private static final Duration AHEAD = Duration.ofDays(100L * 365);

    private static final AlgorithmIdentifier ECDSA_SHA256 =
            new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);

    /** Means nothing, but some libraries refuse an empty one. */
    private static final X500Name NAME = new X500Name("O=libp2p.io");

    private static final int SERIAL_BITS = 63;

    private final X509Certificate certificate;
    private final PrivateKey privateKey;

    HostCertificate(X509Certificate certificate, PrivateKey privateKey) {
        this.certificate = certificate;
        this.privateKey = privateKey;
    }

    /** A new key and a certificate for it. */
    public static HostCertificate create(network.guts.core.PrivateKey identity, InstantSource clock) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        return create(identity, now.minus(BACK), now.plus(AHEAD));
    }

    static HostCertificate create(network.guts.core.PrivateKey identity, Instant notBefore, Instant notAfter) {
        try {
            KeyPair pair = keyPair();
            byte[] spki = pair.getPublic().getEncoded();
            byte[] value = SignedKey.sign(identity, spki).encode();
            Extensions extensions = new Extensions(new Extension(SignedKey.OID, false, new DEROctetString(value)));
            return new HostCertificate(sign(pair, pair, notBefore, notAfter, extensions), pair.getPrivate());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this Java platform cannot make a certificate", e);
        }
    }

    static KeyPair keyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** A certificate of the key of {@code subject}, signed by {@code signer}, who in tests may be somebody else. */
    static X509Certificate sign(
            KeyPair subject, KeyPair signer, Instant notBefore, Instant notAfter, Extensions extensions)
            throws GeneralSecurityException, IOException {
        V3TBSCertificateGenerator generator = new V3TBSCertificateGenerator();
        generator.setSerialNumber(new ASN1Integer(new BigInteger(SERIAL_BITS, new SecureRandom()).add(BigInteger.ONE)));
        generator.setSignature(ECDSA_SHA256);
        generator.setIssuer(NAME);
        generator.setSubject(NAME);
        generator.setStartDate(new Time(Date.from(notBefore)));
        generator.setEndDate(new Time(Date.from(notAfter)));
        generator.setSubjectPublicKeyInfo(
                SubjectPublicKeyInfo.getInstance(subject.getPublic().getEncoded()));
        generator.setExtensions(extensions);
        TBSCertificate tbs = generator.generateTBSCertificate();
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(signer.getPrivate());
        signature.update(tbs.getEncoded(ASN1Encoding.DER));
        byte[] der = new DERSequence(new ASN1Encodable[] {tbs, ECDSA_SHA256, new DERBitString(signature.sign())})
                .getEncoded(ASN1Encoding.DER);
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** The certificate's own key, which is not the identity's. */
    public PrivateKey privateKey() {
        return privateKey;
    }
}
