package network.guts.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import network.guts.node.output.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GutsTest {
    @TempDir
    Path home;

    /** What a command said and how it ended. */
    private record Ended(int code, String out, String err) {}

    private Ended guts(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        List<String> all = new ArrayList<>(List.of("--home", home.toString()));
        all.addAll(List.of(arguments));
        int code = Guts.run(
                all.toArray(new String[0]),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Ended(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void inTwoLines(Ended ended) {
        assertThat(ended.out).isEmpty();
        assertThat(ended.err.lines()).hasSize(2);
        assertThat(ended.err.lines().toList().get(0)).startsWith("error: ");
        assertThat(ended.err.lines().toList().get(1)).startsWith("hint: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status",
                "peers",
                "repos",
                "node stop",
                "dht table",
                "topic list",
                "connect 12D3KooWQeJPPhWTxdCTdngHTJH2hBxyohnafUvRZFZcMXHytt7v",
                "perf 12D3KooWQeJPPhWTxdCTdngHTJH2hBxyohnafUvRZFZcMXHytt7v"
            })
    void withoutANodeReadOnlyCommandsEndWithFive(String command) {
        Ended ended = guts(command.split(" "));
        assertThat(ended.code).isEqualTo(5);
        inTwoLines(ended);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "clone",
                "clone not-a-cid",
                "seed guts://x",
                "providers guts://bafkreiaa?peer=nowhere",
                "ping",
                "perf",
                "perf 12D3KooWQeJPPhWTxdCTdngHTJH2hBxyohnafUvRZFZcMXHytt7v --upload much",
                "node start --allow-perf=perhaps",
                "node",
                "node start --listen nowhere",
                "completion tcsh",
                "demo --nodes 1",
                "clone guts://Qm/../x"
            })
    void wrongUsageEndsWithTwo(String command) {
        Ended ended = guts(command.split(" "));
        assertThat(ended.code).isEqualTo(2);
        inTwoLines(ended);
    }

    @Test
    void withJsonAnErrorIsOneObjectOnStdout() throws Exception {
        for (String[] command :
                new String[][] {{"status", "--json"}, {"nonsense", "--json"}, {"clone", "--json", "x"}}) {
            Ended ended = guts(command);
            assertThat(ended.err).isEmpty();
            assertThat(ended.out.lines()).hasSize(1);
            Event event = Event.parse(ended.out.strip());
            assertThat(event.name()).isEqualTo("error");
            assertThat(event.number("code")).isEqualTo(ended.code);
            assertThat(event.text("message")).isNotEmpty();
            assertThat(event.text("hint")).isNotEmpty();
        }
    }

    @Test
    void whatARemoteOrAUserWroteIsEscaped() {
        Ended ended = guts("clone", "guts://\u001b[31mred");
        assertThat(ended.err).doesNotContain("\u001b").contains("\\u{1b}");
    }

    @Test
    void configurationMistakesEndWithTwoAndSayWhere() throws Exception {
        Files.writeString(home.resolve("config.toml"), "network = \"private\"\n\nlisten = [\"nowhere\"]\n");
        Ended ended = guts("config", "check");
        assertThat(ended.code).isEqualTo(2);
        assertThat(ended.err).contains("config.toml:3:1");
        inTwoLines(ended);
    }

    @Test
    void configShowSaysWhereValuesComeFrom() throws Exception {
        Files.writeString(home.resolve("config.toml"), "max_connections = 9\n");
        Ended ended = guts("config", "show", "--json");
        Event event = Event.parse(ended.out.strip());
        assertThat(event.name()).isEqualTo("config");
        assertThat(event.number("max_connections")).isEqualTo(9);
        assertThat(event.object("sources").text("MAX_CONNECTIONS")
                        + event.object("sources").text("max_connections"))
                .endsWith("config.toml:1:1");
    }

    @Test
    void keyShowNeedsAHome() {
        assertThat(guts("key", "show").code).isEqualTo(3);
    }

    @Test
    void publishNeedsAGitRepository() {
        Ended ended = guts("publish", home.toString());
        assertThat(ended.code).isEqualTo(1);
        assertThat(ended.err).contains("is no git repository");
        inTwoLines(ended);
    }

    @Test
    void versionAndHelp() {
        assertThat(guts("--version").out).isEqualTo("guts 0.1.0" + System.lineSeparator());
        assertThat(guts("version").out.strip()).isEqualTo("guts 0.1.0");
        Ended help = guts("--help");
        assertThat(help.code).isZero();
        assertThat(help.out).contains("clone", "publish", "seed", "demo");
    }

    @Test
    void everyCommandHasHelp() {
        Guts.commandLine(System.out, System.err).getSubcommands().forEach((name, command) -> {
            assertThat(guts(name, "--help").code).as(name).isZero();
            command.getSubcommands()
                    .keySet()
                    .forEach(below -> assertThat(guts(name, below, "--help").code)
                            .as(name + " " + below)
                            .isZero());
        });
    }
}
