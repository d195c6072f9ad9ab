package network.guts.core;

import java.util.List;

/** A peer and where it may be found. The addresses carry no {@code /p2p} part. */
public record PeerInfo(PeerId peer, List<Multiaddr> addresses) {
    public PeerInfo {
        addresses = List.copyOf(addresses);
    }
}
