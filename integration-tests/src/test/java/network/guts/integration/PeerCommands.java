package network.guts.integration;

import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A host that takes the commands of the scripted peers: ours in this process, or one of another implementation in its own.
 * {@code js-peer/peer.js} and {@code go-peer/main.go} list the commands.
 */
interface PeerCommands {
    String peer();

    /** Where it listens, with {@code /p2p/…}. */
    String address();

    /**
     * Runs one command to its end.
     *
     * @throws AssertionError if it fails, with what the peer said
     */
    JsonNode tell(String what, Map<String, ?> arguments);
}
