package network.guts.node.output;

import java.util.Locale;

/** A {@code progress} event in words: phase, bytes, objects, providers, rate, time left. */
final class ProgressLine {
    private ProgressLine() {}

    static String of(Event progress) {
        StringBuilder line = new StringBuilder(progress.text("phase"));
        long bytes = progress.number("bytes");
        long totalBytes = progress.number("total_bytes");
        long objects = progress.number("objects");
        long totalObjects = progress.number("total_objects");
        double rate = progress.real("bytes_per_second");
        if (totalBytes > 0) {
            line.append(String.format(Locale.ROOT, " %3.0f%%", 100.0 * bytes / totalBytes));
        }
        if (bytes > 0 || totalBytes > 0) {
            line.append(" · ").append(Units.bytes(bytes));
            if (totalBytes > 0) {
                line.append(" of ").append(Units.bytes(totalBytes));
            }
        }
        if (objects > 0 || totalObjects > 0) {
            line.append(String.format(Locale.ROOT, " · %,d", objects));
            if (totalObjects > 0) {
                line.append(String.format(Locale.ROOT, " of %,d", totalObjects));
            }
            line.append(" objects");
        }
        if (progress.number("providers") > 0) {
            line.append(" · ").append(Units.count(progress.number("providers"), "provider", "providers"));
        }
        if (rate > 0) {
            line.append(" · ").append(Units.rate(rate));
            if (totalBytes > bytes) {
                line.append(" · ")
                        .append(Units.seconds((totalBytes - bytes) / rate))
                        .append(" left");
            }
        }
        return line.toString();
    }
}
