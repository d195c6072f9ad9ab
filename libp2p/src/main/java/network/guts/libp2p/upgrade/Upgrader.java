package network.guts.libp2p.upgrade;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.libp2p.tcp.RawConnection;

/** Secures a raw connection and puts a muxer on it. Owns the channel from the call on: closes it on any failure. */
public interface Upgrader {
    /**
     * As the dialer. Takes for granted that the remote serves what is wanted most, which saves a round trip.
     *
     * @param expected who must be there; empty where any peer will do
     * @throws network.guts.core.host.UnsupportedProtocolException if the remote does not serve it
     * @throws IOException if the handshake fails, takes longer than {@code timeout} in all, or somebody else is there
     */
    UpgradedConnection outbound(SocketChannel channel, Optional<PeerId> expected, Duration timeout) throws IOException;

    /**
     * As {@link #outbound}, on a new channel, after the remote refused what that one took for granted: asks first.
     *
     * @throws IOException as with {@link #outbound}
     */
    UpgradedConnection outboundAsking(SocketChannel channel, Optional<PeerId> expected, Duration timeout)
            throws IOException;

    /**
     * As {@link #outbound(SocketChannel, Optional, Duration)}, over what takes the place of TCP.
     *
     * @throws IOException if the handshake fails, takes longer than {@code timeout} in all, or somebody else is there
     */
    UpgradedConnection outbound(RawConnection connection, Optional<PeerId> expected, Duration timeout)
            throws IOException;

    /**
     * As {@link #inbound(SocketChannel, Duration)}, over what takes the place of TCP.
     *
     * @throws IOException if the handshake fails or takes longer than {@code timeout} in all
     */
    UpgradedConnection inbound(RawConnection connection, Duration timeout) throws IOException;

    /** True if a dialer whose first choice was refused may have luck with another. */
    boolean hasAlternatives();

    /**
     * As the listener.
     *
     * @throws IOException if the handshake fails or takes longer than {@code timeout} in all
     */
    UpgradedConnection inbound(SocketChannel channel, Duration timeout) throws IOException;
}
