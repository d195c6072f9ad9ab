package network.guts.core.host;

import java.time.Instant;
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
 */
public record ConnectionInfo(
        long id,
        PeerId peer,
        Multiaddr address,
        Direction direction,
        String transport,
        String security,
        String muxer,
        Instant since) {
    /** Who dialled. */
    public enum Direction {
        INBOUND,
        OUTBOUND
    }
}
