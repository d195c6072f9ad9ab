package network.guts.sync.model;

import network.guts.core.Bytes;

/** Which pack: the SHA-256 of its canonical {@link PackDescriptor}. */
public record PackId(Bytes hash) implements Comparable<PackId> {
    public static final int BYTES = 32;

    public PackId {
        if (hash.size() != BYTES) {
            throw new IllegalArgumentException("a pack id has 32 bytes, not " + hash.size());
        }
    }

    @Override
    public int compareTo(PackId other) {
        return hash.compareTo(other.hash);
    }

    /** Hexadecimal. */
    @Override
    public String toString() {
        return hash.hex();
    }
}
