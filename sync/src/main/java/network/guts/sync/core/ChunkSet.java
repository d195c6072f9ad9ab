package network.guts.sync.core;

import java.util.BitSet;
import network.guts.core.Bytes;

/**
 * Which chunks of a pack somebody holds. Immutable.
 *
 * @param size how many chunks the pack has
 */
public record ChunkSet(int size, Bytes bitmap) {
    public ChunkSet {
        if (bitmap.size() != (size + 7) / 8) {
            throw new IllegalArgumentException("bitmap of " + bitmap.size() + " bytes for " + size + " chunks");
        }
    }

    public static ChunkSet all(int size) {
        BitSet bits = new BitSet(size);
        bits.set(0, size);
        return of(size, bits);
    }

    public static ChunkSet none(int size) {
        return of(size, new BitSet());
    }

    /** The chunks of {@code bits} below {@code size}. */
    public static ChunkSet of(int size, BitSet bits) {
        byte[] packed = bits.get(0, size).toByteArray();
        return new ChunkSet(size, Bytes.of(java.util.Arrays.copyOf(packed, (size + 7) / 8)));
    }

    /** The set of a bitmap as a remote sent it: bits beyond the pack are dropped, missing ones are not held. */
    public static ChunkSet ofBitmap(int size, Bytes bitmap) {
        return of(size, BitSet.valueOf(bitmap.toArray()));
    }

    public boolean has(int chunk) {
        return chunk < size && (bitmap.get(chunk / 8) >> (chunk % 8) & 1) != 0;
    }

    public int count() {
        return bits().cardinality();
    }

    public boolean complete() {
        return count() == size;
    }

    /** A copy. */
    public BitSet bits() {
        return BitSet.valueOf(bitmap.toArray());
    }
}
