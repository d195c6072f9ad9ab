package network.guts.sync.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** The real git. */
public final class Git {
    private Git() {}

    /** Runs git in {@code folder}; the output without white space at its end. */
    public static String run(Path folder, String... arguments) throws IOException {
        Result result = attempt(folder, arguments);
        if (result.code() != 0) {
            throw new IOException("git " + String.join(" ", arguments) + ": " + result.output());
        }
        return result.output();
    }

    /** How a run ended. */
    public record Result(int code, String output) {}

    public static Result attempt(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
        for (String who : List.of("AUTHOR", "COMMITTER")) {
            builder.environment().put("GIT_" + who + "_NAME", "Test");
            builder.environment().put("GIT_" + who + "_EMAIL", "test@example.org");
            builder.environment().put("GIT_" + who + "_DATE", "1700000000 +0000");
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("git does not end");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return new Result(process.exitValue(), output.stripTrailing());
    }

    /** A repository with a history, a tag, a branch, and {@code mebibytes} that cannot be compressed. */
    public static Path repository(Path folder, int mebibytes) throws IOException {
        Files.createDirectories(folder);
        run(folder, "init", "-q", "-b", "main");
        for (int at = 0; at < 3; at++) {
            commit(folder, "file" + at + ".txt", "line " + at + "\n");
        }
        SplittableRandom random = new SplittableRandom(5);
        for (int at = 0; at < mebibytes; at++) {
            byte[] data = new byte[1 << 20];
            random.nextBytes(data);
            Files.write(folder.resolve("blob" + at), data);
        }
        if (mebibytes > 0) {
            run(folder, "add", ".");
            run(folder, "commit", "-qm", "blobs");
        }
        run(folder, "tag", "-a", "v1", "-m", "first");
        run(folder, "branch", "topic", "HEAD~1");
        return folder;
    }

    public static String commit(Path folder, String file, String content) throws IOException {
        Files.writeString(folder.resolve(file), content);
        run(folder, "add", ".");
        run(folder, "commit", "-qm", "change " + file);
        return run(folder, "rev-parse", "HEAD");
    }

    /** All branches and tags with what they name. */
    public static String refs(Path folder) throws IOException {
        return run(folder, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags");
    }
}
