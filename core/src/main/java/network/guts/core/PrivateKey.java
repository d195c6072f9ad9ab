package network.guts.core;

import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** An Ed25519 private key. Its text form never shows the secret. */
public final class PrivateKey {
    /** RFC 8032's seed. */
    public static final int SEED_BYTES = Ed25519.SECRET_KEY_SIZE;

    private final byte[] seed;
    private final PublicKey.Ed25519Key publicKey;

    private PrivateKey(byte[] seed) {
        this.seed = seed;
        byte[] raw = new byte[Ed25519.PUBLIC_KEY_SIZE];
        Ed25519.generatePublicKey(seed, 0, raw, 0);
        this.publicKey = new PublicKey.Ed25519Key(Bytes.of(raw));
    }

    /** A new key; {@code random} is the caller's, so that a core stays deterministic. */
    public static PrivateKey generate(SecureRandom random) {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        return new PrivateKey(seed);
    }

    /**
     * The key of a stored seed.
     *
     * @throws MalformedException if {@code seed} is not {@link #SEED_BYTES} long
     */
    public static PrivateKey fromSeed(byte[] seed) throws MalformedException {
        if (seed.length != SEED_BYTES) {
            throw new MalformedException("an Ed25519 seed has " + SEED_BYTES + " bytes, not " + seed.length);
        }
        return new PrivateKey(seed.clone());
    }

    public PublicKey.Ed25519Key publicKey() {
        return publicKey;
    }

    public PeerId peerId() {
        return publicKey.peerId();
    }

    public byte[] sign(byte[] message) {
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        Ed25519.sign(seed, 0, publicKey.raw().toArray(), 0, message, 0, message.length, signature, 0);
        return signature;
    }

    /** The secret itself, for the key file alone. */
    public byte[] seed() {
        return seed.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PrivateKey key && Arrays.equals(seed, key.seed);
    }

    @Override
    public int hashCode() {
        return publicKey.hashCode();
    }

    @Override
    public String toString() {
        return "PrivateKey of " + peerId();
    }
}
