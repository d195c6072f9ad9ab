package network.guts.node.helper;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** Calls git for the helper: in the user's repository, which git named in the environment, or in another. */
final class GitProcess {
    /** What ties a call to the user's repository, as {@code git rev-parse --local-env-vars} lists it. */
    private static final List<String> LOCAL_VARIABLES = List.of(
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_CONFIG",
            "GIT_CONFIG_PARAMETERS",
            "GIT_CONFIG_COUNT",
            "GIT_OBJECT_DIRECTORY",
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_IMPLICIT_WORK_TREE",
            "GIT_GRAFT_FILE",
            "GIT_INDEX_FILE",
            "GIT_NO_REPLACE_OBJECTS",
            "GIT_REPLACE_REF_BASE",
            "GIT_PREFIX",
            "GIT_SHALLOW_FILE",
            "GIT_COMMON_DIR");

    private GitProcess() {}

    /** A call in the user's repository. */
    static ProcessBuilder inUsers(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    /** A call that knows nothing of the user's repository. */
    static ProcessBuilder elsewhere(Path folder, List<String> arguments) {
        ProcessBuilder builder = inUsers(arguments).directory(folder.toFile());
        LOCAL_VARIABLES.forEach(builder.environment()::remove);
        return builder;
    }

    /** Runs with {@code input} on stdin; stdout as text. */
    static String run(ProcessBuilder builder, String input) throws IOException, Failure, InterruptedException {
        Process process = builder.start();
        Thread writer = Thread.ofVirtual().start(() -> feed(process, input));
        String text;
        try (var stdout = process.getInputStream()) {
            text = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
        }
        writer.join();
        int exit = process.waitFor();
        if (exit != 0) {
            throw failed(builder, exit);
        }
        return text;
    }

    private static void feed(Process process, String input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException ended) {
            // It stopped reading: its exit code says why.
            process.destroy();
        }
    }

    /** Runs two calls, the first one's stdout into the second. */
    static void pipe(ProcessBuilder from, String input, ProcessBuilder to)
            throws IOException, Failure, InterruptedException {
        to.redirectOutput(ProcessBuilder.Redirect.to(new File("/dev/null")));
        List<Process> processes = ProcessBuilder.startPipeline(List.of(from, to));
        feed(processes.getFirst(), input);
        int first = processes.getFirst().waitFor();
        int second = processes.getLast().waitFor();
        if (first != 0) {
            throw failed(from, first);
        }
        if (second != 0) {
            throw failed(to, second);
        }
    }

    private static Failure failed(ProcessBuilder builder, int exit) {
        String words = builder.command().stream()
                .limit(2)
                .reduce((a, b) -> a + " " + b)
                .orElse("git");
        return new Failure(ExitCode.FAILED, words + " ended with exit code " + exit, "see what it said above");
    }
}
