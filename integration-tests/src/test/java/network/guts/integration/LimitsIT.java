package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Nodes of which one lets few others in, and whose lists change while it runs. */
class LimitsIT {
    @TempDir
    Path folder;

    private static JsonNode status(GutsNode node) {
        return node.guts().json("status").succeeded().event("status");
    }

    private static boolean isConnected(GutsNode node, GutsNode other) {
        return node.guts().json("peers").succeeded().events().stream()
                .anyMatch(event -> other.peer().equals(event.path("peer").asString()));
    }

    @Test
    void the_status_names_the_limit_that_was_hit_and_the_lists_change_while_the_node_runs() throws IOException {
        Path gate = Files.writeString(folder.resolve("gate.txt"), "# nobody yet\n");
        try (GutsNode node = GutsNode.start(
                        folder.resolve("node"),
                        "--limits-system-connections-inbound",
                        "1",
                        "--gate-file",
                        gate.toString());
                GutsNode first = GutsNode.start(folder.resolve("first"));
                GutsNode second = GutsNode.start(folder.resolve("second"))) {
            first.guts().run("connect", node.address()).succeeded();
            assertThat(second.guts().run("connect", node.address()).exit()).isEqualTo(1);
            JsonNode status = status(node);
            assertThat(status.path("refused").path("system.connections_inbound").asInt())
                    .isPositive();
            JsonNode system = status.path("limits").get(0);
            assertThat(system.path("scope").asString()).isEqualTo("system");
            assertThat(system.path("connections_inbound").path("limit").asInt()).isEqualTo(1);
            assertThat(system.path("connections_inbound").path("used").asInt()).isEqualTo(1);
            assertThat(node.guts().run("status").succeeded().out())
                    .containsPattern("limits +connections 1 of ")
                    .containsPattern("refused +system.connections_inbound: ");

            node.guts().run("gate", "deny", first.peer()).succeeded();
            eventually("the denied one is gone", () -> isConnected(node, first), there -> !there);
            assertThat(first.guts().run("ping", node.address(), "-c", "1").exit())
                    .isEqualTo(1);
            second.guts().run("ping", node.address(), "-c", "1").succeeded();
            assertThat(node.guts().run("gate", "list").succeeded().out())
                    .contains("deny  " + first.peer() + "  (control)");

            Files.writeString(gate, "deny " + second.peer() + " # too\n");
            eventually("the one in the file is gone, too", () -> isConnected(node, second), there -> !there);
            node.guts().run("gate", "remove", first.peer()).succeeded();
            first.guts().run("ping", node.address(), "-c", "1").succeeded();
            Command.Result elsewhere = node.guts().run("gate", "remove", second.peer());
            assertThat(elsewhere.exit()).isEqualTo(3);
            assertThat(elsewhere.err()).contains("is in the list of the file");
            assertThat(status(node).path("refused").path("gate.peer").asInt()).isPositive();

            Files.writeString(gate, "deny everybody\n");
            eventually("the log says why it stays", node::log, log -> log.contains("gate.txt:1:1"));
            assertThat(second.guts().run("ping", node.address(), "-c", "1").exit())
                    .isEqualTo(1);
        }
    }
}
