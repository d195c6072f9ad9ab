package network.guts.dht.core;

import java.time.Duration;
import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** What can happen to {@link KademliaCore}. */
public sealed interface DhtInput {
    /** Begins: nothing is done before. */
    record Start(List<ProvidedKey> provided) implements DhtInput {}

    /** Whether this node answers requests. */
    record ModeChanged(boolean server) implements DhtInput {}

    /** Where this node can be dialled. */
    record OwnAddresses(List<Multiaddr> addresses) implements DhtInput {}

    /** A connected peer says that it serves the protocol, and where it can be dialled. */
    record PeerServes(PeerInfo peer) implements DhtInput {}

    /** A peer says that it no longer serves the protocol. */
    record PeerStopped(PeerId peer) implements DhtInput {}

    /** Peers that may be worth a try: the answer to {@link DhtEffect.NeedSeeds}. */
    record Seeds(List<PeerInfo> peers) implements DhtInput {}

    /**
     * A request of a remote. One of Reply, Refuse, Store and Load follows at once.
     *
     * @param ref the shell's number for it
     * @param scope of the remote's address
     */
    record Inbound(long ref, PeerId from, AddressScope scope, Request request) implements DhtInput {}

    /** The stored records that {@link DhtEffect.Load} asked for. */
    record Loaded(DhtEffect.Load load, List<ProviderRecord> records) implements DhtInput {}

    /** The stored records that {@link DhtEffect.LoadOwn} asked for. */
    record LoadedOwn(long query, List<ProviderRecord> records) implements DhtInput {}

    /**
     * An answer.
     *
     * @param ask the number of the {@link DhtEffect.Ask}
     * @param addresses where the peer says it can be dialled; empty if it has not said
     */
    record Answered(long ask, Response response, List<Multiaddr> addresses) implements DhtInput {}

    /** No answer: the peer could not be reached, refused, or sent something malformed. */
    record AskFailed(long ask, String reason) implements DhtInput {}

    /**
     * Begins a look-up.
     *
     * @param query the shell's number for it, positive
     */
    record StartQuery(long query, Goal goal, Duration timeout) implements DhtInput {}

    /** Ends a look-up without a result. */
    record CancelQuery(long query) implements DhtInput {}

    /** Registers a key to be announced, now and again. */
    record ProvideLater(Bytes key) implements DhtInput {}

    record Unprovide(Bytes key) implements DhtInput {}

    /** Asks for the table's entries. */
    record Snapshot(long ref) implements DhtInput {}
}
