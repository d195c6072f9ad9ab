package network.guts.sync.pack;

import network.guts.sync.model.ObjectId;

/**
 * Guesses where an entry begins in the middle of a pack: at the first place that has the header of an entry, and behind
 * it a zlib stream that is whole, right and as long as the header says. A pack inside a blob looks the same, so whoever
 * asks must check that the entries before end where this one begins. Not thread-safe.
 */
final class EntryFinder {
    static final long NONE = -1;

    /** The first byte of a zlib stream: deflate with a window of 32 KiB, as git and every other writer make it. */
    private static final int ZLIB = 0x78;

    /** A size of more bytes than this is too long for any object. */
    private static final int MAX_SIZE_BYTES = 6;

    private final MappedPack pack;
    private final EntryInflater inflater;
    private final EntryHeader header = new EntryHeader();

    EntryFinder(MappedPack pack, EntryInflater inflater) {
        this.pack = pack;
        this.inflater = inflater;
    }

    /** The first entry that seems to begin in {@code from} to {@code until}; {@link #NONE} if none does. */
    long find(long from, long until, long end) {
        for (long offset = from; offset < until; offset++) {
            if (mayBegin(offset, end) && isEntry(offset, end)) {
                return offset;
            }
        }
        return NONE;
    }

    /** Looks at a few bytes only, without exceptions: nearly every place fails here. */
    private boolean mayBegin(long offset, long end) {
        long at = offset;
        int b = pack.at(at++);
        int type = b >> 4 & 7;
        if (type == 0 || type == 5) {
            return false;
        }
        for (int count = 1; (b & 0x80) != 0; count++) {
            if (at >= end || count == MAX_SIZE_BYTES) {
                return false;
            }
            b = pack.at(at++);
        }
        if (type == EntryHeader.REF_DELTA) {
            at += ObjectId.BYTES;
        } else if (type == EntryHeader.OFS_DELTA) {
            do {
                if (at >= end) {
                    return false;
                }
                b = pack.at(at++);
            } while ((b & 0x80) != 0);
        }
        return at + 1 < end && pack.at(at) == ZLIB && (ZLIB << 8 | pack.at(at + 1)) % 31 == 0;
    }

    private boolean isEntry(long offset, long end) {
        try {
            header.read(pack, offset, end);
            inflater.stream(offset, header.dataAt(), end, header.size(), (bytes, length) -> {});
            return true;
        } catch (PackException e) {
            return false;
        }
    }
}
