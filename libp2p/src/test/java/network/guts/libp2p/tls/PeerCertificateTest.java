package network.guts.libp2p.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import network.guts.core.PrivateKey;
import network.guts.libp2p.Keys;
import network.guts.libp2p.tls.PeerCertificateException.Fault;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.Test;

class PeerCertificateTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final PrivateKey IDENTITY = Keys.key(1);

    @Test
    void theSpecificationsCertificatesAreUnderstood() throws Exception {
        assertThat(PeerCertificate.verify(Vectors.ED25519, NOW).peerId())
                .hasToString("12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv");
        assertThat(PeerCertificate.verify(Vectors.ECDSA, NOW).peerId())
                .hasToString("QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE");
        assertThat(PeerCertificate.verify(Vectors.SECP256K1, NOW).peerId())
                .hasToString("16Uiu2HAkutTMoTzDw1tCvSRtu6YoixJwS46S1ZFxW8hSx9fWHiPs");
        fails(Fault.BAD_EXTENSION_SIGNATURE, () -> PeerCertificate.verify(Vectors.INVALID, NOW));
    }

    @Test
    void ourOwnCertificateShowsWhoWeAre() throws Exception {
        HostCertificate own = HostCertificate.create(IDENTITY, InstantSource.fixed(NOW));
        assertThat(PeerCertificate.verify(chain(own), NOW).key()).isEqualTo(IDENTITY.publicKey());
        assertThat(PeerCertificate.verify(chain(own), NOW.minus(Duration.ofDays(1)))
                        .peerId())
                .isEqualTo(IDENTITY.peerId());
        assertThat(PeerCertificate.verify(chain(own), NOW.plus(Duration.ofDays(365 * 20)))
                        .peerId())
                .isEqualTo(IDENTITY.peerId());
        assertThat(HostCertificate.create(IDENTITY, InstantSource.fixed(NOW)).certificate())
                .isNotEqualTo(own.certificate());
    }

    @Test
    void aCriticalLibp2pExtensionIsTaken() throws Exception {
        KeyPair pair = HostCertificate.keyPair();
        assertThat(verify(pair, List.of(Certificates.libp2p(IDENTITY, pair, true)))
                        .peerId())
                .isEqualTo(IDENTITY.peerId());
    }

    @Test
    void thereMustBeOneCertificate() {
        X509Certificate own =
                HostCertificate.create(IDENTITY, InstantSource.fixed(NOW)).certificate();
        fails(Fault.COUNT, () -> PeerCertificate.verify(new X509Certificate[] {own, own}, NOW));
        fails(Fault.COUNT, () -> PeerCertificate.verify(new X509Certificate[0], NOW));
        fails(Fault.COUNT, () -> PeerCertificate.verify((X509Certificate[]) null, NOW));
    }

    @Test
    void itsTimeIsChecked() {
        fails(Fault.EXPIRED, () -> PeerCertificate.verify(chain(Certificates.expired(IDENTITY, NOW)), NOW));
        fails(Fault.NOT_YET_VALID, () -> PeerCertificate.verify(chain(Certificates.notYetValid(IDENTITY, NOW)), NOW));
    }

    @Test
    void itsExtensionsAreChecked() throws Exception {
        KeyPair pair = HostCertificate.keyPair();
        Extension good = Certificates.libp2p(IDENTITY, pair, false);
        Extension harmless = new Extension(Certificates.OTHER, false, new DEROctetString(new byte[3]));
        Extension critical = new Extension(Certificates.OTHER, true, new DEROctetString(new byte[3]));
        assertThat(verify(pair, List.of(harmless, good)).peerId()).isEqualTo(IDENTITY.peerId());
        fails(Fault.NO_EXTENSION, () -> PeerCertificate.verify(chain(Certificates.withoutExtension(NOW)), NOW));
        fails(Fault.CRITICAL_EXTENSION, () -> verify(pair, List.of(good, critical)));
        byte[] doubled = withDoubledExtension(
                Certificates.make(pair, pair, NOW, List.of(good)).getEncoded());
        fails(Fault.DOUBLED_EXTENSION, () -> PeerCertificate.verify(doubled, NOW));
        for (byte[] value : new byte[][] {
            {},
            {4, 1, 1},
            {0x30, 0},
            {0x30, 4, 4, 0, 4, 0, 0},
            {0x30, (byte) 0x84, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff},
            new DERSequence(new ASN1Integer[] {new ASN1Integer(1), new ASN1Integer(2)}).getEncoded()
        }) {
            Extension bad = new Extension(SignedKey.OID, false, new DEROctetString(value));
            fails(Fault.BAD_EXTENSION, () -> verify(pair, List.of(bad)));
        }
        byte[] noKey = new DERSequence(
                        new DEROctetString[] {new DEROctetString(new byte[] {8, 9}), new DEROctetString(new byte[64])})
                .getEncoded();
        fails(
                Fault.UNSUPPORTED_KEY,
                () -> verify(pair, List.of(new Extension(SignedKey.OID, false, new DEROctetString(noKey)))));
    }

    @Test
    void bothSignaturesAreChecked() {
        fails(
                Fault.BAD_EXTENSION_SIGNATURE,
                () -> PeerCertificate.verify(chain(Certificates.wronglySigned(IDENTITY, NOW)), NOW));
        fails(
                Fault.BAD_SELF_SIGNATURE,
                () -> PeerCertificate.verify(chain(Certificates.notSelfSigned(IDENTITY, NOW)), NOW));
    }

    @Test
    void weakKeysAreRefused() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        KeyPair weak = generator.generateKeyPair();
        KeyPair signer = HostCertificate.keyPair();
        X509Certificate certificate =
                Certificates.make(weak, signer, NOW, List.of(Certificates.libp2p(IDENTITY, weak, false)));
        fails(Fault.UNSUPPORTED_KEY, () -> PeerCertificate.verify(new X509Certificate[] {certificate}, NOW));
    }

    @Test
    void anyAlteredByteIsRefused() throws Exception {
        byte[] der = HostCertificate.create(IDENTITY, InstantSource.fixed(NOW))
                .certificate()
                .getEncoded();
        for (int at = 0; at < der.length; at++) {
            byte[] altered = der.clone();
            altered[at] ^= (byte) (1 << at % 8);
            assertThatThrownBy(() -> PeerCertificate.verify(altered, NOW))
                    .as("byte " + at)
                    .isInstanceOf(PeerCertificateException.class);
            byte[] cut = Arrays.copyOf(der, at);
            fails(Fault.MALFORMED, () -> PeerCertificate.verify(cut, NOW));
        }
        for (int seed = 0; seed < 200; seed++) {
            byte[] garbage = new byte[seed];
            new SplittableRandom(seed).nextBytes(garbage);
            assertThatThrownBy(() -> PeerCertificate.verify(garbage, NOW))
                    .as("seed " + seed)
                    .isInstanceOf(PeerCertificateException.class);
        }
        fails(Fault.MALFORMED, () -> PeerCertificate.verify(new byte[PeerCertificate.MAX_ENCODED + 1], NOW));
    }

    @Test
    void theTrustManagerWantsTheExpectedPeer() throws Exception {
        X509Certificate[] chain = chain(HostCertificate.create(IDENTITY, InstantSource.fixed(NOW)));
        PeerTrustManager anybody = new PeerTrustManager(Optional.empty(), InstantSource.fixed(NOW));
        anybody.checkClientTrusted(chain, "UNKNOWN");
        assertThat(anybody.verified()).contains(IDENTITY.publicKey());
        PeerTrustManager other = new PeerTrustManager(Optional.of(Keys.peer(2)), InstantSource.fixed(NOW));
        fails(Fault.WRONG_PEER, () -> other.checkServerTrusted(chain, "UNKNOWN"));
        assertThat(other.verified()).isEmpty();
        assertThat(other.refused().orElseThrow().actual()).contains(IDENTITY.peerId());
    }

    private static X509Certificate[] chain(HostCertificate certificate) {
        return new X509Certificate[] {certificate.certificate()};
    }

    private static PeerCertificate verify(KeyPair pair, List<Extension> extensions) throws Exception {
        X509Certificate certificate = Certificates.make(pair, pair, NOW, extensions);
        return PeerCertificate.verify(new X509Certificate[] {certificate}, NOW);
    }

    private static void fails(Fault fault, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PeerCertificateException.class,
                        e -> assertThat(e.fault()).isEqualTo(fault));
    }

    /** No library makes such a certificate: its last extension is repeated by hand. */
    private static byte[] withDoubledExtension(byte[] der) throws Exception {
        ASN1Sequence certificate = ASN1Sequence.getInstance(der);
        ASN1Sequence tbs = ASN1Sequence.getInstance(certificate.getObjectAt(0));
        ASN1EncodableVector parts = new ASN1EncodableVector();
        for (int i = 0; i < tbs.size() - 1; i++) {
            parts.add(tbs.getObjectAt(i));
        }
        ASN1TaggedObject tagged = (ASN1TaggedObject) tbs.getObjectAt(tbs.size() - 1);
        ASN1Sequence extensions = ASN1Sequence.getInstance(tagged.getExplicitBaseObject());
        ASN1EncodableVector twice = new ASN1EncodableVector();
        twice.add(extensions.getObjectAt(0));
        twice.add(extensions.getObjectAt(0));
        parts.add(new DERTaggedObject(true, 3, new DERSequence(twice)));
        ASN1EncodableVector whole = new ASN1EncodableVector();
        whole.add(new DERSequence(parts));
        whole.add(certificate.getObjectAt(1));
        whole.add(certificate.getObjectAt(2));
        return new DERSequence(whole).getEncoded();
    }
}
