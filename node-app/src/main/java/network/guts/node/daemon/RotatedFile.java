package network.guts.node.daemon;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * A log file that always has the same name: when it is full it becomes {@code NAME.1}, and that {@code NAME.2}. (The
 * handler of java.util.logging gives the newest one a number as well.) A disk that is full costs records, nothing else.
 */
final class RotatedFile extends Handler {
    private final Path path;
    private final long maxBytes;
    private final int files;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable OutputStream out;
    private long size;

    /**
     * Opens {@code path}, behind what it holds.
     *
     * @param maxBytes of one file; a record that is longer has a file of its own
     * @param files how many are kept, this one included
     * @throws IOException if it cannot be written
     */
    RotatedFile(Path path, long maxBytes, int files) throws IOException {
        this.path = path;
        this.maxBytes = maxBytes;
        this.files = files;
        open();
    }

    private OutputStream open() throws IOException {
        OutputStream opened = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        out = opened;
        size = Files.size(path);
        return opened;
    }

    @Override
    public void publish(LogRecord entry) {
        if (!isLoggable(entry)) {
            return;
        }
        byte[] line = getFormatter().format(entry).getBytes(StandardCharsets.UTF_8);
        lock.lock();
        try {
            OutputStream target = out;
            if (target == null) {
                return;
            }
            if (size > 0 && size + line.length > maxBytes) {
                target.close();
                rotate();
                target = open();
            }
            target.write(line);
            size += line.length;
        } catch (IOException e) {
            reportError("the log cannot be written", e, ErrorManager.WRITE_FAILURE);
        } finally {
            lock.unlock();
        }
    }

    private Path numbered(int number) {
        return number == 0 ? path : path.resolveSibling(path.getFileName() + "." + number);
    }

    private void rotate() throws IOException {
        for (int number = files - 2; number >= 0; number--) {
            if (Files.exists(numbered(number))) {
                Files.move(numbered(number), numbered(number + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Every record is written at once. */
    @Override
    public void flush() {}

    @Override
    public void close() {
        lock.lock();
        try {
            OutputStream open = out;
            out = null;
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            reportError("the log cannot be closed", e, ErrorManager.CLOSE_FAILURE);
        } finally {
            lock.unlock();
        }
    }
}
