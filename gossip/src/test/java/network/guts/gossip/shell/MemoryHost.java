package network.guts.gossip.shell;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PeerRecord;
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.AddressBook;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.core.host.UnsupportedProtocolException;

/** Hosts in one process: connections are entries in maps, streams are pipes with a window. */
final class MemoryHost implements Host, AutoCloseable {
    private static final AtomicLong CONNECTIONS = new AtomicLong();

    final PrivateKey key;
    final Set<String> faults = ConcurrentHashMap.newKeySet();
    private final Map<PeerId, Neighbour> neighbours = new ConcurrentHashMap<>();
    private final Map<String, StreamHandler> handlers = new ConcurrentHashMap<>();
    private final List<HostListener> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService events =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());

    private record Neighbour(MemoryHost host, ConnectionInfo connection, Set<PipedStream> streams) {}

    MemoryHost(PrivateKey key) {
        this.key = key;
    }

    /** Connects both ways, and lets both identify each other. */
    static void connect(MemoryHost one, MemoryHost other) throws IOException {
        one.add(other, Direction.OUTBOUND);
        other.add(one, Direction.INBOUND);
        one.announce(other);
        other.announce(one);
    }

    private void add(MemoryHost other, Direction direction) throws IOException {
        ConnectionInfo connection = new ConnectionInfo(
                CONNECTIONS.incrementAndGet(),
                other.peerId(),
                Multiaddr.parse("/ip4/127.0.0.1/tcp/4001"),
                direction,
                "tcp",
                "noise",
                "yamux",
                Instant.EPOCH);
        neighbours.put(other.peerId(), new Neighbour(other, connection, ConcurrentHashMap.newKeySet()));
    }

    private void announce(MemoryHost other) {
        identified(other.peerId())
                .ifPresent(identified ->
                        events.execute(() -> listeners.forEach(listener -> listener.identified(identified))));
    }

    @Override
    public PeerId peerId() {
        return key.peerId();
    }

    @Override
    public List<Multiaddr> addresses() {
        return List.of();
    }

    @Override
    public SignedEnvelope peerRecord() {
        return new PeerRecord(peerId(), 1, List.of()).seal(key);
    }

    @Override
    public AddressBook addressBook() {
        return new NoAddresses();
    }

    @Override
    public ConnectionInfo connect(PeerId peer, Collection<Multiaddr> addresses, Duration timeout) throws IOException {
        return neighbour(peer).connection;
    }

    private Neighbour neighbour(PeerId peer) throws IOException {
        Neighbour neighbour = neighbours.get(peer);
        if (neighbour == null) {
            throw new IOException(peer + " is not connected");
        }
        return neighbour;
    }

    @Override
    public Stream open(PeerId peer, List<String> protocols, Duration timeout) throws IOException {
        Neighbour there = neighbour(peer);
        Neighbour back = there.host.neighbour(peerId());
        for (String protocol : protocols) {
            StreamHandler handler = there.host.handlers.get(protocol);
            if (handler != null) {
                PipedStream[] pair = PipedStream.pair(protocol, there.connection, back.connection);
                there.streams.add(pair[0]);
                back.streams.add(pair[1]);
                Thread.ofVirtual().start(() -> there.host.serve(handler, pair[1]));
                return pair[0];
            }
        }
        throw new UnsupportedProtocolException("none of " + protocols);
    }

    private void serve(StreamHandler handler, PipedStream stream) {
        try {
            handler.handle(stream);
            stream.close();
        } catch (IOException e) {
            faults.add(String.valueOf(e.getMessage()));
            stream.reset();
        } catch (RuntimeException e) {
            faults.add("BUG " + e);
            stream.reset();
            throw e;
        }
    }

    @Override
    public Registration handle(String protocol, StreamHandler handler) {
        handlers.put(protocol, handler);
        return () -> handlers.remove(protocol, handler);
    }

    @Override
    public List<ConnectionInfo> connections() {
        return neighbours.values().stream().map(Neighbour::connection).toList();
    }

    @Override
    public boolean isConnected(PeerId peer) {
        return neighbours.containsKey(peer);
    }

    @Override
    public Optional<Identified> identified(PeerId peer) {
        return Optional.ofNullable(neighbours.get(peer))
                .map(there -> new Identified(
                        there.connection, "guts/1", "test", new HashSet<>(there.host.handlers.keySet()), List.of()));
    }

    @Override
    public Optional<Duration> latency(PeerId peer) {
        return Optional.empty();
    }

    @Override
    public boolean disconnect(PeerId peer, String reason) {
        Neighbour there = neighbours.get(peer);
        if (there == null) {
            return false;
        }
        lose(peer);
        there.host.lose(peerId());
        return true;
    }

    private void lose(PeerId peer) {
        Neighbour gone = neighbours.remove(peer);
        if (gone != null) {
            gone.streams.forEach(PipedStream::reset);
            events.execute(() -> listeners.forEach(listener -> listener.disconnected(peer)));
        }
    }

    @Override
    public void protect(PeerId peer, String tag) {
        // Nothing is ever trimmed here.
    }

    @Override
    public void unprotect(PeerId peer, String tag) {
        // Nothing is ever trimmed here.
    }

    @Override
    public Registration listen(HostListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        new ArrayList<>(neighbours.keySet()).forEach(peer -> disconnect(peer, "closing"));
        events.close();
    }

    /** Nobody is ever dialled. */
    private static final class NoAddresses implements AddressBook {
        @Override
        public void add(PeerId peer, Collection<Multiaddr> addresses, Duration ttl) {
            // Not kept.
        }

        @Override
        public boolean add(SignedEnvelope record, Duration ttl) throws MalformedException {
            return false;
        }

        @Override
        public List<Multiaddr> addresses(PeerId peer) {
            return List.of();
        }

        @Override
        public Optional<SignedEnvelope> record(PeerId peer) {
            return Optional.empty();
        }

        @Override
        public List<PeerInfo> lastSeen(int limit) {
            return List.of();
        }
    }
}
