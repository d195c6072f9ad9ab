package network.guts.sync.pack;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Git's object format rules: what git fsck calls an error, and names in trees that it only warns about although they
 * are attacks. Blobs have no rules. What is tolerated is written in {@code docs/protocols/packs.md}.
 */
final class ObjectCheck {
    private static final byte[] TREE = ascii("tree ");
    private static final byte[] PARENT = ascii("parent ");
    private static final byte[] AUTHOR = ascii("author ");
    private static final byte[] COMMITTER = ascii("committer ");
    private static final byte[] OBJECT = ascii("object ");
    private static final byte[] TYPE = ascii("type ");
    private static final byte[] TAG = ascii("tag ");
    private static final byte[] TAGGER = ascii("tagger ");

    private final References references;
    private final byte[] id = new byte[20];
    private byte[] data = {};
    private int length;
    private int at;

    ObjectCheck(References references) {
        this.references = references;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Whether objects of this type have a form to check, so that their bytes are needed whole. */
    static boolean isStructured(int type) {
        return type != ObjectType.BLOB.code();
    }

    /** What is wrong with a commit or a tag; null if nothing is. Adds what it names to the references. */
    @Nullable String check(int type, byte[] content, int size) {
        data = content;
        length = size;
        at = 0;
        String wrong = type == ObjectType.COMMIT.code() ? commit() : tag();
        data = id;
        return wrong;
    }

    private @Nullable String commit() {
        String header = header();
        if (header != null) {
            return header;
        }
        if (!skip(TREE)) {
            return "no tree";
        }
        if (!reference(ObjectType.TREE)) {
            return "its tree is no object id";
        }
        while (skip(PARENT)) {
            if (!reference(ObjectType.COMMIT)) {
                return "a parent is no object id";
            }
        }
        int authors = 0;
        while (skip(AUTHOR)) {
            authors++;
            String wrong = identity();
            if (wrong != null) {
                return "author: " + wrong;
            }
        }
        if (authors != 1) {
            return authors == 0 ? "no author" : "several authors";
        }
        if (!skip(COMMITTER)) {
            return "no committer";
        }
        String wrong = identity();
        return wrong == null ? null : "committer: " + wrong;
    }

    private @Nullable String tag() {
        String header = header();
        if (header != null) {
            return header;
        }
        if (!skip(OBJECT)) {
            return "no object";
        }
        int target = at;
        if (!hexId()) {
            return "its object is no object id";
        }
        if (!skip(TYPE)) {
            return "no type";
        }
        int end = lineEnd();
        String word = new String(data, at, end - at, StandardCharsets.US_ASCII);
        ObjectType type = null;
        for (ObjectType candidate : ObjectType.values()) {
            if (candidate.toString().equals(word)) {
                type = candidate;
            }
        }
        if (type == null) {
            return "its type is none";
        }
        int afterType = end + 1;
        at = target;
        reference(type);
        at = afterType;
        if (!skip(TAG)) {
            return "no tag name";
        }
        at = Math.min(length, lineEnd() + 1);
        if (skip(TAGGER)) {
            String wrong = identity();
            return wrong == null ? null : "tagger: " + wrong;
        }
        // Tags of git's first years have no tagger.
        return null;
    }

    /** The header ends with an empty line, or at the end, and has no NUL. */
    private @Nullable String header() {
        for (int i = 0; i < length; i++) {
            if (data[i] == 0) {
                return "a NUL in its header";
            }
            if (data[i] == '\n' && i + 1 < length && data[i + 1] == '\n') {
                return null;
            }
        }
        return length > 0 && data[length - 1] == '\n' ? null : "its header does not end";
    }

    private boolean skip(byte[] word) {
        if (length - at < word.length || !Arrays.equals(data, at, at + word.length, word, 0, word.length)) {
            return false;
        }
        at += word.length;
        return true;
    }

    private int lineEnd() {
        int end = at;
        while (end < length && data[end] != '\n') {
            end++;
        }
        return end;
    }

    private boolean reference(ObjectType type) {
        if (!hexId()) {
            return false;
        }
        references.add(id, 0, type.code());
        return true;
    }

    /** 40 lower-case digits and the end of the line. */
    private boolean hexId() {
        if (length - at < 41 || data[at + 40] != '\n') {
            return false;
        }
        for (int i = 0; i < 20; i++) {
            int high = digit(data[at + 2 * i]);
            int low = digit(data[at + 2 * i + 1]);
            if ((high | low) < 0) {
                return false;
            }
            id[i] = (byte) (high << 4 | low);
        }
        at += 41;
        return true;
    }

    private static int digit(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
    }

    /** {@code Name <address> seconds zone}, to the end of the line. */
    private @Nullable String identity() {
        int end = lineEnd();
        int i = at;
        at = Math.min(length, end + 1);
        if (end == length || i == end) {
            return "cut off";
        }
        if (data[i] == '<') {
            return "no space before the address";
        }
        while (i < end && data[i] != '<' && data[i] != '>') {
            i++;
        }
        if (i == end || data[i] == '>') {
            return "no address";
        }
        if (data[i - 1] != ' ') {
            return "no space before the address";
        }
        i++;
        while (i < end && data[i] != '<' && data[i] != '>') {
            i++;
        }
        if (i == end || data[i] == '<') {
            return "a bad address";
        }
        i++;
        if (i == end || data[i] != ' ') {
            return "no space before the date";
        }
        return date(i + 1, end);
    }

    private @Nullable String date(int from, int end) {
        int i = from;
        // Git's own parser lets spaces lead.
        while (i < end && data[i] == ' ') {
            i++;
        }
        int start = i;
        while (i < end && data[i] >= '0' && data[i] <= '9') {
            i++;
        }
        if (i == start || i == end || data[i] != ' ') {
            return "a bad date";
        }
        if (data[start] == '0' && i - start > 1) {
            return "a date with leading zeros";
        }
        if (i - start > 19) {
            return "a date that overflows";
        }
        i++;
        boolean signed = i < end && (data[i] == '+' || data[i] == '-');
        boolean digits = end - i == 5;
        for (int k = i + 1; digits && k < end; k++) {
            digits = data[k] >= '0' && data[k] <= '9';
        }
        return signed && digits ? null : "a bad time zone";
    }
}
