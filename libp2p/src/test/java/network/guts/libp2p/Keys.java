package network.guts.libp2p;

import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;

/** Keys and addresses of tests. */
public final class Keys {
    private Keys() {}

    public static PrivateKey key(int number) {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        seed[0] = (byte) number;
        seed[1] = (byte) (number >> 8);
        seed[2] = 42;
        try {
            return PrivateKey.fromSeed(seed);
        } catch (MalformedException e) {
            throw new IllegalStateException(e);
        }
    }

    public static PeerId peer(int number) {
        return key(number).peerId();
    }

    public static Multiaddr address(String text) {
        try {
            return Multiaddr.parse(text);
        } catch (MalformedException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
