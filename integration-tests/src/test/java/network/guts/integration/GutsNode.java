package network.guts.integration;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
        try {
            Files.createDirectories(home);
            Process process = guts.command(home)
                    .builder(words)
                    .redirectError(ProcessBuilder.Redirect.appendTo(
                            home.resolveSibling(home.getFileName() + ".stderr").toFile()))
                    .start();
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            CompletableFuture<String> first = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    first.complete(String.valueOf(out.readLine()));
                    out.transferTo(java.io.Writer.nullWriter());
                } catch (IOException e) {
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
