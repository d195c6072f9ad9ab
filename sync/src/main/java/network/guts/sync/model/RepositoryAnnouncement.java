package network.guts.sync.model;

import java.nio.charset.StandardCharsets;
import network.guts.core.Bytes;

/**
 * A delegate's word, for those who list or mirror everything, that a repository exists.
 *
 * @param identity hash of the newest revision
 * @param summary a line for lists, at most {@link #MAX_SUMMARY} bytes of UTF-8
 */
public record RepositoryAnnouncement(RepositoryId repository, Bytes identity, String summary) {
    /** A line or two. */
    public static final int MAX_SUMMARY = 512;

    /** {@code text} as a summary: one line, cut where it is too long. */
    public static String summary(String text) {
        String line = text.strip().replaceAll("[\\p{Cntrl}\\s]+", " ");
        StringBuilder summary = new StringBuilder();
        int bytes = 0;
        for (int c : line.codePoints().toArray()) {
            bytes += Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_SUMMARY) {
                break;
            }
            summary.appendCodePoint(c);
        }
        return summary.toString();
    }
}
