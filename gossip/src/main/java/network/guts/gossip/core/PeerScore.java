package network.guts.gossip.core;

import java.time.Instant;
import network.guts.core.PeerId;

/**
 * The place of GossipSub 1.1's peer score: the core reports what peers do, and asks for the score before it grafts,
 * gossips, publishes or listens. Used by the core's owner thread alone.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/pubsub/gossipsub/gossipsub-v1.1.md#peer-scoring">peer
 *     scoring</a>
 */
public interface PeerScore {
    /** Takes note of nothing: everybody's score is 0. */
    PeerScore NEUTRAL = peer -> 0;

    /** The score; below 0 a peer is kept out of meshes. */
    double score(PeerId peer);

    /** Below it, no gossip is sent to a peer and its own is ignored. */
    default double gossipThreshold() {
        return -10;
    }

    /** Below it, own messages are not published to a peer. */
    default double publishThreshold() {
        return -50;
    }

    /** Below it, a peer's RPCs are ignored. */
    default double graylistThreshold() {
        return -80;
    }

    /** A heartbeat: time for decay. */
    default void heartbeat(Instant now) {}

    default void peerAdded(PeerId peer) {}

    default void peerGone(PeerId peer) {}

    default void grafted(PeerId peer, String topic) {}

    default void pruned(PeerId peer, String topic) {}

    /** The peer was the first to bring a message that was accepted. */
    default void delivered(PeerId peer, String topic) {}

    /** The peer brought a message that was known. */
    default void duplicate(PeerId peer) {}

    /** The peer brought a message that a validator rejected. */
    default void rejected(PeerId peer, String topic) {}

    /** The peer brought messages without a valid signature. */
    default void badlySigned(PeerId peer, int count) {}

    /** P₇: the peer grafted during its back-off, or did not keep what its IHAVE promised. */
    default void misbehaved(PeerId peer, int count) {}
}
