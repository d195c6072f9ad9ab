package network.guts.libp2p.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import network.guts.core.Multiaddr;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** A remote that wants to connect and has not proved yet who it is. Whoever gets it upgrades or refuses it. */
public interface Incoming {
    /** Where it comes from, without {@code /p2p}. */
    Multiaddr address();

    /** The IP address in {@link #address}. */
    InetAddress remote();

    /** The name of the transport that it came by. */
    String transport();

    /**
     * Authenticates the remote and prepares for streams; the connection is ended if that fails.
     *
     * @throws IOException if the handshake fails or takes longer than {@code timeout}
     */
    UpgradedConnection upgrade(Duration timeout) throws IOException;

    /** Ends it, also while it is being upgraded. Does not block. */
    void refuse();

    /** The same, and says why where the transport can. */
    default void refuse(RefusedException why) {
        refuse();
    }
}
