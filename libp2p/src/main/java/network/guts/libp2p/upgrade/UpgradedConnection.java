package network.guts.libp2p.upgrade;

import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.libp2p.muxer.MuxedConnection;

/**
 * A connection whose remote is authenticated and that carries streams.
 *
 * @param security {@code noise} or {@code tls}
 * @param muxer {@code yamux}
 */
public record UpgradedConnection(
        PeerId peer, PublicKey key, String security, String muxer, MuxedConnection connection) {}
