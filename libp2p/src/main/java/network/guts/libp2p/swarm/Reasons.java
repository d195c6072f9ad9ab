package network.guts.libp2p.swarm;

import java.io.IOException;

/** Reasons of failures as text that can be shown: a remote may have had a word in it. */
public final class Reasons {
    private static final int MAX = 200;

    private Reasons() {}

    public static String of(IOException failure) {
        String message = failure.getMessage();
        return printable(
                message == null || message.isBlank() ? failure.getClass().getSimpleName() : message, MAX);
    }

    /** {@code text} without what could move a cursor, and not endless. */
    public static String printable(String text, int max) {
        StringBuilder clean = new StringBuilder();
        text.codePoints().limit(max).forEach(c -> {
            boolean harmless = c >= 0x20 && c < 0x7f
                    || c > 0xa0
                            && Character.isDefined(c)
                            && Character.getType(c) != Character.FORMAT
                            && Character.getType(c) != Character.SURROGATE
                            && Character.getType(c) != Character.LINE_SEPARATOR
                            && Character.getType(c) != Character.PARAGRAPH_SEPARATOR;
            clean.appendCodePoint(harmless ? c : '?');
        });
        return clean.toString();
    }
}
