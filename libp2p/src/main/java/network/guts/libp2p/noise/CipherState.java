package network.guts.libp2p.noise;

import java.security.GeneralSecurityException;
import java.security.Key;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import network.guts.core.MalformedException;

/**
 * Noise's CipherState with ChaCha20-Poly1305: a key and a counter that is the nonce. For one thread at a time; one
 * instance only encrypts or only decrypts.
 */
final class CipherState {
    static final int TAG = 16;
    static final int KEY = 32;
    private static final int NONCE = 12;

    private final Cipher cipher;
    private final Key key;
    private final byte[] nonce = new byte[NONCE];
    private long counter;

    CipherState(byte[] key) {
        this(key, ChaChaPoly.cipher());
    }

    CipherState(byte[] key, Cipher cipher) {
        this.cipher = cipher;
        this.key = new SecretKeySpec(key, "ChaCha20");
    }

    /** Writes {@code length} encrypted bytes and the tag to {@code out}, and returns how many that are. */
    int encrypt(byte[] associated, byte[] in, int offset, int length, byte[] out, int outOffset) {
        try {
            init(Cipher.ENCRYPT_MODE, associated);
            return cipher.doFinal(in, offset, length, out, outOffset);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("encrypting failed", e);
        }
    }

    /**
     * Writes the plaintext to {@code out}, which may be where the ciphertext is, and returns its length.
     *
     * @throws MalformedException if the bytes are not what the other side encrypted next
     */
    int decrypt(byte[] associated, byte[] in, int offset, int length, byte[] out, int outOffset)
            throws MalformedException {
        if (length < TAG) {
            throw new MalformedException("an encrypted message of " + length + " bytes has no room for its tag");
        }
        try {
            init(Cipher.DECRYPT_MODE, associated);
            return cipher.doFinal(in, offset, length, out, outOffset);
        } catch (GeneralSecurityException e) {
            throw new MalformedException("an encrypted message is not authentic", e);
        }
    }

    private void init(int mode, byte[] associated) throws GeneralSecurityException {
        if (counter == -1) {
            throw new IllegalStateException("all nonces of this key are used");
        }
        long rest = counter++;
        for (int at = 4; at < NONCE; at++) {
            nonce[at] = (byte) rest;
            rest >>>= 8;
        }
        cipher.init(mode, key, new IvParameterSpec(nonce));
        if (associated.length > 0) {
            cipher.updateAAD(associated);
        }
    }
}
