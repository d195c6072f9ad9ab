package network.guts.core.host;

import network.guts.core.PeerId;

/** Told what happens to a host's connections, in order, on one thread of the host: must return quickly. */
public interface HostListener {
    /** The first connection to a peer is ready for streams. */
    default void connected(ConnectionInfo connection) {}

    /** The peer said who it is, for the first time or anew (identify, identify-push). */
    default void identified(Identified peer) {}

    /** The last connection to a peer is gone. */
    default void disconnected(PeerId peer) {}

    /** This host's own addresses changed. */
    default void addressesChanged() {}

    /** What others find out about whether this host can be reached. */
    default void reachabilityChanged(Reachability reachability) {}
}
