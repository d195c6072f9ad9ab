package network.guts.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs a program to its end, bounded in time, in an environment without the surprises of the caller's. */
final class Command {
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    /** What a program left behind. */
    record Result(List<String> command, int exit, String out, String err) {
        /** The events on stdout: one JSON object a line and nothing else. */
        List<JsonNode> events() {
            return out.lines().map(JSON::readTree).toList();
        }

        JsonNode event(String name) {
            return events().stream()
                    .filter(event -> name.equals(event.path("event").asString()))
                    .reduce((first, last) -> last)
                    .orElseThrow(() -> new AssertionError("no event '" + name + "' from " + this));
        }

        Result succeeded() {
            if (exit != 0) {
                throw new AssertionError("expected exit 0 of " + this);
            }
            return this;
        }

        String line() {
            return out.strip();
        }

        @Override
        public String toString() {
            return String.join(" ", command) + "\nexit " + exit + "\nstdout:\n" + out + "\nstderr:\n" + err;
        }
    }

    private final Path folder;
    private final Map<String, String> environment = new TreeMap<>();
    private Duration timeout = TIMEOUT;

    private Command(Path folder) {
        this.folder = folder;
    }

    static Command in(Path folder) {
        return new Command(folder);
    }

    Command with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Command within(Duration limit) {
        this.timeout = limit;
        return this;
    }

    Result run(String... words) {
        return run(List.of(words));
    }

    Result run(List<String> words) {
        try {
            Path out = Files.createTempFile("command", ".out");
            Path err = Files.createTempFile("command", ".err");
            try {
                Process process = builder(words)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly().waitFor();
                }
                Result result = new Result(words, process.exitValue(), read(out), read(err));
                if (!ended) {
                    throw new AssertionError("not done after " + timeout + ": " + result);
                }
                return result;
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + words, e);
        }
    }

    /** The process itself, for what is watched or killed while it runs. */
    ProcessBuilder builder(List<String> words) {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(words)).directory(folder.toFile());
        Map<String, String> environmentOfProcess = builder.environment();
        environmentOfProcess.keySet().removeIf(name -> name.startsWith("GIT_") || name.startsWith("GUTS_"));
        environmentOfProcess.put("GIT_CONFIG_NOSYSTEM", "1");
        environmentOfProcess.put("GIT_CONFIG_GLOBAL", "/dev/null");
        environmentOfProcess.put("GIT_TERMINAL_PROMPT", "0");
        for (String who : List.of("AUTHOR", "COMMITTER")) {
            environmentOfProcess.put("GIT_" + who + "_NAME", "Ada");
            environmentOfProcess.put("GIT_" + who + "_EMAIL", "ada@example.org");
        }
        environmentOfProcess.putAll(environment);
        return builder.redirectInput(new java.io.File("/dev/null"));
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
