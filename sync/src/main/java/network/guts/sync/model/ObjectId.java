package network.guts.sync.model;

import network.guts.core.Bytes;
import network.guts.core.MalformedException;

/** The id of a git object: its SHA-1, 20 bytes. */
public record ObjectId(Bytes bytes) implements Comparable<ObjectId> {
    public static final int BYTES = 20;

    /** Forty zeros: git's way to say that a ref is not there. */
    public static final ObjectId NONE = new ObjectId(Bytes.of(new byte[BYTES]));

    public ObjectId {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException("an object id has 20 bytes, not " + bytes.size());
        }
    }

    /**
     * @throws MalformedException if {@code hex} is not 40 hexadecimal digits
     */
    public static ObjectId parse(String hex) throws MalformedException {
        if (hex.length() != 2 * BYTES) {
            throw new MalformedException("an object id has 40 digits, not " + hex.length());
        }
        try {
            return new ObjectId(Bytes.fromHex(hex));
        } catch (IllegalArgumentException e) {
            throw new MalformedException("an object id is hexadecimal", e);
        }
    }

    @Override
    public int compareTo(ObjectId other) {
        return bytes.compareTo(other.bytes);
    }

    /** 40 hexadecimal digits. */
    @Override
    public String toString() {
        return bytes.hex();
    }
}
