package network.guts.libp2p;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.host.ConnectionInfo;

/**
 * A connection at one moment, for people to look at.
 *
 * @param streams open streams by protocol, both ways
 * @param streamsServed inbound streams so far
 * @param streamsOpened outbound streams so far
 * @param bytesRead payload read from its streams so far
 * @param bytesWritten payload written to its streams so far
 * @param latency the last round trip that was measured
 * @param lastSeen when something last came over one of its streams
 * @param agent what the peer calls itself, if it has said so; printable characters only
 * @param observed where the peer says it sees this host
 * @param protectedPeer true if the peer is protected from trimming
 */
public record ConnectionStatus(
        ConnectionInfo info,
        Map<String, Integer> streams,
        long streamsServed,
        long streamsOpened,
        long bytesRead,
        long bytesWritten,
        Optional<Duration> latency,
        Instant lastSeen,
        Optional<String> agent,
        Optional<Multiaddr> observed,
        boolean protectedPeer) {
    public ConnectionStatus {
        streams = Map.copyOf(streams);
    }
}
