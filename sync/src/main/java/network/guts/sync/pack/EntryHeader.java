package network.guts.sync.pack;

import network.guts.sync.model.ObjectId;

/** The header of a pack entry, reread into one object to spare allocation. */
final class EntryHeader {
    static final int OFS_DELTA = 6;
    static final int REF_DELTA = 7;

    private int type;
    private long size;
    private long baseOffset;
    private long baseIdAt;
    private long dataAt;
    private long sizeEnd;

    /**
     * Reads the header of the entry at {@code offset}, which ends before {@code end}.
     *
     * @throws PackException if it is none, or its base does not lie before it
     */
    void read(MappedPack pack, long offset, long end) throws PackException {
        long at = offset;
        int b = pack.at(at++);
        type = (b >> 4) & 7;
        size = b & 15;
        int shift = 4;
        while ((b & 0x80) != 0) {
            // 4 + 7 × 5 bits hold more than any object may have.
            if (at >= end || shift > 39) {
                throw malformed(offset, "its size is cut off or too long");
            }
            b = pack.at(at++);
            size |= (long) (b & 0x7f) << shift;
            shift += 7;
        }
        sizeEnd = at;
        baseOffset = -1;
        baseIdAt = -1;
        if (type == OFS_DELTA) {
            at = readDistance(pack, offset, at, end);
        } else if (type == REF_DELTA) {
            baseIdAt = at;
            at += ObjectId.BYTES;
        } else if (type == 0 || type == 5) {
            throw malformed(offset, "there is no type " + type);
        }
        if (at >= end) {
            throw malformed(offset, "it is cut off");
        }
        dataAt = at;
    }

    private long readDistance(MappedPack pack, long offset, long from, long end) throws PackException {
        long at = from;
        long distance = 0;
        for (int count = 0; ; count++) {
            if (at >= end || count == 9) {
                throw malformed(offset, "the distance of its base is cut off or too long");
            }
            int b = pack.at(at++);
            distance = count == 0 ? b & 0x7f : (distance + 1) << 7 | (b & 0x7f);
            if ((b & 0x80) == 0) {
                break;
            }
        }
        if (distance <= 0 || distance > offset - PackFormat.HEADER_BYTES) {
            throw malformed(offset, "its base lies outside the pack");
        }
        baseOffset = offset - distance;
        return at;
    }

    static PackException malformed(long offset, String what) {
        return new PackException(PackException.Kind.MALFORMED, "entry at offset " + offset + ": " + what);
    }

    int type() {
        return type;
    }

    boolean isDelta() {
        return type >= OFS_DELTA;
    }

    /** Of the inflated data: of the delta, if it is one. */
    long size() {
        return size;
    }

    /** Where an OFS_DELTA's base begins. */
    long baseOffset() {
        return baseOffset;
    }

    /** Where a REF_DELTA's base id lies. */
    long baseIdAt() {
        return baseIdAt;
    }

    /** Where the base, or the data, begins. */
    long sizeEnd() {
        return sizeEnd;
    }

    /** Where the zlib stream begins. */
    long dataAt() {
        return dataAt;
    }
}
