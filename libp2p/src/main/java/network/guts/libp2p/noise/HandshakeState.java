package network.guts.libp2p.noise;

import java.util.Arrays;
import network.guts.core.MalformedException;

/**
 * Noise's HandshakeState for the pattern XX, which needs no key known beforehand:
 *
 * <pre>
 *   -> e
 *   <- e, ee, s, es
 *   -> s, se
 * </pre>
 *
 * @see <a href="https://noiseprotocol.org/noise.html">The Noise Protocol Framework</a>
 */
final class HandshakeState {
    private static final int MESSAGES = 3;

    private final boolean initiator;
    private final KeyPair staticKey;
    private final KeyPair ephemeral;
    private final SymmetricState symmetric;
    private byte[] remoteEphemeral = new byte[0];
    private byte[] remoteStatic = new byte[0];
    private int next;

    HandshakeState(boolean initiator, byte[] prologue, KeyPair staticKey, KeyPair ephemeral) {
        this.initiator = initiator;
        this.staticKey = staticKey;
        this.ephemeral = ephemeral;
        this.symmetric = new SymmetricState(prologue);
    }

    /** The next message, which must be this side's turn. */
    byte[] write(byte[] payload) throws MalformedException {
        turn(initiator);
        byte[] out = new byte[2 * KeyPair.SIZE + 2 * CipherState.TAG + payload.length];
        int at = 0;
        if (next < 2) {
            System.arraycopy(ephemeral.publicKey(), 0, out, 0, KeyPair.SIZE);
            symmetric.mixHash(out, 0, KeyPair.SIZE);
            at = KeyPair.SIZE;
        }
        if (next == 1) {
            symmetric.mixKey(ephemeral.agree(remoteEphemeral));
        }
        if (next > 0) {
            at = symmetric.encryptAndHash(staticKey.publicKey(), out, at);
            symmetric.mixKey(staticKey.agree(remoteEphemeral));
        }
        at = symmetric.encryptAndHash(payload, out, at);
        next++;
        return Arrays.copyOf(out, at);
    }

    /**
     * Reads the next message, which must be the remote's turn, and returns its payload.
     *
     * @throws MalformedException if it is cut off, not authentic, or holds an unsafe key
     */
    byte[] read(byte[] message) throws MalformedException {
        turn(!initiator);
        int at = 0;
        if (next < 2) {
            need(message, KeyPair.SIZE);
            remoteEphemeral = Arrays.copyOf(message, KeyPair.SIZE);
            symmetric.mixHash(message, 0, KeyPair.SIZE);
            at = KeyPair.SIZE;
        }
        if (next == 1) {
            symmetric.mixKey(ephemeral.agree(remoteEphemeral));
        }
        if (next > 0) {
            int length = KeyPair.SIZE + CipherState.TAG;
            need(message, at + length);
            remoteStatic = symmetric.decryptAndHash(message, at, length);
            symmetric.mixKey(ephemeral.agree(remoteStatic));
            at += length;
        }
        byte[] payload = symmetric.decryptAndHash(message, at, message.length - at);
        next++;
        return payload;
    }

    /** The remote's static key, once its message was read. */
    byte[] remoteStatic() {
        return remoteStatic.clone();
    }

    /** The hash of the whole handshake. */
    byte[] hash() {
        return symmetric.hash();
    }

    /** The key this side encrypts with, once the last message has passed. */
    byte[] sendKey() {
        return key(initiator ? 0 : 1);
    }

    /** The key this side decrypts with, once the last message has passed. */
    byte[] receiveKey() {
        return key(initiator ? 1 : 0);
    }

    private byte[] key(int index) {
        if (next < MESSAGES) {
            throw new IllegalStateException("the handshake is not over");
        }
        return symmetric.split()[index];
    }

    /** The initiator sends the even messages. */
    private void turn(boolean even) {
        if (next >= MESSAGES || (next % 2 == 0) != even) {
            throw new IllegalStateException("handshake message " + next + " is not due on this side");
        }
    }

    private static void need(byte[] message, int length) throws MalformedException {
        if (message.length < length) {
            throw new MalformedException("handshake message of " + message.length + " bytes, cut off");
        }
    }
}
