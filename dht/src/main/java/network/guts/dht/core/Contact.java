package network.guts.dht.core;

import java.util.List;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** A peer with its place in the key space, so that it is hashed once. */
public record Contact(Key key, PeerInfo info) {
    public static Contact of(PeerInfo info) {
        return new Contact(Key.of(info.peer()), info);
    }

    public PeerId peer() {
        return info.peer();
    }

    public List<Multiaddr> addresses() {
        return info.addresses();
    }
}
