package network.guts.libp2p.noise;

import java.security.SecureRandom;
import network.guts.core.MalformedException;
import org.bouncycastle.math.ec.rfc7748.X25519;

/** An X25519 key pair (RFC 7748). */
final class KeyPair {
    static final int SIZE = X25519.POINT_SIZE;

    private final byte[] secret;
    private final byte[] publicKey = new byte[SIZE];

    /** The pair of a known secret, of {@link #SIZE} bytes. */
    KeyPair(byte[] secret) {
        this.secret = secret.clone();
        X25519.generatePublicKey(this.secret, 0, publicKey, 0);
    }

    static KeyPair generate(SecureRandom random) {
        byte[] secret = new byte[X25519.SCALAR_SIZE];
        X25519.generatePrivateKey(random, secret);
        return new KeyPair(secret);
    }

    byte[] publicKey() {
        return publicKey.clone();
    }

    /**
     * The secret shared with the owner of {@code other}.
     *
     * @throws MalformedException if it is all zero: {@code other} is a point of small order, chosen to make it known
     */
    byte[] agree(byte[] other) throws MalformedException {
        byte[] shared = new byte[SIZE];
        if (!X25519.calculateAgreement(secret, 0, other, 0, shared, 0)) {
            throw new MalformedException("the remote's X25519 key is of small order");
        }
        return shared;
    }
}
