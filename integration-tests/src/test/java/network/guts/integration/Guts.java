package network.guts.integration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The real program of this checkout, with a home of its own: every call is a process. */
final class Guts {
    private static final Path TOP = top();

    private final Path home;

    Guts(Path home) {
        this.home = home;
    }

    Path home() {
        return home;
    }

    /** The folder that holds {@code guts} and {@code git-remote-guts}. */
    static Path top() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isExecutable(at.resolve("guts"))) {
                return at;
            }
        }
        throw new IllegalStateException("no ./guts above " + Path.of("").toAbsolutePath());
    }

    static List<String> words(String... arguments) {
        List<String> words = new ArrayList<>();
        words.add(TOP.resolve("guts").toString());
        words.addAll(List.of(arguments));
        return words;
    }

    /** {@code guts ARGUMENTS} with this home. */
    Command.Result run(String... arguments) {
        return command(TOP).run(words(arguments));
    }

    /** {@code guts --json ARGUMENTS}: the events are on stdout. */
    Command.Result json(String... arguments) {
        List<String> words = words(arguments);
        words.add(1, "--json");
        return command(TOP).run(words);
    }

    /** Plain git in {@code folder}; it finds the remote helper, which finds this home. */
    Command.Result git(Path folder, String... arguments) {
        List<String> words = new ArrayList<>(List.of("git"));
        words.addAll(List.of(arguments));
        return command(folder).run(words);
    }

    /** A node that a command starts by itself has this network as well: no test may reach anybody outside. */
    Command command(Path folder) {
        return Command.in(folder)
                .with("GUTS_HOME", home.toString())
                .with("GUTS_NETWORK", "private")
                .with("GUTS_LISTEN", "/ip4/127.0.0.1/tcp/0")
                .with("PATH", TOP + ":" + System.getenv("PATH"))
                .within(Duration.ofMinutes(3));
    }
}
