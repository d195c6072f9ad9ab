package network.guts.core.host;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.SignedEnvelope;

/** What a protocol needs of a libp2p host. Thread-safe; all blocking methods are meant for virtual threads. */
public interface Host {
    PeerId peerId();

    /** Where others can dial this host, without {@code /p2p}; empty if it does not listen. */
    List<Multiaddr> addresses();

    /** This host's own signed peer record over {@link #addresses()}. */
    SignedEnvelope peerRecord();

    AddressBook addressBook();

    /**
     * Makes sure of a connection to {@code peer}. The addresses are tried beside those of the address book; they are
     * remembered once they have worked.
     *
     * @throws IOException if every address failed: the message names each with its reason
     */
    ConnectionInfo connect(PeerId peer, Collection<Multiaddr> addresses, Duration timeout) throws IOException;

    /**
     * Opens a stream, and a connection where there is none, and negotiates the first of {@code protocols} that the peer
     * serves.
     *
     * @throws UnsupportedProtocolException if the peer serves none of them
     * @throws IOException if the peer cannot be reached or a limit is hit
     */
    Stream open(PeerId peer, List<String> protocols, Duration timeout) throws IOException;

    /** Serves inbound streams of {@code protocol} until the registration is closed. */
    Registration handle(String protocol, StreamHandler handler);

    /** One for each connection, the oldest first. */
    List<ConnectionInfo> connections();

    boolean isConnected(PeerId peer);

    /** What the peer said of itself, if it is connected and has. */
    Optional<Identified> identified(PeerId peer);

    /** The last measured round trip, if one was measured. */
    Optional<Duration> latency(PeerId peer);

    /** Ends every connection to {@code peer}; false if there was none. */
    boolean disconnect(PeerId peer, String reason);

    /** Keeps connections to {@code peer} from being trimmed, for as long as a tag is on it. */
    void protect(PeerId peer, String tag);

    void unprotect(PeerId peer, String tag);

    /** Tells {@code listener} what happens from now on. */
    Registration listen(HostListener listener);

    /** Something that was registered, until it is closed. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
