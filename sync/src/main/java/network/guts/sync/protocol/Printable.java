package network.guts.sync.protocol;

/** A remote's text, made safe for logs and terminals. */
public final class Printable {
    /** Nobody reads more of a stranger's words. */
    private static final int MAX = 200;

    private Printable() {}

    /** {@code text} with control characters and what could steer a terminal as {@code ?}, cut to a line. */
    public static String of(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints()
                .limit(MAX)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .forEach(safe::appendCodePoint);
        return safe.toString();
    }
}
