package network.guts.sync.pack;

/** Git's deltas: instructions that copy from a base or insert bytes. */
final class Delta {
    /** Two sizes of at most 10 bytes each. */
    static final int MAX_HEADER = 20;

    private final byte[] delta;
    private final int length;
    private int at;

    private Delta(byte[] delta, int length) {
        this.delta = delta;
        this.length = length;
    }

    /** The size of the result, from the first bytes of a delta; -1 if they are none. */
    static long resultSize(byte[] delta, int length) {
        Delta reader = new Delta(delta, length);
        long base = reader.size();
        return base < 0 ? -1 : reader.size();
    }

    /**
     * Applies {@code delta}, which makes {@code size} bytes; {@code result} has room for them.
     *
     * @throws PackException if it does not fit its base, or does not make what it says
     */
    static void apply(long offset, byte[] delta, int length, byte[] base, int baseLength, byte[] result, int size)
            throws PackException {
        Delta reader = new Delta(delta, length);
        long declaredBase = reader.size();
        long declared = reader.size();
        if (declaredBase != baseLength) {
            throw EntryHeader.malformed(
                    offset, "its delta is for a base of " + declaredBase + " bytes, its base has " + baseLength);
        }
        if (declared != size) {
            throw EntryHeader.malformed(offset, "its delta has no valid size");
        }
        reader.run(offset, base, baseLength, result, size);
    }

    private void run(long offset, byte[] base, int baseLength, byte[] result, int size) throws PackException {
        int to = 0;
        int i = at;
        while (i < length) {
            int op = delta[i++];
            if (op < 0) {
                // Which of the four bytes of the offset and the three of the size follow; a byte that is not there is
                // 0.
                int needed = Integer.bitCount(op & 0x7f);
                if (needed > length - i) {
                    throw EntryHeader.malformed(offset, "its delta is cut off");
                }
                int from = (op & 1) != 0 ? delta[i++] & 0xff : 0;
                from |= (op & 2) != 0 ? (delta[i++] & 0xff) << 8 : 0;
                from |= (op & 4) != 0 ? (delta[i++] & 0xff) << 16 : 0;
                from |= (op & 8) != 0 ? (delta[i++] & 0xff) << 24 : 0;
                int count = (op & 16) != 0 ? delta[i++] & 0xff : 0;
                count |= (op & 32) != 0 ? (delta[i++] & 0xff) << 8 : 0;
                count |= (op & 64) != 0 ? (delta[i++] & 0xff) << 16 : 0;
                count = count == 0 ? 0x10000 : count;
                if (from < 0 || from > baseLength - count) {
                    throw EntryHeader.malformed(offset, "its delta copies from outside its base");
                }
                if (count > size - to) {
                    throw EntryHeader.malformed(offset, "its delta makes more than the " + size + " bytes it says");
                }
                System.arraycopy(base, from, result, to, count);
                to += count;
            } else if (op > 0) {
                if (op > length - i) {
                    throw EntryHeader.malformed(offset, "its delta is cut off");
                }
                if (op > size - to) {
                    throw EntryHeader.malformed(offset, "its delta makes more than the " + size + " bytes it says");
                }
                System.arraycopy(delta, i, result, to, op);
                i += op;
                to += op;
            } else {
                throw EntryHeader.malformed(offset, "its delta has an instruction 0");
            }
        }
        if (to != size) {
            throw EntryHeader.malformed(offset, "its delta makes " + to + " bytes instead of " + size);
        }
    }

    private long size() {
        long value = 0;
        for (int shift = 0; shift < 42; shift += 7) {
            if (at >= length) {
                return -1;
            }
            int b = delta[at++];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        return -1;
    }
}
