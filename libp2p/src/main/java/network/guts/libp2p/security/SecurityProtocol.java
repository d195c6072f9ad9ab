package network.guts.libp2p.security;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.libp2p.tcp.RawConnection;

/** A way to secure a raw connection, negotiated by its protocol id. Thread-safe. */
public interface SecurityProtocol {
    /** As multistream-select names it, such as {@code /noise}. */
    String id();

    /** How the host names it to people, such as {@code noise}. */
    String name();

    /**
     * As the dialer.
     *
     * @param expected who must be there; empty where any peer will do
     * @param muxers what can be put on top, the most wanted first
     * @throws IOException if the handshake fails or somebody else is there
     */
    SecureConnection outbound(RawConnection connection, Optional<PeerId> expected, List<String> muxers)
            throws IOException;

    /**
     * As the listener.
     *
     * @throws IOException if the handshake fails
     */
    SecureConnection inbound(RawConnection connection, List<String> muxers) throws IOException;
}
