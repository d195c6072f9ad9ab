package network.guts.sync.pack;

import java.util.Arrays;
import java.util.List;
import network.guts.sync.model.ObjectId;

/** The entries of a pack, or of a piece of it, in order of their offsets: arrays, not objects. */
final class EntryTable {
    /** Instead of a base's offset: the entry is no delta. */
    static final long ROOT = -1;

    /** Instead of a base's offset: a REF_DELTA whose base is outside the pack, or not known yet. */
    static final long REF = -2;

    private int count;
    private long[] offsets;
    private int[] crcs;
    private byte[] types;
    private int[] sizes;
    private long[] bases;
    private byte[] ids;

    EntryTable(int capacity) {
        offsets = new long[capacity];
        crcs = new int[capacity];
        types = new byte[capacity];
        sizes = new int[capacity];
        bases = new long[capacity];
        ids = new byte[capacity * ObjectId.BYTES];
    }

    /** All of {@code pieces}, which follow each other. */
    static EntryTable join(List<EntryTable> pieces) {
        EntryTable all =
                new EntryTable(pieces.stream().mapToInt(EntryTable::count).sum());
        for (EntryTable piece : pieces) {
            System.arraycopy(piece.offsets, 0, all.offsets, all.count, piece.count);
            System.arraycopy(piece.crcs, 0, all.crcs, all.count, piece.count);
            System.arraycopy(piece.types, 0, all.types, all.count, piece.count);
            System.arraycopy(piece.sizes, 0, all.sizes, all.count, piece.count);
            System.arraycopy(piece.bases, 0, all.bases, all.count, piece.count);
            System.arraycopy(piece.ids, 0, all.ids, all.count * ObjectId.BYTES, piece.count * ObjectId.BYTES);
            all.count += piece.count;
        }
        return all;
    }

    /**
     * Adds an entry behind the others; its id is written into {@link #ids()}.
     *
     * @param type as in its header; a delta's becomes its base's once that is known
     * @param size of the object
     * @param base offset of an OFS_DELTA's base, or {@link #ROOT} or {@link #REF}
     */
    int add(long offset, int type, int size, long base) {
        if (count == offsets.length) {
            int capacity = Math.max(64, count * 2);
            offsets = Arrays.copyOf(offsets, capacity);
            crcs = Arrays.copyOf(crcs, capacity);
            types = Arrays.copyOf(types, capacity);
            sizes = Arrays.copyOf(sizes, capacity);
            bases = Arrays.copyOf(bases, capacity);
            ids = Arrays.copyOf(ids, capacity * ObjectId.BYTES);
        }
        offsets[count] = offset;
        types[count] = (byte) type;
        sizes[count] = size;
        bases[count] = base;
        return count++;
    }

    int count() {
        return count;
    }

    long offset(int entry) {
        return offsets[entry];
    }

    int crc(int entry) {
        return crcs[entry];
    }

    void crc(int entry, int crc) {
        crcs[entry] = crc;
    }

    int type(int entry) {
        return types[entry];
    }

    void type(int entry, int type) {
        types[entry] = (byte) type;
    }

    int size(int entry) {
        return sizes[entry];
    }

    long base(int entry) {
        return bases[entry];
    }

    void base(int entry, long base) {
        bases[entry] = base;
    }

    /** Where the entry ends; the last one at {@code end}. */
    long end(int entry, long end) {
        return entry + 1 < count ? offsets[entry + 1] : end;
    }

    byte[] ids() {
        return ids;
    }

    /** The entry that begins at {@code offset}; negative if none does. */
    int at(long offset) {
        return Arrays.binarySearch(offsets, 0, count, offset);
    }

    String hex(int entry) {
        return java.util.HexFormat.of().formatHex(ids, entry * ObjectId.BYTES, (entry + 1) * ObjectId.BYTES);
    }
}
