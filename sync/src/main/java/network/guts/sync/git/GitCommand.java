package network.guts.sync.git;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs the user's git: in an environment without git's own variables, without prompts, replacements, grafts and any way
 * to the network, for a bounded time.
 */
final class GitCommand {
    /** Work over a whole repository; a large one takes minutes. */
    static final Duration LONG = Duration.ofHours(2);

    /** Answers that read a few files. */
    static final Duration SHORT = Duration.ofMinutes(2);

    /** What Java adds to the number of a signal that ended a process. */
    private static final int SIGNAL = 128;

    /** SIGXFSZ of Linux: a file would have become larger than the process may make one. */
    private static final int TOO_LARGE = 25;

    private static final int MAX_ERROR_TEXT = 4096;
    private static final int MAX_OUTPUT = 256 << 20;

    private final Path folder;
    private final Duration timeout;

    GitCommand(Path folder, Duration timeout) {
        this.folder = folder;
        this.timeout = timeout;
    }

    /**
     * What git answered.
     *
     * @param output of stdout; empty if that went to a file
     * @param error the end of stderr, printable
     */
    record Result(int code, String output, String error) {
        boolean ok() {
            return code == 0;
        }

        List<String> lines() {
            return output.lines().toList();
        }

        /** The last thing git complained of, in one line. */
        String complaint() {
            if (code > SIGNAL) {
                int signal = code - SIGNAL;
                return "git was ended by signal " + signal + (signal == TOO_LARGE ? " (File too large)" : "");
            }
            List<String> lines = error.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("hint:"))
                    .toList();
            for (int i = lines.size() - 1; i >= 0; i--) {
                if (lines.get(i).startsWith("fatal: ") || lines.get(i).startsWith("error: ")) {
                    return lines.get(i);
                }
            }
            return lines.isEmpty() ? "exit code " + code : lines.getLast();
        }
    }

    Result run(List<String> arguments) throws IOException {
        return run(arguments, "", null);
    }

    /**
     * @param input for stdin
     * @param output where stdout goes; null: into the result
     * @throws IOException if there is no git, or it takes too long
     */
    Result run(List<String> arguments, String input, @Nullable Path output) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        clean(builder.environment());
        if (output != null) {
            builder.redirectOutput(output.toFile());
        }
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException("git cannot be run; is it installed and on the PATH?", e);
        }
        try {
            FutureTask<byte[]> out = start(() -> drain(process.getInputStream(), MAX_OUTPUT));
            FutureTask<byte[]> error = start(() -> tail(process.getErrorStream()));
            FutureTask<Boolean> in = start(() -> feed(process.getOutputStream(), input));
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("git " + arguments.getFirst() + " took longer than " + timeout);
            }
            in.get();
            return new Result(
                    process.exitValue(), new String(out.get(), StandardCharsets.UTF_8), printable(error.get()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while git ran");
        } catch (ExecutionException e) {
            throw new IOException("git " + arguments.getFirst() + " cannot be talked to", e.getCause());
        } finally {
            process.destroyForcibly();
        }
    }

    /** Git's own variables would point it elsewhere: this may run inside a hook or a remote helper. */
    private static void clean(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("GIT_"));
        environment.put("GIT_TERMINAL_PROMPT", "0");
        environment.put("GIT_OPTIONAL_LOCKS", "0");
        environment.put("GIT_NO_REPLACE_OBJECTS", "1");
        environment.put("GIT_GRAFT_FILE", "/dev/null");
        environment.put("GIT_NO_LAZY_FETCH", "1");
        // Older versions do not know the line above; none of them has a protocol of this name.
        environment.put("GIT_ALLOW_PROTOCOL", "none");
        environment.put("LC_ALL", "C");
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        // A virtual thread keeps its carrier while it reads a pipe: as many as there are cores, and the node stands
        // still.
        Thread.ofPlatform().daemon().name("git").start(task);
        return task;
    }

    private static byte[] drain(InputStream stream, int limit) throws IOException {
        byte[] bytes = stream.readNBytes(limit);
        if (stream.read() >= 0) {
            throw new IOException("more than " + limit + " bytes of output");
        }
        return bytes;
    }

    private static byte[] tail(InputStream stream) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        byte[] piece = new byte[MAX_ERROR_TEXT];
        for (int count = stream.read(piece); count >= 0; count = stream.read(piece)) {
            if (kept.size() + count > 2 * MAX_ERROR_TEXT) {
                byte[] all = kept.toByteArray();
                kept.reset();
                kept.write(
                        all, all.length - Math.min(all.length, MAX_ERROR_TEXT), Math.min(all.length, MAX_ERROR_TEXT));
            }
            kept.write(piece, 0, count);
        }
        return kept.toByteArray();
    }

    /** True if all was taken: git may end before, and then its exit code tells why. */
    private static boolean feed(OutputStream stream, String input) {
        try (stream) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String printable(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        new String(bytes, StandardCharsets.UTF_8)
                .codePoints()
                .forEach(c -> text.appendCodePoint(c == '\n' || !Character.isISOControl(c) ? c : '?'));
        return text.toString();
    }
}
