package network.guts.sync.pack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The rules of trees: entries well formed, sorted, each name once, and no name that would leave the folder. */
final class TreeCheck {
    private static final int DIRECTORY = 040000;
    private static final int SYMLINK = 0120000;
    private static final int GITLINK = 0160000;
    private static final int KIND = 0170000;

    private final References references;
    private int[] waitingStart = new int[16];
    private int[] waitingEnd = new int[16];
    private int waiting;

    TreeCheck(References references) {
        this.references = references;
    }

    /** What is wrong with the tree; null if nothing is. Adds what it names to the references. */
    @Nullable String check(byte[] data, int length) {
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
            String wrong = TreeNames.check(data, name, i, kind == SYMLINK);
            if (wrong != null) {
                return wrong;
            }
            if (previous >= 0) {
                wrong = order(data, previous, previousEnd, previousDirectory, name, i, directory);
                if (wrong != null) {
                    return wrong;
                }
            }
            if (isNull(data, i + 1)) {
                return "an entry has the null id";
            }
            if (kind != GITLINK) {
                references.add(data, i + 1, directory ? ObjectType.TREE.code() : ObjectType.BLOB.code());
            }
            previous = name;
            previousEnd = i;
            previousDirectory = directory;
            at = i + 21;
        }
        return null;
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
