package network.guts.node.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** Keeps a second node out of a home. The system releases it when the process ends, however it ends. */
final class HomeLock implements AutoCloseable {
    private final FileChannel file;

    private HomeLock(FileChannel file) {
        this.file = file;
    }

    /**
     * @throws Failure FAILED if another node has it
     */
    static HomeLock take(Home home) throws Failure {
        FileChannel file = null;
        try {
            file = FileChannel.open(home.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock(file)) {
                file.truncate(0);
                file.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)));
                HomeLock taken = new HomeLock(file);
                file = null;
                return taken;
            }
            throw new Failure(
                    ExitCode.FAILED,
                    "another node runs in " + home.path() + " (process " + owner(home) + ")",
                    "stop it with: guts node stop, or give this one a home of its own with --home");
        } catch (IOException e) {
            throw home.notWritable(e);
        } finally {
            closeQuietly(file);
        }
    }

    private static boolean lock(FileChannel file) throws IOException {
        try {
            FileLock lock = file.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException inThisProcess) {
            return false;
        }
    }

    private static String owner(Home home) throws IOException {
        String pid = Files.readString(home.lock()).strip();
        return pid.matches("\\d{1,10}") ? pid : "unknown";
    }

    private static void closeQuietly(@org.jspecify.annotations.Nullable FileChannel file) throws Failure {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            throw Failure.of(e, "closing the lock");
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
