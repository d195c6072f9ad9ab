package network.guts.sync.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/** What a ref may be called: the rules of {@code git check-ref-format}, and the folders that are signed. */
public final class RefName {
    public static final String HEADS = "refs/heads/";
    public static final String TAGS = "refs/tags/";
    public static final String NOTES = "refs/notes/";

    /** The order in which refs are signed: by the bytes of their names in UTF-8. */
    public static final Comparator<String> BY_BYTES =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private RefName() {}

    /** True if a delegate may sign a ref of this name. */
    public static boolean isSignable(String name) {
        return (name.startsWith(HEADS) || name.startsWith(TAGS) || name.startsWith(NOTES)) && isWellFormed(name);
    }

    /** True if {@code git check-ref-format} takes {@code name}, and it is not longer than a signed name may be. */
    public static boolean isWellFormed(String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length > RefsBody.MAX_REF_NAME
                || name.indexOf('/') < 0
                || name.endsWith(".")
                || name.contains("..")
                || name.contains("@{")) {
            return false;
        }
        for (String component : name.split("/", -1)) {
            if (component.isEmpty() || component.startsWith(".") || component.endsWith(".lock")) {
                return false;
            }
        }
        return name.chars().noneMatch(RefName::isForbidden);
    }

    private static boolean isForbidden(int character) {
        return character <= ' ' || character == 0x7f || "~^:?*[\\".indexOf(character) >= 0;
    }
}
