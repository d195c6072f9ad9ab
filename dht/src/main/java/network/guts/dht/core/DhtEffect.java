package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** What {@link KademliaCore} wants done. */
public sealed interface DhtEffect {
    /** Sends a request; {@link DhtInput.Answered} or {@link DhtInput.AskFailed} is expected. */
    record Ask(long ask, PeerInfo to, Request request) implements DhtEffect {}

    /** The answer to a request is no longer waited for. */
    record Abandon(long ask) implements DhtEffect {}

    /** Answers a remote's request. */
    record Reply(long ref, Response response) implements DhtEffect {}

    /** Ends a remote's stream, because what it asked is wrong. */
    record Refuse(long ref, String reason) implements DhtEffect {}

    /** Keeps a record within the limits of {@link ProviderRecords}; the request succeeds if that does. */
    record Store(long ref, ProviderRecord record) implements DhtEffect {}

    /** Reads the records of a key for a remote's request; {@link DhtInput.Loaded} is expected. */
    record Load(long ref, Bytes key, PeerId from, AddressScope scope) implements DhtEffect {}

    /** Reads the records of a key for a look-up; {@link DhtInput.LoadedOwn} is expected. */
    record LoadOwn(long query, Bytes key) implements DhtEffect {}

    /** Deletes records that were received before. */
    record Sweep(Instant receivedBefore) implements DhtEffect {}

    /** The table has few entries: who was there once, who is configured? */
    record NeedSeeds() implements DhtEffect {}

    /** A step of a look-up. */
    record Step(long query, PeerId peer, int hops, Duration elapsed, String outcome) implements DhtEffect {}

    /** A provider, each once in a look-up. */
    record Found(long query, PeerInfo provider, PeerId from, int hops, Duration elapsed) implements DhtEffect {}

    /**
     * A look-up is over.
     *
     * @param peers the closest, or the one that was looked for
     * @param count providers found, or peers that took the record
     * @param failure why it came to nothing; empty if it did not
     * @param asked what each said, in the order of asking
     */
    record Finished(long query, List<PeerInfo> peers, int count, String failure, Map<PeerId, String> asked)
            implements DhtEffect {
        public Finished {
            peers = List.copyOf(peers);
            asked = new LinkedHashMap<>(asked);
        }
    }

    /**
     * Any look-up is over, also one that nobody waited for: to be counted.
     *
     * @param hops from this node to the farthest peer that was asked
     */
    record LookUpEnded(Goal goal, Outcome outcome, Duration took, int hops) implements DhtEffect {}

    /** What came of a look-up. */
    enum Outcome {
        OK,
        /** Peers answered, and nothing was found. */
        NOTHING,
        /** Nobody answered, or nobody who could help. */
        FAILED,
        CANCELLED
    }

    /** A key was announced: to be remembered over a restart. */
    record Announced(ProvidedKey key) implements DhtEffect {}

    /** The table as it is. */
    record TableSnapshot(long ref, List<RoutingTable.TableRow> rows) implements DhtEffect {}
}
