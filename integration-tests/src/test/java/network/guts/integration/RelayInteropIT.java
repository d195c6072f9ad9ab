package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Circuit relay v2 between our hosts and go-libp2p's: each of the relay, the peer behind it and the one who dials is one or
 * the other.
 */
class RelayInteropIT {
    /** Far below the relays' limit. */
    private static final long BYTES = 20_000;

    @TempDir
    static Path folder;

    private static final List<TestHost> HOSTS = new ArrayList<>();
    private static ScriptedPeer go;

    @BeforeAll
    static void start() {
        go = ScriptedPeer.go();
    }

    @AfterAll
    static void stop() throws Exception {
        for (TestHost host : HOSTS) {
            host.close();
        }
        go.close();
    }

    private static PeerCommands host(boolean ours, Wire wire, Map<String, String> settings) throws Exception {
        Map<String, String> all = new TreeMap<>(wire.settings());
        all.putAll(settings);
        if (!ours) {
            all.put("key", "ed25519");
            return go.host("host-" + all.hashCode() + "-" + System.nanoTime(), all);
        }
        TestHost host = TestHost.start(folder.resolve("host-" + HOSTS.size() + ".db"), all);
        HOSTS.add(host);
        return host;
    }

    @TestFactory
    Stream<DynamicTest> matrix() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Wire wire : List.of(Wire.TCP_NOISE, Wire.QUIC_V1)) {
            for (int cell = 0; cell < 8; cell++) {
                boolean ourRelay = (cell & 1) == 0;
                boolean ourTarget = (cell & 2) == 0;
                boolean ourDialler = (cell & 4) == 0;
                String name = wire + ", relay: " + name(ourRelay) + ", behind it: " + name(ourTarget) + ", dialler: "
                        + name(ourDialler);
                tests.add(dynamicTest(name, () -> {
                    try {
                        relayed(wire, ourRelay, ourTarget, ourDialler);
                    } catch (Exception | AssertionError problem) {
                        throw new AssertionError(name + ": " + problem.getMessage(), problem);
                    }
                }));
            }
        }
        return tests.stream();
    }

    private static String name(boolean ours) {
        return ours ? "ours" : "go";
    }

    private static void relayed(Wire wire, boolean ourRelay, boolean ourTarget, boolean ourDialler) throws Exception {
        PeerCommands relay = host(ourRelay, wire, Map.of("relay", "server"));
        PeerCommands target =
                host(ourTarget, wire, ourTarget ? Map.of("relays", relay.address()) : Map.of("relay", "client"));
        if (ourTarget) {
            eventually(
                    "a place with the relay",
                    () -> target.tell("addresses", Map.of()).toString(),
                    addresses -> addresses.contains("/p2p-circuit"));
        } else {
            JsonNode place = eventually(
                    "a place with the relay", () -> reserve(target, relay), answer -> !answer.isMissingNode());
            assertThat(place.path("voucher").asBoolean()).isTrue();
            assertThat(place.path("bytes").asLong()).isEqualTo(128 * 1024);
            assertThat(place.path("seconds").asDouble()).isEqualTo(120);
        }
        PeerCommands dialler = host(ourDialler, wire, ourDialler ? Map.of() : Map.of("relay", "client"));
        dialler.tell("dial", Map.of("address", relay.address() + "/p2p-circuit/p2p/" + target.peer()));
        JsonNode echoed = dialler.tell("echo", Map.of("peer", target.peer(), "bytes", BYTES));
        assertThat(echoed.path("bytes").asLong()).isEqualTo(BYTES);
        dialler.tell("ping", Map.of("peer", target.peer()));
        dialler.tell("identify", Map.of("peer", target.peer()));
        target.tell("identify", Map.of("peer", dialler.peer()));
        for (List<PeerCommands> side : List.of(List.of(dialler, target), List.of(target, dialler))) {
            assertThat(side.getFirst()
                            .tell("connections", Map.of())
                            .path("connections")
                            .valueStream())
                    .anySatisfy(connection -> {
                        assertThat(connection.path("peer").asString())
                                .isEqualTo(side.getLast().peer());
                        assertThat(connection.path("relayed").asBoolean()).isTrue();
                    });
        }
    }

    /** go-libp2p begins to relay a moment after it has started. */
    private static JsonNode reserve(PeerCommands target, PeerCommands relay) {
        try {
            return target.tell("reserve", Map.of("address", relay.address()));
        } catch (AssertionError notYet) {
            return tools.jackson.databind.node.MissingNode.getInstance();
        }
    }
}
