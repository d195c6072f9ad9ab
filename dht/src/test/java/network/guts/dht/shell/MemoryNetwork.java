package network.guts.dht.shell;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
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
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.core.host.UnsupportedProtocolException;

/** Hosts that reach each other by piped streams, in one process: connections, identify and protocols as a real one has. */
final class MemoryNetwork {
    private final Map<PeerId, MemoryHost> hosts = new ConcurrentHashMap<>();
    private final AtomicLong connectionIds = new AtomicLong();

    MemoryHost host(PrivateKey key, Multiaddr address) {
        MemoryHost host = new MemoryHost(key, address);
        hosts.put(host.peerId(), host);
        return host;
    }

    /** A peer that is switched off: dialling it fails, its connections end. */
    void down(MemoryHost host) {
        hosts.remove(host.peerId());
        for (PeerId other : List.copyOf(host.connections.keySet())) {
            host.disconnect(other, "switched off");
        }
    }

    void up(MemoryHost host) {
        hosts.put(host.peerId(), host);
    }

    final class MemoryHost implements Host, AddressBook {
        private final PrivateKey key;
        private final List<Multiaddr> addresses;
        final Map<PeerId, ConnectionInfo> connections = new ConcurrentHashMap<>();
        private final Map<String, StreamHandler> handlers = new ConcurrentHashMap<>();
        private final List<HostListener> listeners = new CopyOnWriteArrayList<>();
        private final Map<PeerId, PeerInfo> seen = new LinkedHashMap<>();

        MemoryHost(PrivateKey key, Multiaddr address) {
            this.key = key;
            this.addresses = List.of(address);
        }

        PeerInfo info() {
            return new PeerInfo(peerId(), addresses);
        }

        @Override
        public PeerId peerId() {
            return key.peerId();
        }

        @Override
        public List<Multiaddr> addresses() {
            return addresses;
        }

        @Override
        public SignedEnvelope peerRecord() {
            return new PeerRecord(peerId(), 1, addresses).seal(key);
        }

        @Override
        public AddressBook addressBook() {
            return this;
        }

        @Override
        public ConnectionInfo connect(PeerId peer, Collection<Multiaddr> dialled, Duration timeout) throws IOException {
            MemoryHost other = hosts.get(peer);
            if (other == null || !hosts.containsKey(peerId())) {
                throw new IOException("cannot reach " + peer.abbreviated() + ": connection refused");
            }
            synchronized (MemoryNetwork.this) {
                ConnectionInfo known = connections.get(peer);
                if (known != null) {
                    return known;
                }
                link(other, ConnectionInfo.Direction.OUTBOUND);
                other.link(this, ConnectionInfo.Direction.INBOUND);
            }
            heard(other);
            other.heard(this);
            ConnectionInfo made = connections.get(peer);
            if (made == null) {
                throw new IOException("connection closed");
            }
            return made;
        }

        private void link(MemoryHost other, ConnectionInfo.Direction direction) {
            connections.put(
                    other.peerId(),
                    new ConnectionInfo(
                            connectionIds.incrementAndGet(),
                            other.peerId(),
                            other.addresses.getFirst(),
                            direction,
                            "tcp",
                            "noise",
                            "yamux",
                            Instant.EPOCH));
            synchronized (seen) {
                seen.put(other.peerId(), other.info());
            }
        }

        private void heard(MemoryHost other) {
            identified(other.peerId()).ifPresent(peer -> listeners.forEach(listener -> listener.identified(peer)));
        }

        /** Identify-push to everybody who is connected. */
        private void push() {
            for (PeerId peer : connections.keySet()) {
                MemoryHost other = hosts.get(peer);
                if (other != null) {
                    other.heard(this);
                }
            }
        }

        @Override
        public Stream open(PeerId peer, List<String> protocols, Duration timeout) throws IOException {
            ConnectionInfo connection = connect(peer, List.of(), timeout);
            MemoryHost other = hosts.get(peer);
            for (String protocol : protocols) {
                StreamHandler handler = other == null ? null : other.handlers.get(protocol);
                if (other != null && handler != null) {
                    ConnectionInfo back = other.connections.get(peerId());
                    if (back == null) {
                        throw new IOException("connection closed");
                    }
                    PipedStream[] ends = PipedStream.pair(connection, back, protocol);
                    Thread.ofVirtual().start(() -> serve(handler, ends[1]));
                    return ends[0];
                }
            }
            throw new UnsupportedProtocolException(peer.abbreviated() + " serves none of " + protocols);
        }

        private void serve(StreamHandler handler, PipedStream stream) {
            boolean done = false;
            try {
                handler.handle(stream);
                done = true;
            } catch (IOException e) {
                stream.failure = e;
            } finally {
                if (done) {
                    stream.close();
                } else {
                    stream.reset();
                }
            }
        }

        @Override
        public Registration handle(String protocol, StreamHandler handler) {
            handlers.put(protocol, handler);
            push();
            return () -> {
                handlers.remove(protocol, handler);
                push();
            };
        }

        @Override
        public List<ConnectionInfo> connections() {
            return List.copyOf(connections.values());
        }

        @Override
        public boolean isConnected(PeerId peer) {
            return connections.containsKey(peer);
        }

        @Override
        public Optional<Identified> identified(PeerId peer) {
            ConnectionInfo connection = connections.get(peer);
            MemoryHost other = hosts.get(peer);
            return connection == null || other == null
                    ? Optional.empty()
                    : Optional.of(new Identified(
                            connection, "guts", "test", Set.copyOf(other.handlers.keySet()), other.addresses));
        }

        @Override
        public Optional<Duration> latency(PeerId peer) {
            return Optional.empty();
        }

        @Override
        public boolean disconnect(PeerId peer, String reason) {
            boolean was = connections.remove(peer) != null;
            MemoryHost other = hosts.get(peer);
            if (other != null) {
                other.connections.remove(peerId());
            }
            return was;
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

        @Override
        public void add(PeerId peer, Collection<Multiaddr> known, Duration ttl) {
            synchronized (seen) {
                seen.put(peer, new PeerInfo(peer, List.copyOf(known)));
            }
        }

        @Override
        public boolean add(SignedEnvelope record, Duration ttl) throws MalformedException {
            PeerRecord opened = PeerRecord.open(record);
            add(opened.peer(), opened.addresses(), ttl);
            return true;
        }

        @Override
        public List<Multiaddr> addresses(PeerId peer) {
            synchronized (seen) {
                PeerInfo info = seen.get(peer);
                return info == null ? List.of() : info.addresses();
            }
        }

        @Override
        public Optional<SignedEnvelope> record(PeerId peer) {
            return Optional.ofNullable(hosts.get(peer)).map(MemoryHost::peerRecord);
        }

        @Override
        public List<PeerInfo> lastSeen(int limit) {
            synchronized (seen) {
                return new ArrayList<>(seen.values())
                        .reversed().stream().limit(limit).toList();
            }
        }
    }
}
