package network.guts.libp2p.quic;

import java.time.Duration;

/**
 * The bounds of QUIC.
 *
 * @param maxInboundStreams streams that the remote may have open at once
 * @param streamWindow bytes that the remote may send on a stream before they are read; grows for a reader that is fast
 * @param connectionWindow the same for all streams of a connection together
 * @param maxUnread bytes of a stream that wait for their reader outside of that window
 * @param idleTimeout how long nothing may be heard before the connection is ended
 * @param keepAlive how long nothing is heard before the remote is asked
 * @param linger how long a stream that was closed here waits for the remote to end its side
 * @param retryAbove with more unfinished inbound handshakes than this, an address is validated before any state is kept
 * @param maxResets streams of one connection that end by a reset, before the connection is ended: each leaves a trace
 */
public record QuicConfig(
        int maxInboundStreams,
        int streamWindow,
        int connectionWindow,
        int maxUnread,
        Duration idleTimeout,
        Duration keepAlive,
        Duration linger,
        int retryAbove,
        int maxResets) {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    public static final QuicConfig DEFAULT = new QuicConfig(
            512,
            512 * KIB,
            16 * MIB,
            512 * KIB,
            Duration.ofSeconds(30),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            32,
            16_384);

    /**
     * With another keep-alive, if that is shorter; then also the idle time-out is no longer than four of them, which leaves
     * room for a question and its answer.
     */
    public QuicConfig keepAliveAtMost(Duration other) {
        Duration four = other.multipliedBy(4);
        return new QuicConfig(
                maxInboundStreams,
                streamWindow,
                connectionWindow,
                maxUnread,
                four.compareTo(idleTimeout) < 0 ? four : idleTimeout,
                other.compareTo(keepAlive) < 0 ? other : keepAlive,
                linger,
                retryAbove,
                maxResets);
    }
}
