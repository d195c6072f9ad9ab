package network.guts.dht.core;

import java.util.Arrays;
import java.util.HexFormat;
import network.guts.core.Bytes;
import network.guts.core.PeerId;

/**
 * A point in Kademlia's space: the SHA-256 of a peer id or of a record's key. The distance of two is their XOR, read as
 * an unsigned number. (The length is not fixed here, so that tests can use keys of eight bits.)
 */
public final class Key {
    private final byte[] bits;
    private final int hash;

    private Key(byte[] bits) {
        this.bits = bits;
        this.hash = Arrays.hashCode(bits);
    }

    /** Where {@code peer} lies. */
    public static Key of(PeerId peer) {
        return of(peer.bytes());
    }

    /** Where a key lies that is {@code preimage} on the wire: a peer id's or a multihash's bytes. */
    public static Key of(Bytes preimage) {
        return new Key(Bytes.sha256().digest(preimage.toArray()));
    }

    /** The point itself, not hashed. */
    public static Key ofBits(byte... bits) {
        return new Key(bits.clone());
    }

    /** The number of bits in space. */
    public int length() {
        return bits.length * Byte.SIZE;
    }

    /** How many leading bits are equal: the bucket in which either has the other. */
    public int commonPrefix(Key other) {
        for (int i = 0; i < bits.length; i++) {
            int difference = (bits[i] ^ other.bits[i]) & 0xff;
            if (difference != 0) {
                return i * Byte.SIZE + Integer.numberOfLeadingZeros(difference) - (Integer.SIZE - Byte.SIZE);
            }
        }
        return length();
    }

    /** Negative if {@code one} is closer to this key than {@code other}, zero if they are the same key. */
    public int compareDistances(Key one, Key other) {
        for (int i = 0; i < bits.length; i++) {
            int order = Integer.compare((bits[i] ^ one.bits[i]) & 0xff, (bits[i] ^ other.bits[i]) & 0xff);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key key && Arrays.equals(bits, key.bits);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Hexadecimal. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bits);
    }
}
