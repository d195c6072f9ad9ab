package network.guts.gossip.core;

import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.gossip.Gossip.Verdict;
import network.guts.gossip.core.Rpc.Subscription;

/** What happens to the core. */
public sealed interface GossipInput {
    /** A peer began a stream of RPCs: it will say anew which topics it follows. */
    record InboundOpened(PeerId peer) implements GossipInput {}

    /** RPCs can be sent to the peer. */
    record OutboundOpened(PeerId peer, ProtocolVersion version) implements GossipInput {}

    /** RPCs can not be sent to the peer for now; what it follows stays known. */
    record OutboundLost(PeerId peer) implements GossipInput {}

    /** The last connection to the peer is gone. */
    record PeerGone(PeerId peer) implements GossipInput {}

    /**
     * An RPC of a peer.
     *
     * @param messages of followed topics, whose signatures hold
     * @param duplicates ids of messages in it that were known, so that their signatures were not checked
     * @param refused how many messages in it broke StrictSign
     */
    record Received(
            PeerId peer,
            List<Subscription> subscriptions,
            List<SignedMessage> messages,
            List<Bytes> duplicates,
            int refused,
            Control control)
            implements GossipInput {
        public Received {
            subscriptions = List.copyOf(subscriptions);
            messages = List.copyOf(messages);
            duplicates = List.copyOf(duplicates);
        }
    }

    /** The answer to {@link GossipEffect.Validate}. */
    record Validated(Bytes id, Verdict verdict) implements GossipInput {}

    /** This node follows a topic. */
    record Subscribe(String topic) implements GossipInput {}

    /** This node follows a topic no more. */
    record Unsubscribe(String topic) implements GossipInput {}

    /** Sends a message of this node's own; answered by {@link GossipEffect.Published} with the same token. */
    record Publish(long token, SignedMessage message) implements GossipInput {}

    /** Asks for the state; answered by {@link GossipEffect.Inspected} with the same token. */
    record Inspect(long token) implements GossipInput {}
}
