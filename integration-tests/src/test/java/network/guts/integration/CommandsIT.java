package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The commands for Kademlia and GossipSub by hand, for peers, and the scripts for shells. */
class CommandsIT {
    private static final String KEY = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

    @TempDir
    static Path folder;

    private static GutsNode first;
    private static GutsNode second;
    private static GutsNode third;

    @BeforeAll
    static void start() {
        first = GutsNode.start(folder.resolve("first"), "--dht", "server");
        second = GutsNode.start(folder.resolve("second"), "--dht", "server", "--bootstrap", first.address());
        third = GutsNode.start(folder.resolve("third"), "--dht", "server", "--bootstrap", first.address());
        for (GutsNode node : List.of(first, second, third)) {
            eventually(
                    "everybody is in everybody's table",
                    () -> node.guts()
                            .json("dht", "table")
                            .succeeded()
                            .event("done")
                            .path("peers")
                            .asInt(),
                    peers -> peers == 2);
        }
    }

    @AfterAll
    static void stop() {
        for (GutsNode node : List.of(third, second, first)) {
            node.close();
        }
    }

    private static List<JsonNode> events(Command.Result result, String name) {
        return result.succeeded().events().stream()
                .filter(event -> name.equals(event.path("event").asString()))
                .toList();
    }

    private static List<String> peers(List<JsonNode> events) {
        return events.stream().map(event -> event.path("peer").asString()).toList();
    }

    @Test
    void dht_provide_and_find_providers() {
        JsonNode provided =
                second.guts().json("dht", "provide", KEY).succeeded().event("done");
        assertThat(provided.path("peers").asInt()).isPositive();
        Command.Result found = third.guts().json("dht", "find-providers", KEY, "--trace");
        assertThat(peers(events(found, "provider"))).contains(second.peer());
        assertThat(events(found, "query")).isNotEmpty();
        assertThat(events(found, "provider").getFirst().path("addresses").toString())
                .contains("/ip4/127.0.0.1/tcp/");
        Command.Result one = third.guts().json("dht", "find-providers", "--first", "1", KEY);
        assertThat(events(one, "provider")).hasSize(1);

        String nobody = KEY.substring(0, KEY.length() - 2) + "aa";
        Command.Result none = third.guts().run("dht", "find-providers", nobody);
        assertThat(none.exit()).as(none.toString()).isEqualTo(3);
        assertThat(none.err()).contains("error: ", "hint: ", nobody);
        Command.Result malformed = third.guts().run("dht", "find-providers", "nonsense");
        assertThat(malformed.exit()).as(malformed.toString()).isEqualTo(2);
    }

    @Test
    void dht_closest_find_peer_and_table() {
        List<JsonNode> closest = events(third.guts().json("dht", "closest", KEY), "closest");
        assertThat(peers(closest)).contains(first.peer(), second.peer());
        Command.Result found = third.guts().json("dht", "find-peer", second.peer());
        assertThat(events(found, "peer").getFirst().path("addresses").toString())
                .contains("/tcp/");
        Command.Result table = first.guts().json("dht", "table");
        assertThat(peers(events(table, "peer"))).containsExactlyInAnyOrder(second.peer(), third.peer());
        assertThat(table.event("done").path("mode").asString()).isEqualTo("server");
        assertThat(first.guts().run("dht", "table").succeeded().out()).contains("bucket", second.peer());
    }

    @Test
    void topic_subscribe_publish_and_list() {
        String topic = "/guts/1/test";
        try (Running listening = Running.start(first.guts(), "--json", "topic", "subscribe", "-n", "2", topic)) {
            eventually(
                    "the other nodes hear of the subscription",
                    () -> second.guts()
                            .json("topic", "publish", topic, "first")
                            .succeeded()
                            .event("done")
                            .path("peers")
                            .asInt(),
                    peers -> peers > 0);
            assertThat(first.guts().json("topic", "list").succeeded().out()).contains(topic);
            eventually(
                    "both messages are here",
                    () -> {
                        third.guts()
                                .json("topic", "publish", topic, "then \u001b[31mred")
                                .succeeded();
                        return listening.isDone();
                    },
                    Boolean::booleanValue);
            List<JsonNode> messages = events(listening.end(), "message");
            assertThat(messages).hasSize(2);
            assertThat(messages.getFirst().path("text").asString()).isEqualTo("first");
            assertThat(messages.getFirst().path("from").asString()).isEqualTo(second.peer());
            assertThat(messages.getLast().path("from").asString()).isIn(second.peer(), third.peer());
        }
        eventually(
                "the subscription ends with its command",
                () -> first.guts().json("topic", "list").succeeded().out(),
                topics -> !topics.contains(topic));
    }

    @Test
    void peers_ping_connect_and_disconnect() {
        assertThat(peers(events(first.guts().json("peers"), "peer"))).contains(second.peer());
        List<JsonNode> pings = events(third.guts().json("ping", second.address(), "-c", "3"), "ping");
        assertThat(pings).hasSize(3).allSatisfy(ping -> {
            assertThat(ping.path("peer").asString()).isEqualTo(second.peer());
            assertThat(ping.path("latency_seconds").asDouble()).isPositive();
        });
        third.guts().run("connect", second.address()).succeeded();
        third.guts().run("disconnect", second.peer()).succeeded();
        Command.Result nobody = third.guts().run("disconnect", "12D3KooWGzBXWNvHpLALvz3jhwdMF1QfN4zK3PCzXxG8mF3xJy5B");
        assertThat(nobody.exit()).as(nobody.toString()).isIn(2, 3);
    }

    @Test
    void completion_scripts() {
        for (String shell : List.of("bash", "zsh", "fish")) {
            assertThat(first.guts().run("completion", shell).succeeded().out()).contains("find-providers", "publish");
        }
        String script = first.guts().run("completion", "bash").succeeded().out();
        String words = Command.in(folder)
                .run(
                        "bash",
                        "-c",
                        script + "\nCOMP_WORDS=(guts topic su); COMP_CWORD=2; _complete_guts\necho \"${COMPREPLY[@]}\"")
                .succeeded()
                .line();
        assertThat(words).isEqualTo("subscribe");
        Command.Result unknown = first.guts().run("completion", "tcsh");
        assertThat(unknown.exit()).as(unknown.toString()).isEqualTo(2);
    }
}
