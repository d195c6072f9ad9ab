package network.guts.libp2p.swarm;

import java.io.IOException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** Takes connections in that this host has dialled, or punched a hole for. */
interface Admission {
    /**
     * Reserves what a connection takes, before anything is sent.
     *
     * @throws RefusedException if there may be no such connection
     */
    ConnectionScope reserve(PeerId peer, Multiaddr address, Direction direction) throws RefusedException;

    /**
     * @param scope what was reserved; closed with the connection, and by the caller if this fails
     * @throws IOException with the reason, if it is refused; it is closed then
     */
    Connection admit(UpgradedConnection upgraded, Transport transport, Multiaddr address, ConnectionScope scope)
            throws IOException;
}
