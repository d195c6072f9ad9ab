package network.guts.core.host;

import java.time.Instant;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;

/**
 * What is fixed about a connection.
 *
 * @param id unique in this process, rising
 * @param peer authenticated by the security handshake
 * @param address of the remote, without {@code /p2p}
 * @param direction who dialled
 * @param transport {@code tcp} or {@code quic-v1}
 * @param security {@code noise}, {@code tls} or {@code quic}
 * @param muxer {@code yamux} or {@code quic}
 * @param since when it was ready for streams
 * @param limit what it may be used for, if it goes through a relay that limits it
 */
public record ConnectionInfo(
        long id,
        PeerId peer,
        Multiaddr address,
        Direction direction,
        String transport,
        String security,
        String muxer,
        Instant since,
        Optional<ConnectionLimit> limit) {
    /** A connection without a limit. */
    public ConnectionInfo(
            long id,
            PeerId peer,
            Multiaddr address,
            Direction direction,
            String transport,
            String security,
            String muxer,
            Instant since) {
        this(id, peer, address, direction, transport, security, muxer, since, Optional.empty());
    }

    /** Who dialled. */
    public enum Direction {
        INBOUND,
        OUTBOUND
    }
}
