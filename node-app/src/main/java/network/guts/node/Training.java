package network.guts.node;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import network.guts.node.cli.Guts;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.daemon.Home;
import network.guts.node.daemon.NodeRuntime;
import network.guts.node.output.Failure;

/** A run whose only purpose is to load classes: a node that nobody can reach, and some commands that ask it. */
final class Training {
    private Training() {}

    static int run() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        try {
            Path folder = Files.createTempDirectory("guts-training-");
            ConfigLoader.Loaded loaded = ConfigLoader.load(
                    folder.resolve("config.toml"),
                    Map.of(),
                    Map.of(Key.NETWORK, List.of("training"), Key.LISTEN, List.of("/ip4/127.0.0.1/tcp/0")));
            int worst = 0;
            try (NodeRuntime node =
                    NodeRuntime.start(new Home(folder), loaded.config(), NodeRuntime.Options.ORDINARY)) {
                for (String command : List.of("status", "peers", "repos", "config show", "version", "clone --help")) {
                    String[] words = ("--home " + node.home().path() + " " + command).split(" ");
                    worst = Math.max(worst, Guts.run(words, nowhere, nowhere));
                }
            }
            try (var files = Files.walk(folder)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
            return worst;
        } catch (IOException | Failure e) {
            System.err.println("training: " + e.getMessage());
            return 1;
        }
    }
}
