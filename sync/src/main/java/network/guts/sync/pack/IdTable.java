package network.guts.sync.pack;

import java.util.Arrays;
import java.util.HexFormat;
import network.guts.sync.model.ObjectId;

/** Object ids in one array, 20 bytes each: sorting and searching. */
final class IdTable {
    private IdTable() {}

    static int compare(byte[] a, int aOffset, byte[] b, int bOffset) {
        return Arrays.compareUnsigned(a, aOffset, aOffset + ObjectId.BYTES, b, bOffset, bOffset + ObjectId.BYTES);
    }

    static String hex(byte[] ids, int index) {
        return HexFormat.of().formatHex(ids, index * ObjectId.BYTES, (index + 1) * ObjectId.BYTES);
    }

    /** The order of {@code count} ids: positions, smallest id first. */
    static int[] sort(byte[] ids, int count) {
        // The first bits of the id and the position in one long: sorted as numbers, then the few equal starts by hand.
        int bits = Math.max(1, 32 - Integer.numberOfLeadingZeros(count));
        long[] keys = new long[count];
        for (int i = 0; i < count; i++) {
            int at = i * ObjectId.BYTES;
            long start = 0;
            for (int k = 0; k < 8; k++) {
                start = start << 8 | (ids[at + k] & 0xff);
            }
            keys[i] = (start >>> (bits + 1)) << bits | i;
        }
        Arrays.parallelSort(keys);
        long mask = (1L << bits) - 1;
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = (int) (keys[i] & mask);
        }
        for (int i = 0; i < count; ) {
            int end = i + 1;
            while (end < count && keys[end] >>> bits == keys[i] >>> bits) {
                end++;
            }
            if (end - i > 1) {
                Integer[] same = new Integer[end - i];
                for (int k = i; k < end; k++) {
                    same[k - i] = order[k];
                }
                Arrays.sort(same, (a, b) -> compare(ids, a * ObjectId.BYTES, ids, b * ObjectId.BYTES));
                for (int k = i; k < end; k++) {
                    order[k] = same[k - i];
                }
            }
            i = end;
        }
        return order;
    }

    /** Where {@code id} is among {@code count} sorted ids; negative if it is not. */
    static int search(byte[] sorted, int low, int high, byte[] id, int offset) {
        int from = low;
        int to = high;
        while (from < to) {
            int middle = (from + to) >>> 1;
            int comparison = compare(sorted, middle * ObjectId.BYTES, id, offset);
            if (comparison == 0) {
                return middle;
            }
            if (comparison < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return -1;
    }
}
