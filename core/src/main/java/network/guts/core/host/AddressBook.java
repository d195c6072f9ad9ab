package network.guts.core.host;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.SignedEnvelope;

/** Where peers can be dialled. Survives a restart; bounded per peer and in all. */
public interface AddressBook {
    /** Adds what somebody said of {@code peer}'s addresses; they are forgotten after {@code ttl}. */
    void add(PeerId peer, Collection<Multiaddr> addresses, Duration ttl);

    /**
     * Takes a peer's own signed record; it replaces an older one and all that others said.
     *
     * @return false if a newer one is known
     * @throws MalformedException if the record does not verify
     */
    boolean add(SignedEnvelope record, Duration ttl) throws MalformedException;

    /** Known addresses of {@code peer}, the ones that worked last first; empty if there are none. */
    List<Multiaddr> addresses(PeerId peer);

    /** The newest signed record of {@code peer}, unless it has expired. */
    Optional<SignedEnvelope> record(PeerId peer);

    /** Peers that were connected, the last seen first: what a restarted node dials before any bootstrap peer. */
    List<PeerInfo> lastSeen(int limit);
}
