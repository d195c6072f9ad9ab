package network.guts.node.output;

import java.util.Locale;

/** Figures as people read them. */
public final class Units {
    private Units() {}

    /** {@code 1.5 MiB}. */
    public static String bytes(long bytes) {
        return scaled((double) bytes);
    }

    /** {@code 1.5 MiB/s}. */
    public static String rate(double bytesPerSecond) {
        return scaled(bytesPerSecond) + "/s";
    }

    private static String scaled(double bytes) {
        String[] names = {"B", "KiB", "MiB", "GiB", "TiB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < names.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? String.format(Locale.ROOT, "%.0f B", value)
                : String.format(Locale.ROOT, value < 10 ? "%.2f %s" : "%.1f %s", value, names[unit]);
    }

    /** {@code 850 µs}, {@code 12.3 ms}, {@code 4.2 s}, {@code 3 min 5 s}, {@code 5 h 2 min}, {@code 3 d 4 h}. */
    public static String seconds(double seconds) {
        if (seconds < 0.001) {
            return String.format(Locale.ROOT, "%.0f µs", seconds * 1e6);
        }
        if (seconds < 1) {
            return String.format(Locale.ROOT, "%.1f ms", seconds * 1e3);
        }
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        if (whole < 3600) {
            return whole / 60 + " min " + whole % 60 + " s";
        }
        if (whole < 86_400) {
            return whole / 3600 + " h " + whole % 3600 / 60 + " min";
        }
        return whole / 86_400 + " d " + whole % 86_400 / 3600 + " h";
    }

    /** {@code 1 peer}, {@code 3 peers}. */
    public static String count(long count, String one, String many) {
        return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : many);
    }
}
