package network.guts.dht;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import network.guts.core.Bytes;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/**
 * A node of a Kademlia network: finds peers and the providers of keys, and keeps provider records for others.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/kad-dht/README.md">kad-dht</a>
 */
public interface Dht extends AutoCloseable {
    /** Whether this node answers queries. A client asks only, and enters nobody's table. */
    enum Mode {
        SERVER,
        CLIENT
    }

    Mode mode();

    /** Changes the mode; peers hear of it by identify-push, because the protocol is served or no longer served. */
    void mode(Mode mode);

    /** Starts serving, fills the table from connected peers, and refreshes it from then on. */
    void start();

    /**
     * The closest peers to {@code key} in the network, the closest first, at most k.
     *
     * @param key the bytes before hashing: a peer id's or a multihash's
     * @throws LookupException if no peer answered: it says whom was asked and what each said
     */
    List<PeerInfo> closest(Bytes key, Duration timeout, Consumer<LookupEvent> trace) throws LookupException;

    /**
     * The addresses of a peer.
     *
     * @throws LookupException if no peer that answered knows it
     */
    PeerInfo findPeer(PeerId peer, Duration timeout, Consumer<LookupEvent> trace) throws LookupException;

    /**
     * Streams providers as they are found; each once. Ends when the look-up is done, {@code limit} were found, the time is
     * over, or the thread is interrupted.
     *
     * @return how many were found; none is no failure as long as somebody answered
     * @throws LookupException if no peer answered
     */
    int findProviders(
            Multihash key, int limit, Duration timeout, Consumer<FoundProvider> providers, Consumer<LookupEvent> trace)
            throws LookupException;

    /**
     * Announces this node as a provider to the closest peers, now, and again before the records expire, until {@link
     * #unprovide}. Survives a restart.
     *
     * @return how many peers took the record
     * @throws LookupException if nobody did; it stays registered and is tried again
     */
    int provide(Multihash key, Duration timeout, Consumer<LookupEvent> trace) throws LookupException;

    /** Registers {@code key} to be provided without waiting for the first announcement. */
    void provideLater(Multihash key);

    void unprovide(Multihash key);

    /** The keys that this node provides, in order. */
    List<Multihash> provided();

    /** The routing table's entries, by bucket. */
    List<TableEntry> table();

    /** Provider records that are kept for others. */
    long records();

    @Override
    void close();

    /**
     * A provider as it was found.
     *
     * @param provider with the addresses that came along, maybe none
     * @param from who named it
     * @param hops from this node to {@code from}
     * @param elapsed since the look-up began
     */
    record FoundProvider(PeerInfo provider, PeerId from, int hops, Duration elapsed) {}

    /**
     * A step of a look-up, for {@code --trace}.
     *
     * @param peer who was asked
     * @param outcome what came: "asked", "answered: 20 closer, 1 provider", "failed: …"
     */
    record LookupEvent(PeerId peer, int hops, Duration elapsed, String outcome) {}

    /**
     * An entry of the routing table.
     *
     * @param bucket the length of the common prefix with this node's id
     * @param proved when the peer last proved to be alive
     */
    record TableEntry(int bucket, PeerInfo peer, Instant added, Instant proved) {}
}
