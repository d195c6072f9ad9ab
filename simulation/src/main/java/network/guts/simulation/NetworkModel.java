package network.guts.simulation;

import java.time.Duration;

/**
 * How the modelled network treats a message. Latency is uniform between the bounds.
 *
 * @param minLatency one way
 * @param maxLatency one way
 * @param loss the share of messages that are lost, 0 to 1
 * @param unreachable how long a sender waits before it learns that nobody is there
 */
public record NetworkModel(Duration minLatency, Duration maxLatency, double loss, Duration unreachable) {
    /** 5 to 50 ms one way, nothing lost, an absent peer noticed after a second. */
    public static final NetworkModel CALM =
            new NetworkModel(Duration.ofMillis(5), Duration.ofMillis(50), 0, Duration.ofSeconds(1));

    public NetworkModel {
        if (loss < 0 || loss > 1 || minLatency.compareTo(maxLatency) > 0) {
            throw new IllegalArgumentException("loss " + loss + ", latency " + minLatency + " to " + maxLatency);
        }
    }

    /** The same network with another loss. */
    public NetworkModel withLoss(double share) {
        return new NetworkModel(minLatency, maxLatency, share, unreachable);
    }
}
