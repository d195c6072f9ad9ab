package network.guts.libp2p.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import network.guts.core.PrivateKey;
import network.guts.libp2p.Keys;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What js-libp2p shows: a certificate whose issuer and subject have no name. */
class LenientCertificatesTest {
    private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
    private static final PrivateKey IDENTITY = Keys.key(7);

    @BeforeAll
    static void allow() {
        TlsEngines.conscrypt();
        TlsEngines.conscrypt();
    }

    private static byte[] nameless() throws Exception {
        KeyPair pair = HostCertificate.keyPair();
        AlgorithmIdentifier algorithm = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
        DERSequence nobody = new DERSequence();
        DERSequence validity =
                sequence(new Time(Date.from(NOW.minusSeconds(60))), new Time(Date.from(NOW.plusSeconds(60))));
        Extensions extensions = new Extensions(new Extension[] {Certificates.libp2p(IDENTITY, pair, true)});
        DERSequence signed = sequence(
                new DERTaggedObject(true, 0, new ASN1Integer(2)),
                new ASN1Integer(1),
                algorithm,
                nobody,
                validity,
                nobody,
                SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()),
                new DERTaggedObject(true, 3, extensions));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(signed.getEncoded());
        return sequence(signed, algorithm, new DERBitString(signature.sign())).getEncoded();
    }

    private static DERSequence sequence(ASN1Encodable... parts) {
        return new DERSequence(parts);
    }

    private static X509Certificate read(byte[] der) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    @Test
    void aCertificateWithoutNamesIsReadAndVerified() throws Exception {
        X509Certificate certificate = read(nameless());
        assertThat(PeerCertificate.verify(new X509Certificate[] {certificate}, NOW)
                        .peerId())
                .isEqualTo(IDENTITY.peerId());
    }

    @Test
    void whatIsNoCertificateIsStillRefused() throws Exception {
        byte[] der = nameless();
        assertThatThrownBy(() -> read(new byte[] {1, 2, 3})).isInstanceOf(CertificateException.class);
        assertThatThrownBy(() -> read(java.util.Arrays.copyOf(der, der.length - 1)))
                .isInstanceOf(CertificateException.class);
    }

    @Test
    void othersAreReadByTheJdkAsBefore() throws CertificateException {
        HostCertificate usual = HostCertificate.create(IDENTITY, NOW.minusSeconds(60), NOW.plusSeconds(60));
        X509Certificate certificate = read(usual.certificate().getEncoded());
        assertThat(certificate.getClass().getName()).startsWith("sun.security.x509.");
    }
}
