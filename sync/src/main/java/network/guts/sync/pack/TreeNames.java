package network.guts.sync.pack;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Names that no tree may have, because a checkout would write outside its folder or into {@code .git}. */
final class TreeNames {
    /** Code points that HFS+ ignores in file names. */
    private static final String IGNORED =
            "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u206a\u206b\u206c\u206d\u206e\u206f\ufeff";

    private TreeNames() {}

    /** What is wrong with the name from {@code from} to {@code to}; null if nothing is. */
    static @Nullable String check(byte[] data, int from, int to, boolean symlink) {
        if (from == to) {
            return "an entry has no name";
        }
        boolean suspicious = false;
        for (int i = from; i < to; i++) {
            byte b = data[i];
            if (b == '/') {
                return "a name has a slash";
            }
            // Backslashes separate on Windows, the bytes of ignored code points begin with e2 or ef.
            suspicious |= b == '\\' || b == (byte) 0xe2 || b == (byte) 0xef;
        }
        if (!suspicious && !looksClose(data, from, to)) {
            return null;
        }
        return closer(new String(data, from, to - from, StandardCharsets.UTF_8), symlink);
    }

    /** Nearly every name ends here: no dot or git~1 in front, or something harmless behind .git. */
    private static boolean looksClose(byte[] data, int from, int to) {
        byte first = data[from];
        int length = to - from;
        if (first == 'g' || first == 'G') {
            return length >= 5 && data[from + 3] == '~';
        }
        if (first != '.') {
            return false;
        }
        return length < 5 || data[from + 1] == '.' || !isLetter(data[from + 4]) || isModules(data, from, length);
    }

    private static boolean isLetter(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z';
    }

    private static boolean isModules(byte[] data, int from, int length) {
        return length >= 11 && (data[from + 4] == 'm' || data[from + 4] == 'M');
    }

    private static @Nullable String closer(String name, boolean symlink) {
        if (name.equals(".") || name.equals("..")) {
            return "a name is . or ..";
        }
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            if (IGNORED.indexOf(name.charAt(i)) < 0) {
                plain.append(lower(name.charAt(i)));
            }
        }
        if (plain.toString().equals(".git")) {
            return "a name is .git";
        }
        for (String part : name.split("\\\\", -1)) {
            String windows = windows(part);
            if (windows.equals(".git") || windows.equals("git~1")) {
                return "a name is .git";
            }
        }
        if (symlink && (plain.toString().equals(".gitmodules") || windows(name).equals(".gitmodules"))) {
            return ".gitmodules is a symbolic link";
        }
        return null;
    }

    /** As NTFS sees it: case does not matter, nor what follows a colon, nor dots and spaces at the end. */
    private static String windows(String part) {
        int colon = part.indexOf(':');
        int end = colon < 0 ? part.length() : colon;
        while (end > 0 && (part.charAt(end - 1) == '.' || part.charAt(end - 1) == ' ')) {
            end--;
        }
        StringBuilder lower = new StringBuilder();
        for (int i = 0; i < end; i++) {
            lower.append(lower(part.charAt(i)));
        }
        return lower.toString();
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }
}
