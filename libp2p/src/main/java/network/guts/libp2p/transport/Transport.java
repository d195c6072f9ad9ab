package network.guts.libp2p.transport;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** A way to reach peers and to be reached by them. Thread-safe; blocking, for virtual threads. */
public interface Transport extends Closeable {
    /** As people are told it: {@code tcp} or {@code quic-v1}. */
    String name();

    /** True if {@code address}, which has no {@code /p2p} part, is of this transport. Never looks a name up. */
    boolean handles(Multiaddr address);

    /**
     * Connects, authenticates the remote and prepares for streams. Interrupting the thread ends the wait.
     *
     * @param address one that this transport {@linkplain #handles handles}
     * @param expected who must be there; empty where any peer will do
     * @param timeout for all of it
     * @throws UnsupportedAddressException if nobody was asked, because this host cannot use such an address
     * @throws IOException with a reason in few words
     */
    UpgradedConnection dial(Multiaddr address, Optional<PeerId> expected, Duration timeout) throws IOException;

    /**
     * Dials from a port at which this host listens, while the remote does the same: each side's packets open the NAT
     * of its own side for those of the other one. Interrupting the thread ends the wait.
     *
     * @param client true if this host is the client in the handshake; the server waits for the client
     * @return empty if the connection, if there is one, comes as an inbound one
     * @throws UnsupportedAddressException if nothing was tried, because this host cannot use such an address
     * @throws IOException with a reason in few words
     */
    default Optional<UpgradedConnection> punch(Multiaddr address, PeerId expected, boolean client, Duration timeout)
            throws IOException {
        throw new UnsupportedAddressException("no hole can be punched to such an address");
    }

    /**
     * Binds all addresses, or none. Connections come once {@link #start} is called. Called at most once.
     *
     * @param addresses those of this transport; port 0 takes a free port
     * @param acceptor gets each connection and owns it; must not block
     * @throws UnsupportedAddressException if this platform does not have the transport
     * @throws IOException naming the address that cannot be listened on, and why
     */
    void bind(List<Multiaddr> addresses, Consumer<Incoming> acceptor) throws IOException;

    void start();

    /** Where this host can be reached now: ports as bound, wildcards as the addresses of the interfaces. */
    List<Multiaddr> addresses();

    /** Listens no more; connections that are there go on. */
    void stopListening() throws IOException;

    /** Ends all that is left. */
    @Override
    void close() throws IOException;
}
