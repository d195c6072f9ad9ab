package network.guts.libp2p.upgrade;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import network.guts.core.PeerId;

/** Secures a raw connection and puts a muxer on it. Owns the channel from the call on: closes it on any failure. */
public interface Upgrader {
    /**
     * As the dialer.
     *
     * @param expected who must be there; empty where any peer will do
     * @throws IOException if the handshake fails, takes longer than {@code timeout} in all, or somebody else is there
     */
    UpgradedConnection outbound(SocketChannel channel, Optional<PeerId> expected, Duration timeout) throws IOException;

    /**
     * As the listener.
     *
     * @throws IOException if the handshake fails or takes longer than {@code timeout} in all
     */
    UpgradedConnection inbound(SocketChannel channel, Duration timeout) throws IOException;
}
