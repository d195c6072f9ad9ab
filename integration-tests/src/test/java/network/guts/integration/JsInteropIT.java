package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import network.guts.core.Cid;
import network.guts.core.Multihash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The node against js-libp2p: both ways through every protocol that the two share. */
class JsInteropIT {
    @TempDir
    static Path folder;

    private static ScriptedPeer program;
    private static PeerCommands js;
    private static GutsNode node;

    @BeforeAll
    static void start() {
        program = ScriptedPeer.js();
        js = program.host("main", Map.of("services", true));
        node = GutsNode.start(folder.resolve("node"), "--dht", "server");
    }

    @AfterAll
    static void stop() {
        node.close();
        program.close();
    }

    private static String key(String text) {
        return new Cid(Cid.RAW, Multihash.sha256(text.getBytes(java.nio.charset.StandardCharsets.UTF_8))).toString();
    }

    private static void connected() {
        node.guts().json("connect", js.address()).succeeded();
    }

    @Test
    void we_dial_and_ping_and_identify() {
        connected();
        JsonNode ping =
                node.guts().json("ping", js.address(), "-c", "3").succeeded().event("ping");
        assertThat(ping.path("peer").asString()).isEqualTo(js.peer());
        assertThat(ping.path("seconds").asDouble()).isBetween(0.0, 30.0);
        JsonNode peer = eventually(
                "identify of the js peer",
                () -> node.guts().json("peers").succeeded().events().stream()
                        .filter(e -> js.peer().equals(e.path("peer").asString()))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("not connected")),
                e -> e.path("agent").asString().contains("js-libp2p"));
        assertThat(peer.path("security").asString()).isEqualTo("noise");
        assertThat(peer.path("transport").asString()).isEqualTo("tcp");
    }

    @Test
    void they_dial_and_ping_and_identify() {
        try (GutsNode dialled = GutsNode.start(folder.resolve("dialled"), "--dht", "server")) {
            assertThat(js.tell("dial", Map.of("address", dialled.address()))
                            .path("peer")
                            .asString())
                    .isEqualTo(dialled.peer());
            assertThat(js.tell("ping", Map.of("peer", dialled.peer()))
                            .path("seconds")
                            .get(0)
                            .asDouble())
                    .isPositive();
            JsonNode identify = js.tell("identify", Map.of("peer", dialled.peer()));
            assertThat(identify.path("agent").asString()).startsWith("guts/");
            assertThat(identify.path("signed").asBoolean()).isTrue();
            assertThat(identify.path("protocols").toString())
                    .contains(
                            "/ipfs/ping/1.0.0",
                            "/ipfs/id/1.0.0",
                            "/guts/kad/1.0.0",
                            "/meshsub/1.1.0",
                            "/guts/sync/1.0.0");
            assertThat(identify.path("addresses").toString()).contains(dialled.listenAddress());
        }
    }

    @Test
    void each_finds_the_others_providers() {
        connected();
        eventually(
                "the js peer takes us into its table",
                () -> js.tell("dht-peers", Map.of()),
                e -> e.path("peers").asInt() > 0);
        eventually(
                "we take the js peer into our table",
                () -> node.guts().json("dht", "table").succeeded().out(),
                table -> table.contains(js.peer()));

        String theirs = key("provided by js");
        js.tell("provide", Map.of("cid", theirs));
        eventually(
                "we find what js provides",
                () -> node.guts().json("dht", "find-providers", theirs).out(),
                found -> found.contains(js.peer()));

        String ours = key("provided by guts");
        eventually("js takes our record", () -> node.guts().json("dht", "provide", ours), told -> told.exit() == 0);
        eventually(
                "js finds what we provide",
                () -> js.tell("find-providers", Map.of("cid", ours)).path("providers"),
                found -> found.has(node.peer()));
    }

    @Test
    void gossip_flows_both_ways() throws IOException {
        connected();
        String topic = "interop";
        js.tell("subscribe", Map.of("topic", topic));
        Process subscriber = node.guts()
                .command(folder)
                .builder(Guts.words("--json", "topic", "subscribe", topic))
                .redirectError(folder.resolve("subscribe.stderr").toFile())
                .start();
        try (BufferedReader out = subscriber.inputReader()) {
            eventually(
                    "js sees our subscription",
                    () -> js.tell("subscribers", Map.of("topic", topic))
                            .path("peers")
                            .toString(),
                    peers -> peers.contains(node.peer()));
            js.tell("publish", Map.of("topic", topic, "text", "hello from js"));
            JsonNode message = messageOf(out);
            assertThat(message.path("from").asString()).isEqualTo(js.peer());
            assertThat(message.path("text").asString()).isEqualTo("hello from js");

            node.guts().json("topic", "publish", topic, "hello from guts").succeeded();
            JsonNode received = program.message();
            assertThat(received.path("from").asString()).isEqualTo(node.peer());
            assertThat(received.path("text").asString()).isEqualTo("hello from guts");
        } finally {
            List.copyOf(subscriber.descendants().toList()).forEach(ProcessHandle::destroy);
            subscriber.destroy();
            subscriber.onExit().join();
        }
    }

    private static JsonNode messageOf(BufferedReader out) throws IOException {
        while (true) {
            String line = out.readLine();
            if (line == null) {
                throw new AssertionError("the subscription ended");
            }
            JsonNode event = Command.JSON.readTree(line);
            if ("message".equals(event.path("event").asString())) {
                return event;
            }
        }
    }
}
