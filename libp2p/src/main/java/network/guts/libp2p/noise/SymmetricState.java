package network.guts.libp2p.noise;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import org.jspecify.annotations.Nullable;

/** Noise's SymmetricState with SHA-256: the hash of all that was said, and the chaining key. */
final class SymmetricState {
    private static final byte[] NAME = "Noise_XX_25519_ChaChaPoly_SHA256".getBytes(StandardCharsets.US_ASCII);
    private static final String HMAC = "HmacSHA256";

    private byte[] chainingKey = NAME.clone();
    private byte[] hash = NAME.clone();
    private @Nullable CipherState cipher;

    SymmetricState(byte[] prologue) {
        mixHash(prologue, 0, prologue.length);
    }

    byte[] hash() {
        return hash.clone();
    }

    void mixHash(byte[] data, int offset, int length) {
        MessageDigest digest = Bytes.sha256();
        digest.update(hash);
        digest.update(data, offset, length);
        hash = digest.digest();
    }

    void mixKey(byte[] material) {
        byte[][] keys = hkdf(material);
        chainingKey = keys[0];
        cipher = new CipherState(keys[1]);
    }

    /** Encrypts and appends to {@code out}; before there is a key, appends as it is. Returns the offset behind it. */
    int encryptAndHash(byte[] plaintext, byte[] out, int offset) {
        int length = plaintext.length;
        if (cipher == null) {
            System.arraycopy(plaintext, 0, out, offset, length);
        } else {
            length = cipher.encrypt(hash, plaintext, 0, length, out, offset);
        }
        mixHash(out, offset, length);
        return offset + length;
    }

    byte[] decryptAndHash(byte[] in, int offset, int length) throws MalformedException {
        byte[] plaintext;
        if (cipher == null) {
            plaintext = Bytes.of(in, offset, length).toArray();
        } else {
            plaintext = new byte[Math.max(0, length - CipherState.TAG)];
            cipher.decrypt(hash, in, offset, length, plaintext, 0);
        }
        mixHash(in, offset, length);
        return plaintext;
    }

    /** The keys of the two directions, the initiator's first. */
    byte[][] split() {
        return hkdf(new byte[0]);
    }

    private byte[][] hkdf(byte[] material) {
        byte[] temporary = hmac(chainingKey, material);
        byte[] first = hmac(temporary, new byte[] {1});
        byte[] more = new byte[first.length + 1];
        System.arraycopy(first, 0, more, 0, first.length);
        more[first.length] = 2;
        return new byte[][] {first, hmac(temporary, more)};
    }

    private static byte[] hmac(byte[] key, byte[] data) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return mac.doFinal(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no " + HMAC, e);
        }
    }
}
