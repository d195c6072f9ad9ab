package network.guts.gossip;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.host.Host.Registration;

/**
 * Publish and subscribe over a mesh of peers.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/pubsub/gossipsub/gossipsub-v1.1.md">GossipSub 1.1</a>
 */
public interface Gossip extends AutoCloseable {
    void start();

    /**
     * Follows {@code topic}. Each message is validated before it is forwarded, and delivered once, also one's own.
     *
     * @param validator runs on a virtual thread of its own, bounded in time; what it does not accept is neither forwarded
     *     nor delivered
     * @throws IOException if the limit of topics is reached
     */
    Registration subscribe(String topic, Validator validator, Subscriber subscriber) throws IOException;

    /**
     * Signs and sends {@code data} to the topic's peers, subscribed or not (fan-out).
     *
     * @return how many peers it went to at once; 0 is no failure
     * @throws IOException if it is larger than a message may be
     */
    int publish(String topic, byte[] data) throws IOException;

    /** Topics that this node follows, with its mesh and all known peers of each. */
    List<TopicState> topics();

    /** Peers that are known to follow {@code topic}. */
    Set<PeerId> peers(String topic);

    /** The score of a peer; 0 until scoring says otherwise. */
    double score(PeerId peer);

    @Override
    void close();

    /** Whether a message may be forwarded. */
    enum Verdict {
        /** Valid: delivered and forwarded. */
        ACCEPT,
        /** Of no interest (old news): dropped, nobody is blamed. */
        IGNORE,
        /** Invalid: dropped, and whoever sent it is blamed. */
        REJECT
    }

    /** Judges a message before anybody else sees it. */
    @FunctionalInterface
    interface Validator {
        Verdict validate(Message message);
    }

    /** Takes accepted messages, in order of their acceptance, on a virtual thread; may block for a while. */
    @FunctionalInterface
    interface Subscriber {
        void receive(Message message);
    }

    /**
     * A message whose outer signature holds.
     *
     * @param from who published it
     * @param receivedFrom the neighbour that it came from; this node for its own
     * @param id SHA-256(uvarint(length of topic) ‖ topic ‖ data)
     */
    record Message(String topic, PeerId from, PeerId receivedFrom, Bytes data, Bytes id) {}

    /** A followed topic as it stands. */
    record TopicState(String topic, Set<PeerId> mesh, Set<PeerId> peers) {}
}
