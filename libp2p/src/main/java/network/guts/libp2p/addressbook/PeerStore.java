package network.guts.libp2p.addressbook;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.PeerId;

/** Where an address book keeps its peers. Thread-safe. */
interface PeerStore {
    /** What is known of a peer. */
    Optional<PeerEntry> find(PeerId peer) throws IOException;

    /**
     * Stores entries, all or none, and makes room.
     *
     * @param maxPeers how many peers stay
     * @param keep who is never forgotten
     */
    void store(Map<PeerId, PeerEntry> entries, int maxPeers, Set<PeerId> keep) throws IOException;

    /** Who was connected, the last seen first. */
    List<PeerId> lastSeen(int limit) throws IOException;

    /** How many peers are stored. Does not block. */
    int size();
}
