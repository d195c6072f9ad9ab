package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import network.guts.core.Cid;
import network.guts.core.Multihash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The node against js-libp2p: both ways through every protocol that the two share. */
class JsInteropIT {
    @TempDir
    static Path folder;

    private static final List<Wire> WIRES = List.of(Wire.values());

    private static ScriptedPeer program;
    private static final Map<Wire, Meeting> MEETINGS = new EnumMap<>(Wire.class);

    /** A node and a js peer that can talk over one kind of connection only. */
    record Meeting(Wire wire, GutsNode node, PeerCommands js) {
        void connected() {
            node.guts().json("connect", js.address()).succeeded();
        }

        /** As the reports show it. */
        @Override
        public String toString() {
            return wire.toString();
        }
    }

    @BeforeAll
    static void start() {
        program = ScriptedPeer.js();
        for (Wire wire : WIRES) {
            Map<String, Object> settings = new TreeMap<>(wire.settings());
            settings.put("services", true);
            GutsNode node = GutsNode.listening(
                    folder.resolve("node-" + wire), wire.listen(), "--dht", "server", "--allow-perf");
            MEETINGS.put(wire, new Meeting(wire, node, program.host(wire.toString(), settings)));
        }
    }

    @AfterAll
    static void stop() {
        MEETINGS.values().forEach(meeting -> meeting.node.close());
        program.close();
    }

    static Collection<Meeting> meetings() {
        return MEETINGS.values();
    }

    private static String key(String text) {
        return new Cid(Cid.RAW, Multihash.sha256(text.getBytes(java.nio.charset.StandardCharsets.UTF_8))).toString();
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void we_dial_and_ping_and_identify(Meeting meeting) {
        GutsNode node = meeting.node;
        PeerCommands js = meeting.js;
        meeting.connected();
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
        assertThat(peer.path("security").asString()).isEqualTo(meeting.wire.channel());
        assertThat(peer.path("transport").asString()).isEqualTo(meeting.wire == Wire.QUIC_V1 ? "quic-v1" : "tcp");
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void they_dial_and_ping_and_identify(Meeting meeting) {
        PeerCommands js = meeting.js;
        try (GutsNode dialled = GutsNode.listening(
                folder.resolve("dialled-" + meeting.wire), meeting.wire.listen(), "--dht", "server")) {
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

    @ParameterizedTest
    @MethodSource("meetings")
    void each_finds_the_others_providers(Meeting meeting) {
        GutsNode node = meeting.node;
        PeerCommands js = meeting.js;
        meeting.connected();
        eventually(
                "the js peer takes us into its table",
                () -> js.tell("dht-peers", Map.of()),
                e -> e.path("peers").asInt() > 0);
        eventually(
                "we take the js peer into our table",
                () -> node.guts().json("dht", "table").succeeded().out(),
                table -> table.contains(js.peer()));

        String theirs = key("provided by js over " + meeting.wire);
        js.tell("provide", Map.of("cid", theirs));
        eventually(
                "we find what js provides",
                () -> node.guts().json("dht", "find-providers", theirs).out(),
                found -> found.contains(js.peer()));

        String ours = key("provided by guts over " + meeting.wire);
        eventually("js takes our record", () -> node.guts().json("dht", "provide", ours), told -> told.exit() == 0);
        eventually(
                "js finds what we provide",
                () -> js.tell("find-providers", Map.of("cid", ours)).path("providers"),
                found -> found.has(node.peer()));
    }

    @ParameterizedTest
    @MethodSource("meetings")
    void gossip_flows_both_ways(Meeting meeting) throws IOException {
        GutsNode node = meeting.node;
        PeerCommands js = meeting.js;
        meeting.connected();
        String topic = "interop-" + meeting.wire;
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

    @ParameterizedTest
    @MethodSource("meetings")
    void perf_measures_streams_both_ways(Meeting meeting) {
        JsonNode done = meeting.node
                .guts()
                .json("perf", meeting.js.address(), "--upload", "3000000", "--download", "2000001")
                .succeeded()
                .event("done");
        assertThat(done.path("upload_bytes").asLong()).isEqualTo(3_000_000);
        assertThat(done.path("upload_seconds").asDouble()).isPositive();
        assertThat(done.path("download_bytes").asLong()).isEqualTo(2_000_001);
        assertThat(done.path("download_seconds").asDouble()).isPositive();
        JsonNode theirs = meeting.js.tell(
                "perf", Map.of("peer", meeting.node.peer(), "up", 1_000_000, "down", 1_000_001, "count", 1));
        assertThat(theirs.path("down_seconds").asDouble()).isPositive();
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
