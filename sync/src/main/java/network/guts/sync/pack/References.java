package network.guts.sync.pack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The objects that a pack's objects name, with the types that they must have: an open-addressed set in arrays, one for
 * each thread.
 */
final class References {
    /** A set that grows past what its pack can satisfy, plus this, is given up: connectivity then walks. */
    static final int SPARE = 1 << 20;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final long seed;
    private final long limit;
    private long[] first = new long[1 << 12];
    private long[] second = new long[1 << 12];
    private int[] third = new int[1 << 12];
    private byte[] types = new byte[1 << 12];
    private int count;
    private boolean overflowed;

    /**
     * @param seed any number: remotes choose ids, so they must not know where they land
     * @param limit ids that are kept
     */
    References(long seed, long limit) {
        this.seed = seed | 1;
        this.limit = limit;
    }

    void add(byte[] bytes, int offset, int type) {
        add(
                (long) LONGS.get(bytes, offset),
                (long) LONGS.get(bytes, offset + 8),
                (int) INTS.get(bytes, offset + 16),
                (byte) type);
    }

    private void add(long a, long b, int c, byte type) {
        int slot = find(a, b, c, type);
        if (types[slot] != 0 || overflowed) {
            return;
        }
        if (count >= limit) {
            overflowed = true;
            return;
        }
        put(slot, a, b, c, type);
        if (++count * 2 > types.length) {
            grow();
        }
    }

    /** Forgets everything. */
    void clear() {
        Arrays.fill(types, (byte) 0);
        count = 0;
        overflowed = false;
    }

    private int find(long a, long b, int c, byte type) {
        int mask = types.length - 1;
        long hash = (a ^ Long.rotateLeft(b, 23) ^ ((long) c << 11) ^ seed) * seed;
        int slot = (int) (hash >>> 33) & mask;
        while (types[slot] != 0 && (first[slot] != a || second[slot] != b || third[slot] != c || types[slot] != type)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void put(int slot, long a, long b, int c, byte type) {
        first[slot] = a;
        second[slot] = b;
        third[slot] = c;
        types[slot] = type;
    }

    private void grow() {
        long[] oldFirst = first;
        long[] oldSecond = second;
        int[] oldThird = third;
        byte[] oldTypes = types;
        first = new long[oldTypes.length * 2];
        second = new long[oldTypes.length * 2];
        third = new int[oldTypes.length * 2];
        types = new byte[oldTypes.length * 2];
        for (int i = 0; i < oldTypes.length; i++) {
            if (oldTypes[i] != 0) {
                put(
                        find(oldFirst[i], oldSecond[i], oldThird[i], oldTypes[i]),
                        oldFirst[i],
                        oldSecond[i],
                        oldThird[i],
                        oldTypes[i]);
            }
        }
    }

    boolean overflowed() {
        return overflowed;
    }

    /** Receives a reference; the array is reused. */
    @FunctionalInterface
    interface Visitor {
        void visit(byte[] id, int type);
    }

    void forEach(Visitor visitor) {
        byte[] id = new byte[20];
        for (int i = 0; i < types.length; i++) {
            if (types[i] != 0) {
                LONGS.set(id, 0, first[i]);
                LONGS.set(id, 8, second[i]);
                INTS.set(id, 16, third[i]);
                visitor.visit(id, types[i]);
            }
        }
    }
}
