package network.guts.libp2p.upgrade;

import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.core.host.ConnectionLimit;
import network.guts.libp2p.muxer.MuxedConnection;

/**
 * A connection whose remote is authenticated and that carries streams.
 *
 * @param security {@code noise} or {@code tls}
 * @param muxer {@code yamux}
 * @param limit what it may be used for, if it goes through a relay that limits it
 * @param fromListeningPort true if this host has dialled it from a port at which it listens: others can come to where
 *     the remote sees it
 */
public record UpgradedConnection(
        PeerId peer,
        PublicKey key,
        String security,
        String muxer,
        MuxedConnection connection,
        Optional<ConnectionLimit> limit,
        boolean fromListeningPort) {
    /** A connection without a limit. */
    public UpgradedConnection(PeerId peer, PublicKey key, String security, String muxer, MuxedConnection connection) {
        this(peer, key, security, muxer, connection, Optional.empty(), false);
    }

    /** The same, with what a relay allows. */
    public UpgradedConnection limited(ConnectionLimit allowed) {
        return new UpgradedConnection(peer, key, security, muxer, connection, Optional.of(allowed), fromListeningPort);
    }

    /** The same, dialled from a port at which this host listens. */
    public UpgradedConnection reusable() {
        return new UpgradedConnection(peer, key, security, muxer, connection, limit, true);
    }
}
