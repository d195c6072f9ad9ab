package network.guts.node.output;

/**
 * Makes text harmless on a terminal and in a log. Whatever came from a remote passes here: control characters (escape
 * sequences, line breaks), characters that turn the direction of text, and unpaired surrogates are written as
 * {@code \\u{…}}.
 */
public final class Printable {
    /** Longer texts of a remote are cut: a line on a terminal has no use for more. */
    public static final int MAX_LENGTH = 1_000;

    private Printable() {}

    /** One line of {@code text}, cut at {@link #MAX_LENGTH}. */
    public static String line(String text) {
        String shown = escape(text);
        return shown.length() <= MAX_LENGTH ? shown : shown.substring(0, MAX_LENGTH) + "…";
    }

    /** {@code text} with everything escaped that is not plainly visible; not cut. */
    public static String escape(String text) {
        StringBuilder safe = null;
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            int width = Character.charCount(point);
            if (harmless(point)) {
                if (safe != null) {
                    safe.appendCodePoint(point);
                }
            } else {
                if (safe == null) {
                    safe = new StringBuilder(text.length() + 16).append(text, 0, at);
                }
                safe.append("\\u{").append(Integer.toHexString(point)).append('}');
            }
            at += width;
        }
        return safe == null ? text : safe.toString();
    }

    private static boolean harmless(int point) {
        if (point >= 0x20 && point < 0x7f) {
            return true;
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
