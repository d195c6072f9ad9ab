package network.guts.libp2p.gate;

import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;

/** One line of a list: a peer, or a network. */
public record GateEntry(Optional<PeerId> peer, Optional<IpNetwork> network) {
    public GateEntry {
        if (peer.isPresent() == network.isPresent()) {
            throw new IllegalArgumentException("an entry is a peer or a network");
        }
    }

    public static GateEntry of(PeerId peer) {
        return new GateEntry(Optional.of(peer), Optional.empty());
    }

    public static GateEntry of(IpNetwork network) {
        return new GateEntry(Optional.empty(), Optional.of(network));
    }

    /**
     * A peer id, an IP address, or a network such as {@code 192.0.2.0/24}.
     *
     * @throws MalformedException if it is none of them
     */
    public static GateEntry parse(String text) throws MalformedException {
        return text.indexOf('.') >= 0 || text.indexOf(':') >= 0 ? of(IpNetwork.parse(text)) : of(PeerId.parse(text));
    }

    @Override
    public String toString() {
        return peer.map(PeerId::toString)
                .or(() -> network.map(IpNetwork::toString))
                .orElse("");
    }
}
