package network.guts.sync.pack;

import java.nio.charset.StandardCharsets;

/** The four kinds of git objects, with their numbers in a pack. */
public enum ObjectType {
    COMMIT(1),
    TREE(2),
    BLOB(3),
    TAG(4);

    private static final ObjectType[] BY_CODE = {null, COMMIT, TREE, BLOB, TAG};

    private final int code;
    private final String text;

    ObjectType(int code) {
        this.code = code;
        this.text = switch (code) {
            case 1 -> "commit";
            case 2 -> "tree";
            case 3 -> "blob";
            default -> "tag";
        };
    }

    /** Its number in a pack entry's header, 1 to 4. */
    public int code() {
        return code;
    }

    /** The word that an object's id is computed with. */
    byte[] word() {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static ObjectType of(int code) {
        return BY_CODE[code];
    }

    /** commit, tree, blob or tag. */
    @Override
    public String toString() {
        return text;
    }
}
