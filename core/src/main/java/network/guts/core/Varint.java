package network.guts.core;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Unsigned varints as multiformats define them: seven bits a byte, least significant group first, at most nine bytes
 * (63 bits), and minimal: a value has one encoding.
 *
 * @see <a href="https://github.com/multiformats/unsigned-varint">unsigned-varint</a>
 */
public final class Varint {
    /** The specification's bound: nine bytes hold 63 bits. */
    public static final int MAX_BYTES = 9;

    private Varint() {}

    /** The number of bytes that {@code value} takes, 1 to {@link #MAX_BYTES}. */
    public static int size(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("a varint is not negative: " + value);
        }
        int bits = Long.SIZE - Long.numberOfLeadingZeros(value);
        return Math.max(1, (bits + 6) / 7);
    }

    /** Writes {@code value} at {@code offset} and returns the offset behind it. */
    public static int put(byte[] target, int offset, long value) {
        int at = offset;
        long rest = value;
        while (rest > 0x7f) {
            target[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[at++] = (byte) rest;
        return at;
    }

    /** Appends {@code value} to {@code out}. */
    public static void write(ByteArrayOutputStream out, long value) {
        byte[] bytes = encode(value);
        out.write(bytes, 0, bytes.length);
    }

    public static byte[] encode(long value) {
        byte[] bytes = new byte[size(value)];
        put(bytes, 0, value);
        return bytes;
    }

    /**
     * Reads one varint and moves the position behind it.
     *
     * @throws MalformedException if it is cut off, longer than nine bytes, or not minimal
     */
    public static long read(ByteBuffer in) throws MalformedException {
        long value = 0;
        for (int count = 0; count < MAX_BYTES; count++) {
            if (!in.hasRemaining()) {
                throw new MalformedException("varint cut off");
            }
            byte next = in.get();
            value |= (long) (next & 0x7f) << (7 * count);
            if (next >= 0) {
                if (next == 0 && count > 0) {
                    throw new MalformedException("varint is not minimal");
                }
                return value;
            }
        }
        throw new MalformedException("varint longer than " + MAX_BYTES + " bytes");
    }
}
