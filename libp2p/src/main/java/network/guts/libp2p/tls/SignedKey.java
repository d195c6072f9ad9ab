package network.guts.libp2p.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;

/**
 * What the libp2p extension holds: {@code SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }}.
 *
 * @param key the peer's identity
 * @param signature by it, over the certificate's SubjectPublicKeyInfo
 */
record SignedKey(PublicKey key, Bytes signature) {
    static final ASN1ObjectIdentifier OID = new ASN1ObjectIdentifier("1.3.6.1.4.1.53594.1.1");

    private static final byte[] DOMAIN = "libp2p-tls-handshake:".getBytes(StandardCharsets.US_ASCII);

    static SignedKey sign(PrivateKey identity, byte[] spki) {
        return new SignedKey(identity.publicKey(), Bytes.of(identity.sign(signed(spki))));
    }

    boolean signs(byte[] spki) {
        return key.verify(signed(spki), signature.toArray());
    }

    byte[] encode() throws IOException {
        return new DERSequence(
                        new DEROctetString[] {new DEROctetString(key.encoded()), new DEROctetString(signature.toArray())
                        })
                .getEncoded(ASN1Encoding.DER);
    }

    /**
     * @throws IOException if it is not this structure
     * @throws MalformedException if the key in it is not one, or of a kind that is not supported
     */
    static SignedKey parse(byte[] der) throws IOException {
        try {
            if (!(ASN1Primitive.fromByteArray(der) instanceof ASN1Sequence sequence) || sequence.size() != 2) {
                throw new IOException("a signed key is a sequence of two");
            }
            byte[] key = ASN1OctetString.getInstance(sequence.getObjectAt(0)).getOctets();
            byte[] signature =
                    ASN1OctetString.getInstance(sequence.getObjectAt(1)).getOctets();
            return new SignedKey(PublicKey.parse(key), Bytes.of(signature));
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException("no signed key", e);
        }
    }

    private static byte[] signed(byte[] spki) {
        byte[] message = new byte[DOMAIN.length + spki.length];
        System.arraycopy(DOMAIN, 0, message, 0, DOMAIN.length);
        System.arraycopy(spki, 0, message, DOMAIN.length, spki.length);
        return message;
    }
}
