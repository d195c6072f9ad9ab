package network.guts.libp2p.yamux;

import java.time.Duration;

/**
 * The bounds of a Yamux connection.
 *
 * @param maxInboundStreams streams the remote may have open at once; further ones are reset
 * @param maxWindow bytes one stream's receive window may grow to
 * @param maxWindowGrowth bytes that all windows of the connection may grow by, together
 * @param keepAlive how often a ping is sent
 * @param pingTimeout how long a pong may take before the connection is ended
 * @param linger how long a stream that was closed here waits for the remote to close its side
 */
public record YamuxConfig(
        int maxInboundStreams,
        int maxWindow,
        int maxWindowGrowth,
        Duration keepAlive,
        Duration pingTimeout,
        Duration linger) {
    private static final int MIB = 1 << 20;

    public static final YamuxConfig DEFAULT = new YamuxConfig(
            512, 16 * MIB, 64 * MIB, Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(30));
}
