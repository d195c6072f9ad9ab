package network.guts.gossip;

import java.time.Duration;

/**
 * What an owner may want otherwise. The overlay's parameters are the specification's, since peers rely on one another's.
 *
 * @param floodPublish own messages go to all known peers of a topic, not only to the mesh
 * @param validationTimeout what takes longer counts as {@link Gossip.Verdict#IGNORE}; less than a minute
 */
public record GossipConfig(boolean floodPublish, Duration validationTimeout) {
    public static final GossipConfig DEFAULT = new GossipConfig(true, Duration.ofSeconds(10));

    public GossipConfig {
        if (!validationTimeout.isPositive() || validationTimeout.compareTo(Duration.ofMinutes(1)) >= 0) {
            throw new IllegalArgumentException("validation time-out " + validationTimeout);
        }
    }
}
