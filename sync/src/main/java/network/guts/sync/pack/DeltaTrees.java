package network.guts.sync.pack;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;

/**
 * Which entry is a delta of which: children of an entry by position (OFS_DELTA) as linked lists in arrays, children by
 * id (REF_DELTA) as a list sorted by the base's id, looked up when an id becomes known.
 */
final class DeltaTrees {
    static final int NONE = -1;

    private final MappedPack pack;
    private final EntryTable entries;
    private final int[] firstChild;
    private final int[] nextSibling;

    /** REF_DELTAs in order of their bases' ids, and those ids. */
    private final int[] referring;

    private final byte[] referredIds;
    private final AtomicIntegerArray claimed;

    DeltaTrees(MappedPack pack, EntryTable entries, long end) throws PackException {
        this.pack = pack;
        this.entries = entries;
        int count = entries.count();
        firstChild = new int[count];
        nextSibling = new int[count];
        Arrays.fill(firstChild, NONE);
        Arrays.fill(nextSibling, NONE);
        linkByPosition();
        int refs = 0;
        for (int i = 0; i < count; i++) {
            refs += entries.type(i) == EntryHeader.REF_DELTA ? 1 : 0;
        }
        int[] unsorted = new int[refs];
        byte[] ids = new byte[refs * ObjectId.BYTES];
        EntryHeader header = new EntryHeader();
        int at = 0;
        for (int i = 0; refs > 0 && i < count; i++) {
            if (entries.type(i) == EntryHeader.REF_DELTA) {
                header.read(pack, entries.offset(i), end);
                pack.copy(header.baseIdAt(), ids, at * ObjectId.BYTES, ObjectId.BYTES);
                unsorted[at++] = i;
            }
        }
        int[] order = IdTable.sort(ids, refs);
        referring = new int[refs];
        referredIds = new byte[ids.length];
        for (int i = 0; i < refs; i++) {
            referring[i] = unsorted[order[i]];
            System.arraycopy(ids, order[i] * ObjectId.BYTES, referredIds, i * ObjectId.BYTES, ObjectId.BYTES);
        }
        claimed = new AtomicIntegerArray(refs);
    }

    /** Links children to their bases, the one with the most descendants last. */
    private void linkByPosition() throws PackException {
        int count = entries.count();
        int[] descendants = new int[count];
        int[] base = new int[count];
        for (int i = count - 1; i >= 0; i--) {
            base[i] = NONE;
            if (entries.type(i) == EntryHeader.OFS_DELTA) {
                int found = entries.at(entries.base(i));
                if (found < 0) {
                    throw EntryHeader.malformed(
                            entries.offset(i), "no entry begins at offset " + entries.base(i) + ", where its base is");
                }
                base[i] = found;
                descendants[found] += descendants[i] + 1;
                int heaviest = firstChild[found];
                if (heaviest == NONE || descendants[i] > descendants[heaviest]) {
                    firstChild[found] = i;
                }
            }
        }
        int[] heaviest = firstChild.clone();
        for (int i = count - 1; i >= 0; i--) {
            if (base[i] != NONE && heaviest[base[i]] != i) {
                nextSibling[i] = firstChild[base[i]];
                firstChild[base[i]] = i;
            }
        }
    }

    MappedPack pack() {
        return pack;
    }

    EntryTable entries() {
        return entries;
    }

    int firstChild(int entry) {
        return firstChild[entry];
    }

    int nextSibling(int entry) {
        return nextSibling[entry];
    }

    boolean hasReferring() {
        return referring.length > 0;
    }

    int referringCount() {
        return referring.length;
    }

    int referring(int index) {
        return referring[index];
    }

    byte[] referredIds() {
        return referredIds;
    }

    /** The first of the REF_DELTAs whose base is the id at {@code offset} of {@code ids}; {@link #NONE} if none is. */
    int firstReferring(byte[] ids, int offset) {
        int low = 0;
        int high = referring.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (IdTable.compare(referredIds, middle * ObjectId.BYTES, ids, offset) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < referring.length && IdTable.compare(referredIds, low * ObjectId.BYTES, ids, offset) == 0
                ? low
                : NONE;
    }

    /** The one after {@code index} with the same base; {@link #NONE} if there is none. */
    int nextReferring(int index) {
        int next = index + 1;
        return next < referring.length
                        && IdTable.compare(referredIds, index * ObjectId.BYTES, referredIds, next * ObjectId.BYTES) == 0
                ? next
                : NONE;
    }

    /** Whether the caller is the one to resolve REF_DELTA {@code index}: an id that is there twice asks twice. */
    boolean claim(int index) {
        return claimed.compareAndSet(index, 0, 1);
    }

    boolean isClaimed(int index) {
        return claimed.get(index) != 0;
    }

    PackException unresolved(int index) {
        return new PackException(
                Kind.MISSING_BASE,
                "entry at offset " + entries.offset(referring[index]) + ": its base " + IdTable.hex(referredIds, index)
                        + " is not there, or is made from it");
    }
}
