package network.guts.core.host;

import java.util.List;
import java.util.Set;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;

/**
 * What a peer said of itself (identify), after validation.
 *
 * @param connection over which it said so
 * @param protocols the ids that it serves
 * @param addresses where it says it can be dialled: from its signed record where there is one
 * @see <a href="https://github.com/libp2p/specs/blob/master/identify/README.md">identify</a>
 */
public record Identified(
        ConnectionInfo connection,
        String protocolVersion,
        String agentVersion,
        Set<String> protocols,
        List<Multiaddr> addresses) {
    public Identified {
        protocols = Set.copyOf(protocols);
        addresses = List.copyOf(addresses);
    }

    public PeerId peer() {
        return connection.peer();
    }
}
