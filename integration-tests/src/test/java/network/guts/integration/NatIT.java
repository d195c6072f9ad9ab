package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.integration.NatNetwork.Nat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Two nodes of the real program behind two NATs, and a relay that both can reach. */
class NatIT {
    private static final String QUIC = "/udp/9000/quic-v1";
    private static final String TCP = "/tcp/9000";

    /** Does not compress, and is more than a relay carries. */
    private static final int REPOSITORY_BYTES = 400_000;

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private NatNetwork network;

    @BeforeEach
    void begin() {
        Optional<String> missing = NatNetwork.missing();
        assumeTrue(missing.isEmpty(), missing.orElse(""));
        network = new NatNetwork();
        open.add(network);
    }

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private GutsNode node(String host, String... arguments) {
        Guts guts = new Guts(folder.resolve(host));
        List<String> words = Guts.words("--json", "node", "start", "--network", "private", "--dht", "client");
        words.addAll(List.of(arguments));
        GutsNode node = GutsNode.start(guts, guts.command(Guts.top()).builder(network.words(host, words)), line -> {});
        open.add(node);
        return node;
    }

    /** The connections of {@code node} to {@code peer}. */
    private static List<JsonNode> connections(GutsNode node, GutsNode peer) {
        return node.guts().json("peers").succeeded().events().stream()
                .filter(event -> peer.peer().equals(event.path("peer").asString()))
                .toList();
    }

    /** Three nodes; {@code b} is reached through the relay, and {@code a} has connected to it there. */
    private record Meeting(GutsNode relay, GutsNode a, GutsNode b, String circuit) {}

    private GutsNode relay(String transport) {
        String address = "/ip4/" + network.host("relay") + transport;
        return node("relay", "--listen", address, "--relay-server", "on");
    }

    /** A node that is reached through the relay. */
    private GutsNode reserved(GutsNode relay, String transport) {
        GutsNode b = node("b", "--listen", "/ip4/0.0.0.0" + transport, "--relays", relay.address());
        eventually(
                "b has a place with the relay",
                () -> b.guts().json("status").succeeded().event("status"),
                status -> status.path("addresses").toString().contains("/p2p-circuit/p2p/" + b.peer()));
        return b;
    }

    private Meeting meet(String transport, Nat nat) {
        GutsNode relay = relay(transport);
        network.behind("a", nat);
        network.behind("b", nat);
        GutsNode b = reserved(relay, transport);
        String circuit = relay.address() + "/p2p-circuit/p2p/" + b.peer();
        GutsNode a = node("a", "--listen", "/ip4/0.0.0.0" + transport);
        a.guts().json("connect", circuit).succeeded();
        return new Meeting(relay, a, b, circuit);
    }

    private void becomesDirect(String transport, String name) {
        Meeting meeting = meet(transport, Nat.ENDPOINT_INDEPENDENT);
        for (List<GutsNode> side : List.of(List.of(meeting.a, meeting.b), List.of(meeting.b, meeting.a))) {
            List<JsonNode> connections = eventually(
                    "the connection is direct, and the relayed one is gone",
                    () -> connections(side.getFirst(), side.getLast()),
                    found -> found.size() == 1
                            && !found.getFirst().path("relayed").asBoolean());
            assertThat(connections.getFirst().path("transport").asString()).isEqualTo(name);
            assertThat(connections.getFirst().path("address").asString()).startsWith("/ip4/1.2.3.");
        }
        meeting.a.guts().json("ping", meeting.b.peer()).succeeded();
        eventually(
                "the relay carries nothing any more",
                () -> meeting.relay
                        .guts()
                        .json("status")
                        .succeeded()
                        .event("status")
                        .path("relay"),
                relay -> relay.path("circuits").asInt() == 0
                        && relay.path("reservations").asInt() == 1);
    }

    @Test
    void holesArePunchedOverQuic() {
        becomesDirect(QUIC, "quic-v1");
    }

    @Test
    void holesArePunchedOverTcp() {
        becomesDirect(TCP, "tcp");
    }

    /** go-libp2p behind a NAT, and our relay and node. */
    private PeerCommands goBehind(String name, String transport) {
        network.behind(name, Nat.ENDPOINT_INDEPENDENT);
        ScriptedPeer program = ScriptedPeer.go(words -> network.words(name, words));
        open.add(program);
        return program.host(
                name,
                Map.of(
                        "transport", transport.equals(QUIC) ? "quic" : "tcp",
                        "security", "noise",
                        "key", "ed25519",
                        "relay", "punch",
                        "listen", "/ip4/0.0.0.0" + transport));
    }

    private static void isDirectAt(PeerCommands go, GutsNode node) {
        eventually(
                "go-libp2p has a direct connection",
                () -> go.tell("connections", Map.of()).path("connections"),
                connections -> connections
                        .valueStream()
                        .anyMatch(connection ->
                                node.peer().equals(connection.path("peer").asString())
                                        && !connection.path("relayed").asBoolean()));
        eventually(
                "the node has a direct connection alone",
                () -> node.guts().json("peers").succeeded().events().stream()
                        .filter(event -> go.peer().equals(event.path("peer").asString()))
                        .toList(),
                found -> found.size() == 1 && !found.getFirst().path("relayed").asBoolean());
    }

    @ParameterizedTest
    @ValueSource(strings = {QUIC, TCP})
    void goPunchesHolesToUs(String transport) {
        GutsNode relay = relay(transport);
        network.behind("b", Nat.ENDPOINT_INDEPENDENT);
        GutsNode b = reserved(relay, transport);
        String circuit = relay.address() + "/p2p-circuit/p2p/" + b.peer();
        PeerCommands go = goBehind("go", transport);
        go.tell("dial", Map.of("address", relay.address()));
        go.tell("dial", Map.of("address", circuit));
        isDirectAt(go, b);
    }

    @ParameterizedTest
    @ValueSource(strings = {QUIC, TCP})
    void wePunchHolesToGo(String transport) {
        GutsNode relay = relay(transport);
        PeerCommands go = goBehind("go", transport);
        go.tell("reserve", Map.of("address", relay.address()));
        network.behind("a", Nat.ENDPOINT_INDEPENDENT);
        GutsNode a = node("a", "--listen", "/ip4/0.0.0.0" + transport);
        a.guts()
                .json("connect", relay.address() + "/p2p-circuit/p2p/" + go.peer())
                .succeeded();
        isDirectAt(go, a);
    }

    @Test
    void symmetricNatsLeaveTheRelayAndTheNodeSaysSo() throws Exception {
        Meeting meeting = meet(QUIC, Nat.SYMMETRIC);
        JsonNode relayed = eventually(
                        "the holes are given up",
                        () -> connections(meeting.b, meeting.a),
                        found -> found.stream().anyMatch(connection -> connection.has("why_relayed")))
                .getFirst();
        assertThat(relayed.path("relayed").asBoolean()).isTrue();
        assertThat(relayed.path("transport").asString()).isEqualTo("p2p-circuit");
        assertThat(relayed.path("limit_bytes").asLong()).isEqualTo(128 * 1024);
        assertThat(relayed.path("why_relayed").asString()).contains("no hole was punched");
        assertThat(meeting.b.guts().run("peers").succeeded().out()).contains("relayed, 128.0 KiB each way: ");
        meeting.a.guts().json("ping", meeting.b.peer()).succeeded();

        Path source = GitRepositories.create(folder.resolve("source"), 2, REPOSITORY_BYTES, 7);
        String url = meeting.b
                .guts()
                .json("publish", source.toString(), "--name", "large")
                .succeeded()
                .event("repository")
                .path("url")
                .asString();
        Command.Result clone = meeting.a
                .guts()
                .run(
                        "clone",
                        url + "?peer=" + meeting.circuit,
                        folder.resolve("clone").toString());
        assertThat(clone.exit()).as(clone.toString()).isEqualTo(4);
        assertThat(clone.err()).contains("only a relayed connection to " + meeting.b.peer() + ", limited to 128 KiB: ");
    }
}
