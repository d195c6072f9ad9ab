package network.guts.integration;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import network.guts.core.MalformedException;
import tools.jackson.databind.JsonNode;

/** Our host in this process, told what to do as the scripted peers are. */
final class TestHost implements PeerCommands, AutoCloseable {
    private final HostCommands host;

    private TestHost(HostCommands host) {
        this.host = host;
    }

    /**
     * A host that listens on loopback.
     *
     * @param database its file
     * @param settings as {@link ScriptedPeer#host} has them, but for the key
     */
    static TestHost start(Path database, Map<String, ?> settings) throws IOException, MalformedException {
        return new TestHost(HostCommands.start(database, settings));
    }

    @Override
    public String peer() {
        return host.peer();
    }

    @Override
    public String address() {
        return host.address();
    }

    @Override
    public JsonNode tell(String what, Map<String, ?> arguments) {
        try {
            return Command.JSON.valueToTree(host.run(what, arguments));
        } catch (Exception e) {
            throw new AssertionError("guts: " + what + " " + arguments + ": " + e, e);
        }
    }

    @Override
    public void close() throws IOException {
        host.close();
    }
}
