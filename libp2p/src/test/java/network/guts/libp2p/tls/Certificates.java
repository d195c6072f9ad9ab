package network.guts.libp2p.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.PrivateKey;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;

/** Certificates with something wrong about them. */
public final class Certificates {
    static final ASN1ObjectIdentifier OTHER = new ASN1ObjectIdentifier("1.2.3.4");

    private Certificates() {}

    public static HostCertificate expired(PrivateKey identity, Instant now) {
        return HostCertificate.create(identity, now.minus(Duration.ofDays(9)), now.minus(Duration.ofSeconds(1)));
    }

    public static HostCertificate notYetValid(PrivateKey identity, Instant now) {
        return HostCertificate.create(identity, now.plus(Duration.ofMinutes(1)), now.plus(Duration.ofDays(9)));
    }

    public static HostCertificate withoutExtension(Instant now) throws Exception {
        KeyPair pair = HostCertificate.keyPair();
        return new HostCertificate(
                make(pair, pair, now, List.of(new Extension(OTHER, false, new DEROctetString(new byte[1])))),
                pair.getPrivate());
    }

    /** The identity signed another key than the certificate's. */
    public static HostCertificate wronglySigned(PrivateKey identity, Instant now) throws Exception {
        KeyPair pair = HostCertificate.keyPair();
        KeyPair other = HostCertificate.keyPair();
        return new HostCertificate(make(pair, pair, now, List.of(libp2p(identity, other, false))), pair.getPrivate());
    }

    /** Another key signed the certificate. */
    public static HostCertificate notSelfSigned(PrivateKey identity, Instant now) throws Exception {
        KeyPair pair = HostCertificate.keyPair();
        return new HostCertificate(
                make(pair, HostCertificate.keyPair(), now, List.of(libp2p(identity, pair, false))), pair.getPrivate());
    }

    static Extension libp2p(PrivateKey identity, KeyPair pair, boolean critical) throws IOException {
        byte[] value = SignedKey.sign(identity, pair.getPublic().getEncoded()).encode();
        return new Extension(SignedKey.OID, critical, new DEROctetString(value));
    }

    static X509Certificate make(KeyPair subject, KeyPair signer, Instant now, List<Extension> extensions)
            throws GeneralSecurityException, IOException {
        return HostCertificate.sign(
                subject,
                signer,
                now.minus(Duration.ofDays(1)),
                now.plus(Duration.ofDays(1)),
                new Extensions(new ArrayList<>(extensions).toArray(Extension[]::new)));
    }
}
