package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
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
 * Our host against js-libp2p and go-libp2p: every secured transport, both directions, and whatever a protocol may do with a
 * stream. A cell is named by implementation, who dials, transport and what is done.
 */
class InteropIT {
    private static final long TRANSFER = 64L << 20;
    private static final int STREAMS = 100;

    /** More than any window; a writer whose reader sleeps never gets here. */
    private static final long FLOOD = 64L << 20;

    /** js-libp2p reads ahead over QUIC whether or not anybody takes it, and resets its stream at 4 MiB. */
    private static final long FLOOD_OF_JS_OVER_QUIC = 3L << 20;

    /** The largest window that any of the three lets a stream have, and what is under way. */
    private static final long THEIR_WINDOW = 18L << 20;

    /** Ours is small as long as nobody reads: 256 KiB over Yamux. */
    private static final long OUR_WINDOW = 2L << 20;

    private static final List<Wire> WIRES = List.of(Wire.values());

    /** The identities that each implementation can have: js-libp2p makes no peer ids of ECDSA keys. */
    private static final Map<String, List<String>> KEYS = Map.of(
            "go", List.of("ed25519", "secp256k1", "ecdsa", "rsa"),
            "js", List.of("ed25519", "secp256k1", "rsa"));

    @TempDir
    static Path folder;

    private static final Map<String, ScriptedPeer> PROGRAMS = new LinkedHashMap<>();
    private static final List<TestHost> HOSTS = new ArrayList<>();

    @BeforeAll
    static void start() {
        PROGRAMS.put("go", ScriptedPeer.go());
        PROGRAMS.put("js", ScriptedPeer.js());
    }

    @AfterAll
    static void stop() throws Exception {
        for (TestHost host : HOSTS) {
            host.close();
        }
        PROGRAMS.values().forEach(ScriptedPeer::close);
    }

    /** One column of the matrix: who dials whom, over what. */
    private record Pair(Wire wire, PeerCommands dialler, PeerCommands listener, boolean weDial, boolean jsOverQuic) {
        JsonNode dial(String what) {
            return dial(what, Map.of());
        }

        /** Tells the dialler to do something with the listener. */
        JsonNode dial(String what, Map<String, ?> arguments) {
            Map<String, Object> all = new TreeMap<>(arguments);
            all.put("peer", listener.peer());
            return dialler.tell(what, all);
        }
    }

    /** What is done in a cell. */
    private record Cell(String name, Check check) {}

    /** The work of a cell. */
    @FunctionalInterface
    private interface Check {
        void run(Pair pair) throws Exception;
    }

    private static final List<Cell> CELLS = List.of(
            new Cell("dial", InteropIT::dial),
            new Cell("ping", InteropIT::ping),
            new Cell("identify", InteropIT::identify),
            new Cell("64 MiB up", InteropIT::up),
            new Cell("64 MiB down", InteropIT::down),
            new Cell("both ways at once", InteropIT::echo),
            new Cell("half-close", InteropIT::halfClose),
            new Cell("a reset by the listener", InteropIT::resetByListener),
            new Cell("a reset by the dialler", InteropIT::resetByDialler),
            new Cell("100 streams at once", InteropIT::streams),
            new Cell("a slow reader", InteropIT::slowReader),
            new Cell("perf", InteropIT::perf));

    @TestFactory
    Stream<DynamicTest> matrix() {
        List<DynamicTest> tests = new ArrayList<>();
        PROGRAMS.forEach((implementation, program) -> WIRES.forEach(wire -> {
            for (boolean weDial : List.of(false, true)) {
                String column = implementation + ", " + (weDial ? "we dial" : "they dial") + ", " + wire;
                Lazy pair = new Lazy(() -> pair(column, program, wire, "ed25519", weDial));
                CELLS.forEach(cell -> tests.add(test(column + ", " + cell.name, () -> cell.check.run(pair.get()))));
            }
        }));
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> keys() {
        List<DynamicTest> tests = new ArrayList<>();
        PROGRAMS.forEach((implementation, program) -> WIRES.forEach(wire -> {
            for (String key : KEYS.getOrDefault(implementation, List.of())) {
                for (boolean weDial : List.of(false, true)) {
                    String cell = implementation + ", " + (weDial ? "we dial" : "they dial") + ", " + wire
                            + ", their key is " + key;
                    tests.add(test(cell, () -> {
                        Pair pair = pair(cell, program, wire, key, weDial);
                        dial(pair);
                        ping(pair);
                        identify(pair);
                    }));
                }
            }
        }));
        return tests.stream();
    }

    /** A cell's name is in its failure too: not every report shows the names of dynamic tests. */
    private static DynamicTest test(String name, org.junit.jupiter.api.function.Executable work) {
        return dynamicTest(name, () -> {
            try {
                work.execute();
            } catch (Throwable problem) {
                throw new AssertionError(name + ": " + problem.getMessage(), problem);
            }
        });
    }

    /** Makes its pair when the first cell wants it. */
    private static final class Lazy {
        private final java.util.concurrent.Callable<Pair> make;
        private Pair made;

        Lazy(java.util.concurrent.Callable<Pair> make) {
            this.make = make;
        }

        Pair get() throws Exception {
            if (made == null) {
                made = make.call();
            }
            return made;
        }
    }

    private static Pair pair(String name, ScriptedPeer program, Wire wire, String key, boolean weDial)
            throws Exception {
        Map<String, String> theirs = new TreeMap<>(wire.settings());
        theirs.put("key", key);
        PeerCommands them = program.host(name, theirs);
        TestHost us = TestHost.start(folder.resolve("host-" + HOSTS.size() + ".db"), wire.settings());
        HOSTS.add(us);
        boolean jsOverQuic = name.startsWith("js") && wire == Wire.QUIC_V1;
        return new Pair(wire, weDial ? us : them, weDial ? them : us, weDial, jsOverQuic);
    }

    private static void dial(Pair pair) {
        pair.dialler.tell("dial", Map.of("address", pair.listener.address()));
        JsonNode connections = pair.dialler.tell("connections", Map.of()).path("connections");
        assertThat(connections).hasSize(1);
        assertThat(connections.get(0).path("peer").asString()).isEqualTo(pair.listener.peer());
        if (pair.wire != Wire.QUIC_V1) {
            assertThat(connections.get(0).path("encryption").asString()).contains(pair.wire.channel());
        }
    }

    private static void ping(Pair pair) {
        assertThat(pair.dial("ping", Map.of("count", 3)).path("seconds")).hasSize(3);
    }

    private static void identify(Pair pair) {
        JsonNode listener = pair.dial("identify");
        JsonNode dialler = pair.listener.tell("identify", Map.of("peer", pair.dialler.peer()));
        for (JsonNode said : List.of(listener, dialler)) {
            assertThat(said.path("agent").asString()).isNotEmpty();
            assertThat(said.path("protocols").toString()).contains("/ipfs/ping/1.0.0", "/test/echo/1");
            assertThat(said.path("signed").asBoolean()).isTrue();
        }
        String ours = (pair.weDial ? dialler : listener).path("agent").asString();
        assertThat(ours).startsWith("guts/");
    }

    private static String sum(long count) {
        byte[] block = TestStreams.pattern();
        var sum = TestStreams.sha256();
        for (long left = count; left > 0; left -= Math.min(left, block.length)) {
            sum.update(block, 0, (int) Math.min(left, block.length));
        }
        return HexFormat.of().formatHex(sum.digest());
    }

    private static void up(Pair pair) {
        JsonNode done = pair.dial("upload", Map.of("bytes", TRANSFER));
        assertThat(done.path("received").asString()).isEqualTo(sum(TRANSFER));
    }

    private static void down(Pair pair) {
        JsonNode done = pair.dial("download", Map.of("bytes", TRANSFER));
        assertThat(done.path("bytes").asLong()).isEqualTo(TRANSFER);
        assertThat(done.path("received").asString()).isEqualTo(sum(TRANSFER));
    }

    private static void echo(Pair pair) {
        long bytes = TRANSFER / 8;
        JsonNode done = pair.dial("echo", Map.of("bytes", bytes));
        assertThat(done.path("bytes").asLong()).isEqualTo(bytes);
        assertThat(done.path("received").asString()).isEqualTo(sum(bytes));
    }

    private static void halfClose(Pair pair) {
        assertThat(pair.dial("half-close").path("text").asString()).isEqualTo("answer to question");
    }

    private static void resetByListener(Pair pair) {
        String outcome = pair.dial("reset").path("outcome").asString();
        assertThat(outcome).isIn(resets(pair, !pair.weDial));
    }

    private static void resetByDialler(Pair pair) {
        pair.dial("reset-by-us");
        List<String> outcomes = new ArrayList<>();
        eventually(
                "the listener sees how the stream ended",
                () -> {
                    pair.listener
                            .tell("observed", Map.of())
                            .path("outcomes")
                            .forEach(outcome -> outcomes.add(outcome.asString()));
                    return outcomes;
                },
                seen -> !seen.isEmpty());
        assertThat(outcomes).hasSize(1);
        assertThat(outcomes.getFirst()).isIn(resets(pair, pair.weDial));
    }

    /** js-libp2p's QUIC takes the end of a stream by a reset for an end: there only lengths tell. */
    private static List<String> resets(Pair pair, boolean theyLook) {
        return pair.jsOverQuic && theyLook ? List.of("reset", "end") : List.of("reset");
    }

    private static void streams(Pair pair) {
        JsonNode done = pair.dial("streams", Map.of("count", STREAMS));
        assertThat(done.path("answered").asInt()).isEqualTo(STREAMS);
    }

    /** The dialler writes to a listener that sleeps, and the listener's answer is right when it has woken. */
    private static void slowReader(Pair pair) {
        boolean unbounded = pair.jsOverQuic && pair.weDial;
        JsonNode held = pair.dial("flood", Map.of("bytes", unbounded ? FLOOD_OF_JS_OVER_QUIC : FLOOD));
        assertThat(held.path("written").asLong())
                .as("bytes that a sleeping reader costs")
                .isPositive()
                .isLessThanOrEqualTo(pair.weDial ? THEIR_WINDOW : OUR_WINDOW);
        // The connection is not held up by one stream.
        ping(pair);
        pair.listener.tell("release", Map.of());
        JsonNode end = pair.dial("flood-end", Map.of("flood", held.path("flood").asInt()));
        assertThat(end.path("received").asString()).isEqualTo(end.path("sent").asString());
    }

    private static void perf(Pair pair) {
        JsonNode done = pair.dial("perf", Map.of("up", 1 << 20, "down", (1 << 20) + 1, "count", 2));
        assertThat(done.path("up_seconds").asDouble()).isPositive();
        assertThat(done.path("down_seconds").asDouble()).isPositive();
    }
}
