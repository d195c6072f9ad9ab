package network.guts.integration;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A running node of the real program: a process of its own, on loopback, in a private network. */
final class GutsNode implements AutoCloseable {
    private static final int READY_SECONDS = 60;

    private final Guts guts;
    private final Process process;
    private final JsonNode ready;

    private GutsNode(Guts guts, Process process, JsonNode ready) {
        this.guts = guts;
        this.process = process;
        this.ready = ready;
    }

    /** Starts a node on a free port and waits until it can be used. */
    static GutsNode start(Path home, String... arguments) {
        return listening(home, "/ip4/127.0.0.1/tcp/0", arguments);
    }

    /** The same, on another address of loopback. */
    static GutsNode listening(Path home, String address, String... arguments) {
        Guts guts = new Guts(home);
        List<String> words = Guts.words("--json", "node", "start", "--network", "private", "--listen", address);
        words.addAll(List.of(arguments));
        return start(guts, guts.command(home).builder(words), line -> {});
    }

    /**
     * Starts any process that is a node: its first line is the {@code ready} event.
     *
     * @param events gets each line after the first, on a thread of its own
     */
    static GutsNode start(Guts guts, ProcessBuilder builder, Consumer<String> events) {
        Path home = guts.home();
        try {
            Files.createDirectories(home);
            Process process = builder.redirectError(ProcessBuilder.Redirect.appendTo(
                            home.resolveSibling(home.getFileName() + ".stderr").toFile()))
                    .start();
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            CompletableFuture<String> first = new CompletableFuture<>();
            // A virtual thread that reads a pipe keeps its carrier: a few nodes would stop all others.
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    first.complete(String.valueOf(out.readLine()));
                    out.lines().forEach(events);
                } catch (IOException | UncheckedIOException e) {
                    first.completeExceptionally(e);
                }
            });
            String line = first.get(READY_SECONDS, TimeUnit.SECONDS);
            JsonNode event = "null".equals(line) ? null : Command.JSON.readTree(line);
            if (event == null || !"ready".equals(event.path("event").asString())) {
                throw new AssertionError("the node did not start: " + line + "\n"
                        + Files.readString(home.resolveSibling(home.getFileName() + ".stderr")));
            }
            return new GutsNode(guts, process, event);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException("node in " + home + " did not get ready", e);
        }
    }

    Guts guts() {
        return guts;
    }

    long pid() {
        return process.pid();
    }

    String peer() {
        return ready.path("peer").asString();
    }

    /** The first address, with {@code /p2p/…}. */
    String address() {
        String address = ready.path("addresses").get(0).asString();
        return address.contains("/p2p/") ? address : address + "/p2p/" + peer();
    }

    /** The same without {@code /p2p/…}: to listen there again. */
    String listenAddress() {
        return address().replaceFirst("/p2p/.*", "");
    }

    /** {@code kill -9}: no goodbye, no flush. */
    void kill() {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(handle -> handle.onExit().join());
    }

    /** A line on the process's standard input, for those that read it. */
    void tell(String line) {
        try {
            Writer in = process.outputWriter(StandardCharsets.UTF_8);
            in.write(line + "\n");
            in.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Memory of the process, as the kernel counts it. */
    long residentBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum()
                    * 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Open files, sockets and pipes of the process. */
    int descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid()), "fd"))) {
            return (int) all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the node has logged until now. */
    String log() {
        try {
            return Files.readString(guts.home().resolve("log/node.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            process.destroy();
            try {
                if (process.waitFor(20, TimeUnit.SECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            kill();
        }
    }
}
