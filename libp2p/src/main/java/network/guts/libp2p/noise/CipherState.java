package network.guts.libp2p.noise;

import java.nio.ByteBuffer;
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
    private static final byte[] NOTHING = new byte[0];

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
            throw noRoom(length);
        }
        try {
            init(Cipher.DECRYPT_MODE, associated);
            return cipher.doFinal(in, offset, length, out, outOffset);
        } catch (GeneralSecurityException e) {
            throw new MalformedException("an encrypted message is not authentic", e);
        }
    }

    /** As with arrays; consumes {@code in}. Two direct buffers that do not overlap are the fastest. */
    int encrypt(ByteBuffer in, ByteBuffer out) {
        try {
            init(Cipher.ENCRYPT_MODE, NOTHING);
            return cipher.doFinal(in, out);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("encrypting failed", e);
        }
    }

    /** As with arrays; the plaintext is put where {@code record} begins, and the position behind it. */
    int decrypt(ByteBuffer record) throws MalformedException {
        if (record.hasArray()) {
            byte[] array = record.array();
            int at = record.arrayOffset() + record.position();
            int length = decrypt(NOTHING, array, at, record.remaining(), array, at);
            record.position(record.position() + length);
            return length;
        }
        if (record.remaining() < TAG) {
            throw noRoom(record.remaining());
        }
        try {
            init(Cipher.DECRYPT_MODE, NOTHING);
            return cipher.doFinal(record.duplicate(), record);
        } catch (GeneralSecurityException e) {
            throw new MalformedException("an encrypted message is not authentic", e);
        }
    }

    private static MalformedException noRoom(int length) {
        return new MalformedException("an encrypted message of " + length + " bytes has no room for its tag");
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
