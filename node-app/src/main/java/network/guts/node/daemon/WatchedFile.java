package network.guts.node.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is looked at every {@link #INTERVAL}. What cannot be used changes nothing, so that a file that is being
 * written, or is gone, does no harm.
 *
 * @param <T> what is read from it
 */
final class WatchedFile<T> implements AutoCloseable {
    /** A few kilobytes read so often cost nothing, and find a change however the file was replaced. */
    static final Duration INTERVAL = Duration.ofSeconds(2);

    /** Room for ten thousand lines with remarks. */
    private static final long MAX_FILE = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);

    /** Reads it all. */
    @FunctionalInterface
    interface Reader<T> {
        /**
         * @throws Failure if it cannot be used
         */
        T read() throws Failure;
    }

    /**
     * A line that is not empty, without its remark.
     *
     * @param place the file and the line, for messages
     */
    record Line(String text, String place) {}

    private final String what;
    private final Reader<T> reader;
    private final Consumer<T> changed;
    private final Thread thread;
    private T current;
    private String problem = "";

    /**
     * @param what is in it, for the log
     * @param current what was read at the start
     * @param changed hears of it whenever it is another than before
     */
    WatchedFile(String what, Reader<T> reader, T current, Consumer<T> changed) {
        this.what = what;
        this.reader = reader;
        this.current = current;
        this.changed = changed;
        this.thread = Thread.ofVirtual().name("watch-" + what).unstarted(this::run);
    }

    WatchedFile<T> start() {
        thread.start();
        return this;
    }

    /**
     * The lines of a file; {@code #} begins a remark.
     *
     * @param what is in it
     * @param key of the configuration that names it
     * @throws Failure USAGE if it is not there, not readable or too large
     */
    static List<Line> lines(Path file, String what, String key) throws Failure {
        List<Line> lines = new ArrayList<>();
        try {
            if (Files.size(file) > MAX_FILE) {
                throw new IOException("it has more than " + MAX_FILE + " bytes");
            }
            int number = 0;
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                number++;
                String text = line.replaceFirst("#.*", "").strip();
                if (!text.isEmpty()) {
                    lines.add(new Line(text, file + ":" + number + ":1"));
                }
            }
            return lines;
        } catch (NoSuchFileException e) {
            throw new Failure(ExitCode.USAGE, "there is no file of " + what + " at " + file, "see " + key, e);
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, "cannot read the " + what + " in " + file + ": " + e, "see " + key, e);
        }
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                look();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            T now = reader.read();
            problem = "";
            if (!now.equals(current)) {
                current = now;
                changed.accept(now);
            }
        } catch (Failure e) {
            // Once for each problem, not every two seconds.
            if (!problem.equals(e.message())) {
                problem = e.message();
                LOG.error("the {} stay as they were: {}", what, problem);
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
