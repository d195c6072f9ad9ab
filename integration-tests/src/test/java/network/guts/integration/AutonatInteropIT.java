package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** AutoNAT v2 against go-libp2p: each asks, and each dials for the other. */
class AutonatInteropIT {
    private static final String DIAL_REQUEST = "/libp2p/autonat/2/dial-request";

    @TempDir
    static Path folder;

    private static ScriptedPeer go;

    @BeforeAll
    static void start() {
        go = ScriptedPeer.go();
    }

    @AfterAll
    static void stop() {
        go.close();
    }

    private static Map<String, Object> settings(Wire wire) {
        Map<String, Object> settings = new HashMap<>(wire.settings());
        settings.put("autonat", true);
        return settings;
    }

    private static PeerCommands go(String name, Wire wire) {
        Map<String, Object> settings = settings(wire);
        settings.put("key", "ed25519");
        return go.host(name + " " + wire, settings);
    }

    private static TestHost ours(String name, Wire wire) throws Exception {
        return TestHost.start(folder.resolve(name + wire.name() + ".db"), settings(wire));
    }

    @TestFactory
    Stream<DynamicTest> go_finds_out_that_ours_can_be_reached() {
        return Stream.of(Wire.values())
                .map(wire -> dynamicTest(wire.toString(), () -> {
                    try (TestHost ours = ours("client", wire)) {
                        for (String name : List.of("first", "second")) {
                            ours.tell("dial", Map.of("address", go(name, wire).address()));
                        }
                        JsonNode known = eventually(
                                "go has dialled us twice",
                                () -> ours.tell("addresses", Map.of()),
                                said -> said.path("reachability").asString().equals("PUBLIC"));
                        assertThat(known.path("addresses")
                                        .get(0)
                                        .path("reachability")
                                        .asString())
                                .isEqualTo("PUBLIC");
                    }
                }));
    }

    private static JsonNode asked(PeerCommands client, TestHost server, String address) {
        client.tell("dial", Map.of("address", server.address()));
        eventually(
                "go knows what we serve",
                () -> client.tell("identify", Map.of("peer", server.peer())).path("protocols"),
                protocols -> protocols.toString().contains(DIAL_REQUEST));
        return eventually(
                "go may ask us",
                () -> {
                    try {
                        return client.tell("reachability", Map.of("address", address));
                    } catch (AssertionError e) {
                        // It learns of servers by an event of its own.
                        if (String.valueOf(e.getMessage()).contains("no peers")) {
                            return Command.JSON.nullNode();
                        }
                        throw e;
                    }
                },
                answer -> !answer.isNull());
    }

    @TestFactory
    Stream<DynamicTest> ours_finds_out_that_go_can_be_reached() {
        return Stream.of(Wire.values())
                .map(wire -> dynamicTest(wire.toString(), () -> {
                    try (TestHost ours = ours("server", wire)) {
                        PeerCommands client = go("client", wire);
                        String own =
                                client.address().substring(0, client.address().indexOf("/p2p/"));
                        assertThat(asked(client, ours, own).path("reachability").asString())
                                .isEqualTo("Public");
                    }
                }));
    }

    /** A port where nobody listens. */
    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void ours_finds_out_that_go_cannot_be_reached() throws Exception {
        String nobody = "/ip4/127.0.0.1/tcp/" + closedPort();
        try (TestHost ours = ours("closed", Wire.TCP_NOISE)) {
            PeerCommands client = go("closed", Wire.TCP_NOISE);
            assertThat(asked(client, ours, nobody).path("reachability").asString())
                    .isEqualTo("Private");
        }
    }

    @Test
    void go_pays_for_an_address_elsewhere() throws Exception {
        try (TestHost ours = ours("elsewhere", Wire.TCP_NOISE)) {
            PeerCommands client = go("elsewhere", Wire.TCP_NOISE);
            assertThat(asked(client, ours, "/ip4/127.0.0.2/tcp/1")
                            .path("reachability")
                            .asString())
                    .isEqualTo("Private");
        }
    }

    @Test
    void ours_refuses_what_go_must_not_ask_for() throws Exception {
        try (TestHost ours = ours("refused", Wire.TCP_NOISE)) {
            PeerCommands client = go("refused", Wire.TCP_NOISE);
            assertThat(asked(client, ours, "/ip4/10.1.2.3/tcp/80")
                            .path("refused")
                            .asBoolean())
                    .isTrue();
        }
    }
}
