package network.guts.sync.testing;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PeerRecord;
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.AddressBook;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionLimit;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.StreamHandler;
import network.guts.core.host.UnsupportedProtocolException;

/** Hosts that reach one another in memory. */
public final class MemoryHosts {
    private final Map<PeerId, MemoryHost> hosts = new ConcurrentHashMap<>();
    private final AtomicLong connections = new AtomicLong();

    /** A new host with a key of its own. */
    public MemoryHost host() {
        MemoryHost host = new MemoryHost(PrivateKey.generate(new SecureRandom()));
        hosts.put(host.peerId(), host);
        return host;
    }

    /** One of them. */
    public final class MemoryHost implements Host {
        private final PrivateKey key;
        private final Map<String, StreamHandler> handlers = new ConcurrentHashMap<>();
        private final List<HostListener> listeners = new CopyOnWriteArrayList<>();
        private final List<MemoryStream> streams = new CopyOnWriteArrayList<>();
        private volatile Optional<ConnectionLimit> limit = Optional.empty();
        private volatile UnaryOperator<MemoryStream> decorator = stream -> stream;

        private MemoryHost(PrivateKey key) {
            this.key = key;
        }

        /** Changes what this host says on the streams that others open to it. */
        public void decorate(UnaryOperator<MemoryStream> change) {
            decorator = change;
        }

        /** From now on this host is reached through a relay. */
        public void relayed(ConnectionLimit allowed) {
            limit = Optional.of(allowed);
        }

        /** The process is gone: streams end, nobody answers. */
        public void kill() {
            hosts.remove(peerId());
            streams.forEach(MemoryStream::reset);
        }

        public PeerInfo info() {
            return new PeerInfo(peerId(), addresses());
        }

        @Override
        public PeerId peerId() {
            return key.peerId();
        }

        @Override
        public List<Multiaddr> addresses() {
            return List.of(address());
        }

        @Override
        public SignedEnvelope peerRecord() {
            return new PeerRecord(peerId(), 1, addresses()).seal(key);
        }

        @Override
        public AddressBook addressBook() {
            return new Book();
        }

        @Override
        public ConnectionInfo connect(PeerId peer, Collection<Multiaddr> addresses, Duration timeout)
                throws IOException {
            if (!hosts.containsKey(peer)) {
                throw new IOException("nobody there");
            }
            return connection(peer, ConnectionInfo.Direction.OUTBOUND);
        }

        private ConnectionInfo connection(PeerId peer, ConnectionInfo.Direction direction) {
            return new ConnectionInfo(
                    connections.incrementAndGet(),
                    peer,
                    address(),
                    direction,
                    "tcp",
                    "noise",
                    "yamux",
                    Instant.EPOCH,
                    Optional.ofNullable(hosts.get(peer)).flatMap(other -> other.limit));
        }

        @Override
        public MemoryStream open(PeerId peer, List<String> protocols, Duration timeout) throws IOException {
            MemoryHost other = hosts.get(peer);
            if (other == null) {
                throw new IOException("nobody there");
            }
            String protocol = protocols.getFirst();
            StreamHandler handler = other.handlers.get(protocol);
            if (handler == null) {
                throw new UnsupportedProtocolException(protocol);
            }
            MemoryPipe there = new MemoryPipe();
            MemoryPipe back = new MemoryPipe();
            MemoryStream ours =
                    new MemoryStream(connection(peer, ConnectionInfo.Direction.OUTBOUND), protocol, back, there);
            MemoryStream theirs = other.decorator.apply(new MemoryStream(
                    other.connection(peerId(), ConnectionInfo.Direction.INBOUND), protocol, there, back));
            streams.add(ours);
            other.streams.add(theirs);
            Thread.ofVirtual().start(() -> serve(handler, theirs));
            return ours;
        }

        private static void serve(StreamHandler handler, MemoryStream stream) {
            try {
                handler.handle(stream);
                stream.close();
            } catch (IOException e) {
                // What was written can still be read, then the stream ends.
                stream.close();
            }
        }

        @Override
        public Registration handle(String protocol, StreamHandler handler) {
            handlers.put(protocol, handler);
            return () -> handlers.remove(protocol);
        }

        @Override
        public List<ConnectionInfo> connections() {
            return List.of();
        }

        @Override
        public boolean isConnected(PeerId peer) {
            return hosts.containsKey(peer);
        }

        @Override
        public Optional<Identified> identified(PeerId peer) {
            return Optional.empty();
        }

        @Override
        public Optional<Duration> latency(PeerId peer) {
            return Optional.empty();
        }

        @Override
        public boolean disconnect(PeerId peer, String reason) {
            return false;
        }

        @Override
        public void protect(PeerId peer, String tag) {}

        @Override
        public void unprotect(PeerId peer, String tag) {}

        @Override
        public Registration listen(HostListener listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }
    }

    private static Multiaddr address() {
        try {
            return Multiaddr.parse("/ip4/127.0.0.1/tcp/4001");
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private final class Book implements AddressBook {
        @Override
        public void add(PeerId peer, Collection<Multiaddr> addresses, Duration ttl) {}

        @Override
        public boolean add(SignedEnvelope record, Duration ttl) {
            return true;
        }

        @Override
        public List<Multiaddr> addresses(PeerId peer) {
            return hosts.containsKey(peer) ? List.of(address()) : List.of();
        }

        @Override
        public Optional<SignedEnvelope> record(PeerId peer) {
            return Optional.ofNullable(hosts.get(peer)).map(MemoryHost::peerRecord);
        }

        @Override
        public List<PeerInfo> lastSeen(int limit) {
            return new ArrayList<>();
        }
    }

    /** Who is running. */
    public Set<PeerId> running() {
        return Set.copyOf(hosts.keySet());
    }
}
