package network.guts.libp2p.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import network.guts.core.PublicKey;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.Extension;

/** Certificates of remotes. */
class CertificateFuzzTest {
    /** Whom the specification's certificates name. */
    private static final List<String> SEEDS = List.of(
            "12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv",
            "QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE",
            "16Uiu2HAkutTMoTzDw1tCvSRtu6YoixJwS46S1ZFxW8hSx9fWHiPs");

    /** Within the time of the seeds. */
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    private static final KeyPair PAIR = pair();

    private static KeyPair pair() {
        try {
            return HostCertificate.keyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Any bytes: whoever is found in them signed the certificate's key, or is refused by a reason. */
    @FuzzTest
    void certificate(byte[] data) {
        PublicKey key;
        try {
            key = PeerCertificate.verify(data, NOW).key();
        } catch (PeerCertificateException refused) {
            assertThat(refused.fault()).isNotNull();
            assertThat(String.valueOf(refused.getMessage())).matches("[\\x20-\\x7e]{1,400}");
            return;
        }
        // The seeds' peers: nobody finds another by chance.
        assertThat(SEEDS).contains(key.peerId().toString());
    }

    /** An extension's value; a certificate of a stranger's making that has it is refused. */
    @FuzzTest
    void extension(byte[] data) throws GeneralSecurityException, IOException {
        SignedKey signed;
        try {
            signed = SignedKey.parse(data);
        } catch (IOException refused) {
            return;
        }
        assertThat(SignedKey.parse(signed.encode())).isEqualTo(signed);
        assertThat(signed.signs(data)).isFalse();
        refuse(data);
    }

    private static void refuse(byte[] extension) throws GeneralSecurityException, IOException {
        Extension libp2p = new Extension(SignedKey.OID, false, new DEROctetString(extension));
        byte[] der;
        try {
            der = Certificates.make(PAIR, PAIR, NOW, List.of(libp2p)).getEncoded();
        } catch (GeneralSecurityException tooLong) {
            return;
        }
        try {
            PeerCertificate.verify(der, NOW);
        } catch (PeerCertificateException refused) {
            assertThat(refused.fault())
                    .isIn(
                            PeerCertificateException.Fault.BAD_EXTENSION,
                            PeerCertificateException.Fault.BAD_EXTENSION_SIGNATURE,
                            PeerCertificateException.Fault.UNSUPPORTED_KEY,
                            PeerCertificateException.Fault.MALFORMED);
            return;
        }
        throw new AssertionError("an extension that nobody signed is taken");
    }
}
