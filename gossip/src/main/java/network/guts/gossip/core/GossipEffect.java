package network.guts.gossip.core;

import java.util.Map;
import java.util.Set;
import network.guts.core.PeerId;

/** What the core wants done. */
public sealed interface GossipEffect {
    /** Send an RPC to a peer that has an outbound stream. */
    record Send(PeerId peer, Rpc rpc) implements GossipEffect {}

    /** Ask the topic's validator; from now on the id is seen. */
    record Validate(SignedMessage message, PeerId receivedFrom) implements GossipEffect {}

    /** Hand an accepted message to this node's subscribers. */
    record Deliver(SignedMessage message, PeerId receivedFrom) implements GossipEffect {}

    /** An own message was sent to so many peers. */
    record Published(long token, int peers) implements GossipEffect {}

    /** The state as it stands. */
    record Inspected(long token, Snapshot snapshot) implements GossipEffect {}

    /**
     * The state as it stands.
     *
     * @param meshes of each followed topic
     * @param subscribers peers of each topic that is known
     * @param scores of each peer
     * @param dropped messages so far that went no further
     */
    record Snapshot(
            Map<String, Set<PeerId>> meshes,
            Map<String, Set<PeerId>> subscribers,
            Map<PeerId, Double> scores,
            Dropped dropped) {}

    /**
     * How many messages that came in went no further, and why.
     *
     * @param duplicates copies of what was seen
     * @param own of this node itself, from before a restart
     * @param noRoom that came while too many were being validated
     * @param unheard of a peer that is not listened to
     */
    record Dropped(long duplicates, long own, long noRoom, long unheard) {
        public static final Dropped NONE = new Dropped(0, 0, 0, 0);
    }
}
