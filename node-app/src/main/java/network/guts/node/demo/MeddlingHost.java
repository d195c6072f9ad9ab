package network.guts.node.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.AddressBook;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;

/**
 * A host whose sync streams can be made to lie, to die or to wait, for the demo's last step. Everything else is the real
 * host's. A node itself has no switch for this.
 */
final class MeddlingHost implements Host {
    private static final String SYNC = "/guts/sync/";

    private final Host host;
    private final AtomicReference<Meddling> meddling;

    /** What is done to what goes out. */
    @FunctionalInterface
    interface Meddling {
        Meddling NONE = bytes -> bytes;

        /** Called before anything that is no chunk; may wait. */
        default void message() throws IOException {}

        /**
         * @return the bytes that are sent instead
         * @throws IOException to end the stream
         */
        byte[] chunk(byte[] bytes) throws IOException;
    }

    MeddlingHost(Host host, AtomicReference<Meddling> meddling) {
        this.host = host;
        this.meddling = meddling;
    }

    @Override
    public Registration handle(String protocol, StreamHandler handler) {
        return host.handle(
                protocol,
                protocol.startsWith(SYNC) ? stream -> handler.handle(new MeddlingStream(stream, meddling)) : handler);
    }

    @Override
    public PeerId peerId() {
        return host.peerId();
    }

    @Override
    public List<Multiaddr> addresses() {
        return host.addresses();
    }

    @Override
    public SignedEnvelope peerRecord() {
        return host.peerRecord();
    }

    @Override
    public AddressBook addressBook() {
        return host.addressBook();
    }

    @Override
    public ConnectionInfo connect(PeerId peer, Collection<Multiaddr> addresses, Duration timeout) throws IOException {
        return host.connect(peer, addresses, timeout);
    }

    @Override
    public Stream open(PeerId peer, List<String> protocols, Duration timeout) throws IOException {
        return host.open(peer, protocols, timeout);
    }

    @Override
    public List<ConnectionInfo> connections() {
        return host.connections();
    }

    @Override
    public boolean isConnected(PeerId peer) {
        return host.isConnected(peer);
    }

    @Override
    public Optional<Identified> identified(PeerId peer) {
        return host.identified(peer);
    }

    @Override
    public Optional<Duration> latency(PeerId peer) {
        return host.latency(peer);
    }

    @Override
    public boolean disconnect(PeerId peer, String reason) {
        return host.disconnect(peer, reason);
    }

    @Override
    public void protect(PeerId peer, String tag) {
        host.protect(peer, tag);
    }

    @Override
    public void unprotect(PeerId peer, String tag) {
        host.unprotect(peer, tag);
    }

    @Override
    public Registration listen(HostListener listener) {
        return host.listen(listener);
    }
}
