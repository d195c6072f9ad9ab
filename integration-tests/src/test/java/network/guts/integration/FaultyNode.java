package network.guts.integration;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;

/**
 * A node in a process of its own whose sync streams misbehave as they are told, and which tells of each chunk that it
 * sends. It is the real node but for the streams: see {@link FaultyNodeMain}.
 */
final class FaultyNode implements AutoCloseable {
    private final GutsNode node;
    private final List<JsonNode> events;

    private FaultyNode(GutsNode node, List<JsonNode> events) {
        this.node = node;
        this.events = events;
    }

    static FaultyNode start(Path home) {
        Guts guts = new Guts(home);
        List<JsonNode> events = new CopyOnWriteArrayList<>();
        ProcessBuilder builder = guts.command(Guts.top())
                .builder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FaultyNodeMain.class.getName(),
                        home.toString()))
                .redirectInput(ProcessBuilder.Redirect.PIPE);
        return new FaultyNode(GutsNode.start(guts, builder, line -> events.add(Command.JSON.readTree(line))), events);
    }

    GutsNode node() {
        return node;
    }

    Guts guts() {
        return node.guts();
    }

    String peer() {
        return node.peer();
    }

    String address() {
        return node.address();
    }

    /** From now on {@code mode}, with {@code count} where it takes one. */
    void behave(FaultyNodeMain.Mode mode, int count) {
        node.tell(mode + " " + count);
    }

    void behave(FaultyNodeMain.Mode mode) {
        behave(mode, 0);
    }

    /** The chunks that were sent whole, in order, as often as they were sent. */
    List<Integer> sent() {
        return chunks("sent");
    }

    /** The chunks that were asked for and met with the fault that was ordered. */
    List<Integer> faulted() {
        return chunks("fault");
    }

    private List<Integer> chunks(String name) {
        return events.stream()
                .filter(event -> name.equals(event.path("event").asString()))
                .map(event -> event.path("chunk").asInt())
                .toList();
    }

    void kill() {
        node.kill();
    }

    @Override
    public void close() {
        node.close();
    }
}
