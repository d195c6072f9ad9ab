package network.guts.gossip.core;

import java.time.Duration;

/**
 * The overlay's parameters, by their names in the specification.
 *
 * @param degree D, what the mesh of a topic is brought to
 * @param degreeLow D_lo, below it peers are grafted
 * @param degreeHigh D_hi, above it peers are pruned, and at it GRAFTs are refused
 * @param degreeLazy D_lazy, the fewest peers that hear IHAVE of a topic at a heartbeat
 * @param degreeScore D_score, how many of the best a pruned mesh keeps
 * @param gossipFactor the share of a topic's other peers that hear IHAVE, where that is more than D_lazy
 * @param heartbeat between two rounds of maintenance
 * @param pruneBackoff how long a pruned peer must not be grafted again
 * @param unsubscribeBackoff the same where the pruning node left the topic
 * @param graftFlood a GRAFT this soon after its PRUNE is blamed twice
 * @param fanoutTtl how long the peers of a topic that is only published to are kept
 * @param seenTtl how long the id of a message is remembered
 * @param iwantFollowup how long an IHAVE may take to be made good
 * @param historyLength heartbeats for which messages are kept for IWANT
 * @param historyGossip heartbeats for which messages are named in IHAVE
 * @param floodPublish own messages go to all of a topic's peers, not only to the mesh
 */
public record GossipParameters(
        int degree,
        int degreeLow,
        int degreeHigh,
        int degreeLazy,
        int degreeScore,
        double gossipFactor,
        Duration heartbeat,
        Duration pruneBackoff,
        Duration unsubscribeBackoff,
        Duration graftFlood,
        Duration fanoutTtl,
        Duration seenTtl,
        Duration iwantFollowup,
        int historyLength,
        int historyGossip,
        boolean floodPublish) {
    /** The specification's values. */
    public static final GossipParameters DEFAULT = new GossipParameters(
            6,
            5,
            12,
            6,
            4,
            0.25,
            Duration.ofSeconds(1),
            Duration.ofMinutes(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMinutes(1),
            Duration.ofMinutes(2),
            Duration.ofSeconds(3),
            5,
            3,
            true);

    public GossipParameters {
        if (degreeLow > degree || degree > degreeHigh || degreeScore > degree || historyGossip > historyLength) {
            throw new IllegalArgumentException("D_lo <= D <= D_hi, D_score <= D and gossip <= history must hold");
        }
    }

    /** The same overlay with or without flood publishing. */
    public GossipParameters withFloodPublish(boolean flood) {
        return new GossipParameters(
                degree,
                degreeLow,
                degreeHigh,
                degreeLazy,
                degreeScore,
                gossipFactor,
                heartbeat,
                pruneBackoff,
                unsubscribeBackoff,
                graftFlood,
                fanoutTtl,
                seenTtl,
                iwantFollowup,
                historyLength,
                historyGossip,
                flood);
    }
}
