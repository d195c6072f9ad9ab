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
