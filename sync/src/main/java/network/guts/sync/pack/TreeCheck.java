package network.guts.sync.pack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The rules of trees: entries well formed, sorted, each name once, and no name that would leave the folder. */
final class TreeCheck {
    private static final int DIRECTORY = 040000;
    private static final int SYMLINK = 0120000;
    private static final int GITLINK = 0160000;
    private static final int KIND = 0170000;

    private static final byte[] NO_BASE = {};

    private final References references;
    private byte[] base = NO_BASE;
    private int baseLength;

    /** An entry of the base: those before it are behind. */
    private int baseAt;

    /** Up to here the tree is the same as the base from {@link #baseAt} on. */
    private int equalUntil;

    private int[] waitingStart = new int[16];
    private int[] waitingEnd = new int[16];
    private int waiting;

    TreeCheck(References references) {
        this.references = references;
    }

    /** What is wrong with the tree; null if nothing is. Adds what it names to the references. */
    @Nullable String check(byte[] data, int length) {
        return check(data, length, NO_BASE, 0);
    }

    /**
     * The same for a tree that was made from another, which was checked: entries that are the same in both are only
     * checked for their order, and what they name is noted already. Most trees of a history differ in a few entries.
     */
    @Nullable String check(byte[] data, int length, byte[] checkedBase, int checkedLength) {
        base = checkedBase;
        baseLength = checkedLength;
        baseAt = 0;
        equalUntil = 0;
        String wrong = walk(data, length);
        base = NO_BASE;
        return wrong;
    }

    private @Nullable String walk(byte[] data, int length) {
        int at = 0;
        waiting = 0;
        int previous = -1;
        int previousEnd = 0;
        boolean previousDirectory = false;
        while (at < length) {
            int mode = 0;
            int i = at;
            while (i < length && data[i] >= '0' && data[i] <= '7') {
                mode = mode << 3 | (data[i] - '0');
                i++;
            }
            if (i == at || i - at > 7 || i == length || data[i] != ' ') {
                return "an entry has no valid mode";
            }
            int name = ++i;
            while (i < length && data[i] != 0) {
                i++;
            }
            if (length - i < 21) {
                return "an entry is cut off";
            }
            int kind = mode & KIND;
            boolean directory = kind == DIRECTORY;
            if (previous >= 0) {
                String wrong = order(data, previous, previousEnd, previousDirectory, name, i, directory);
                if (wrong != null) {
                    return wrong;
                }
            }
            if (!isInBase(data, at, length, name, i, directory)) {
                String wrong = entry(data, name, i, kind);
                if (wrong != null) {
                    return wrong;
                }
            }
            previous = name;
            previousEnd = i;
            previousDirectory = directory;
            at = i + 21;
        }
        return null;
    }

    private @Nullable String entry(byte[] data, int name, int end, int kind) {
        String wrong = TreeNames.check(data, name, end, kind == SYMLINK);
        if (wrong != null) {
            return wrong;
        }
        if (isNull(data, end + 1)) {
            return "an entry has the null id";
        }
        if (kind != GITLINK) {
            references.add(data, end + 1, kind == DIRECTORY ? ObjectType.TREE.code() : ObjectType.BLOB.code());
        }
        return null;
    }

    /** Whether the base has the same entry. Both are sorted, so the place in the base only moves forward. */
    private boolean isInBase(byte[] data, int at, int length, int name, int end, boolean directory) {
        int next = end + 21;
        while (baseAt < baseLength) {
            if (next > equalUntil) {
                int difference = Arrays.mismatch(data, at, length, base, baseAt, baseLength);
                equalUntil = difference < 0 ? length : at + difference;
            }
            if (next <= equalUntil) {
                baseAt += next - at;
                return true;
            }
            equalUntil = 0;
            int mode = baseAt;
            while (base[baseAt] != ' ') {
                baseAt++;
            }
            int baseName = baseAt + 1;
            int baseEnd = baseName;
            while (base[baseEnd] != 0) {
                baseEnd++;
            }
            // Five digits and a 4 in front: a folder's mode, as git writes it.
            boolean baseDirectory = baseAt - mode == 5 && base[mode] == '4';
            int comparison = compare(base, baseName, baseEnd, baseDirectory, data, name, end, directory);
            if (comparison > 0) {
                baseAt = mode;
                return false;
            }
            baseAt = baseEnd + 21;
            if (comparison == 0) {
                return false;
            }
        }
        return false;
    }

    private static int compare(
            byte[] one, int a, int aEnd, boolean aDirectory, byte[] two, int b, int bEnd, boolean bDirectory) {
        int common = Math.min(aEnd - a, bEnd - b);
        int difference = Arrays.mismatch(one, a, a + common, two, b, b + common);
        if (difference >= 0) {
            return (one[a + difference] & 0xff) - (two[b + difference] & 0xff);
        }
        int first = aEnd - a > common ? one[a + common] & 0xff : aDirectory ? '/' : 0;
        int second = bEnd - b > common ? two[b + common] & 0xff : bDirectory ? '/' : 0;
        return first - second;
    }

    private static boolean isNull(byte[] data, int at) {
        for (int i = at; i < at + 20; i++) {
            if (data[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Names are sorted as bytes, folders as if a slash followed. So a file {@code x} and a folder {@code x} need not be
     * neighbours: {@code x.c} sorts between them. Files that may still have such a twin wait on a small stack.
     */
    private @Nullable String order(
            byte[] data, int a, int aEnd, boolean aDirectory, int b, int bEnd, boolean bDirectory) {
        int common = Math.min(aEnd - a, bEnd - b);
        int difference = Arrays.mismatch(data, a, a + common, data, b, b + common);
        int first;
        int second;
        if (difference >= 0) {
            first = data[a + difference] & 0xff;
            second = data[b + difference] & 0xff;
        } else {
            if (aEnd - a == bEnd - b) {
                return "it has an entry twice";
            }
            first = aEnd - a > common ? data[a + common] & 0xff : aDirectory ? '/' : 0;
            second = bEnd - b > common ? data[b + common] & 0xff : bDirectory ? '/' : 0;
        }
        if (first >= second) {
            return "its entries are not sorted";
        }
        if (difference < 0 && !aDirectory && aEnd - a == common) {
            push(a, aEnd);
        }
        return waiting == 0 ? null : twin(data, b, bEnd);
    }

    private @Nullable String twin(byte[] data, int b, int bEnd) {
        while (waiting > 0) {
            int start = waitingStart[waiting - 1];
            int end = waitingEnd[waiting - 1];
            int length = end - start;
            if (bEnd - b >= length && Arrays.equals(data, start, end, data, b, b + length)) {
                return bEnd - b == length ? "it has an entry twice" : null;
            }
            waiting--;
        }
        return null;
    }

    private void push(int start, int end) {
        if (waiting == waitingStart.length) {
            waitingStart = Arrays.copyOf(waitingStart, waiting * 2);
            waitingEnd = Arrays.copyOf(waitingEnd, waiting * 2);
        }
        waitingStart[waiting] = start;
        waitingEnd[waiting++] = end;
    }
}
