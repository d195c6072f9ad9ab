package network.guts.core;

import java.nio.ByteBuffer;

/**
 * A self-describing hash: code, length, digest. Guts makes sha2-256 and reads identity as well (peer ids of short keys).
 *
 * @param code the function's code in the multicodec table
 * @param digest 1 to {@link #MAX_DIGEST} bytes
 * @see <a href="https://multiformats.io/multihash/">multihash</a>
 */
public record Multihash(long code, Bytes digest) implements Comparable<Multihash> {
    public static final long IDENTITY = 0x00;
    public static final long SHA2_256 = 0x12;
    /** The longest key that kad-dht accepts is 80 bytes; no function in use has a longer digest than 64. */
    public static final int MAX_DIGEST = 64;

    private static final int SHA2_256_BYTES = 32;

    public Multihash {
        if (digest.size() > MAX_DIGEST || code == SHA2_256 && digest.size() != SHA2_256_BYTES) {
            throw new IllegalArgumentException("digest of " + digest.size() + " bytes for multihash code " + code);
        }
    }

    /** The sha2-256 multihash of {@code data}. */
    public static Multihash sha256(byte[] data) {
        return new Multihash(SHA2_256, Bytes.sha256(data));
    }

    /**
     * @throws MalformedException if {@code bytes} is not exactly one multihash
     */
    public static Multihash parse(byte[] bytes) throws MalformedException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        Multihash hash = read(in);
        if (in.hasRemaining()) {
            throw new MalformedException("multihash with bytes behind it");
        }
        return hash;
    }

    static Multihash read(ByteBuffer in) throws MalformedException {
        long code = Varint.read(in);
        long length = Varint.read(in);
        if (length > MAX_DIGEST || length > in.remaining() || code == SHA2_256 && length != SHA2_256_BYTES) {
            throw new MalformedException("multihash digest of a wrong length");
        }
        byte[] digest = new byte[(int) length];
        in.get(digest);
        return new Multihash(code, Bytes.of(digest));
    }

    public byte[] toBytes() {
        byte[] bytes = new byte[Varint.size(code) + Varint.size(digest.size()) + digest.size()];
        int at = Varint.put(bytes, Varint.put(bytes, 0, code), digest.size());
        System.arraycopy(digest.toArray(), 0, bytes, at, digest.size());
        return bytes;
    }

    @Override
    public int compareTo(Multihash other) {
        return Bytes.of(toBytes()).compareTo(Bytes.of(other.toBytes()));
    }

    /** Hexadecimal, as {@code 1220…} for sha2-256. */
    @Override
    public String toString() {
        return Bytes.of(toBytes()).hex();
    }
}
