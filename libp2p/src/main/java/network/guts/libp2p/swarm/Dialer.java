package network.guts.libp2p.swarm;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.dns.NameResolver;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.metrics.Result;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.transport.UnsupportedAddressException;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** Makes connections: one dial for each peer at a time. */
final class Dialer {
    /**
     * What is looked for.
     *
     * @param direct true if a relayed connection will not do
     */
    private record Wanted(PeerId peer, boolean direct) {
        boolean takes(Multiaddr address) {
            return !direct || !address.has(Part.P2P_CIRCUIT);
        }
    }

    private final Transports transports;
    private final StoredAddressBook book;
    private final NameResolver names;
    private final DialBackoff backoff;
    private final Duration timeout;
    private final HostMetrics metrics;
    private final Admission admission;
    private final ConcurrentMap<Wanted, Dial> dials = new ConcurrentHashMap<>();

    Dialer(
            Transports transports,
            NameResolver names,
            StoredAddressBook book,
            DialBackoff backoff,
            Duration timeout,
            HostMetrics metrics,
            Admission admission) {
        this.transports = transports;
        this.names = names;
        this.book = book;
        this.backoff = backoff;
        this.timeout = timeout;
        this.metrics = metrics;
        this.admission = admission;
    }

    /**
     * Waits for a connection to {@code peer} at one of {@code addresses}, or of those in the address book.
     *
     * @throws IOException naming each address with its reason
     */
    Connection connect(PeerId peer, Collection<Multiaddr> addresses, Duration patience) throws IOException {
        return connect(new Wanted(peer, false), addresses, patience);
    }

    /**
     * As {@link #connect}, without relays.
     *
     * @throws IOException naming each address with its reason
     */
    Connection connectDirectly(PeerId peer, Collection<Multiaddr> addresses, Duration patience) throws IOException {
        return connect(new Wanted(peer, true), addresses, patience);
    }

    private Connection connect(Wanted wanted, Collection<Multiaddr> addresses, Duration patience) throws IOException {
        PeerId peer = wanted.peer;
        Set<Multiaddr> candidates = new LinkedHashSet<>();
        for (Multiaddr address : addresses) {
            if (address.peerId().isPresent() && !address.peerId().get().equals(peer)) {
                throw new IOException(address + " is an address of another peer than " + peer);
            }
            address.withoutPeerId().ifPresent(candidates::add);
        }
        candidates.addAll(book.addresses(peer));
        candidates.removeIf(address -> !wanted.takes(address));
        return join(wanted, candidates).await(patience);
    }

    private Dial join(Wanted wanted, Set<Multiaddr> candidates) {
        PeerId peer = wanted.peer;
        while (true) {
            Dial fresh = new Dial(peer, new Attempts(peer));
            fresh.join(candidates);
            Dial running = dials.putIfAbsent(wanted, fresh);
            if (running == null) {
                Thread.ofVirtual().name("dial-" + peer.abbreviated()).start(() -> {
                    try {
                        fresh.run();
                    } finally {
                        dials.remove(wanted, fresh);
                    }
                });
                return fresh;
            }
            if (running.join(candidates)) {
                return running;
            }
            dials.remove(wanted, running);
        }
    }

    /** Tries the addresses of one peer. */
    private final class Attempts implements Dial.Attempt {
        private final PeerId peer;

        private Attempts(PeerId peer) {
            this.peer = peer;
        }

        @Override
        public Connection connect(Multiaddr address, BooleanSupplier claim) throws IOException {
            return attempt(peer, address, claim);
        }

        @Override
        public boolean isName(Multiaddr address) {
            // Whoever dials a relay looks its name up.
            return !address.has(Part.P2P_CIRCUIT) && NameResolver.isName(address);
        }

        @Override
        public List<Multiaddr> lookUp(Multiaddr address) throws IOException {
            return names.resolve(peer, address);
        }
    }

    private Connection attempt(PeerId peer, Multiaddr address, BooleanSupplier claim) throws IOException {
        Transport transport = transport(address);
        Optional<String> refusal = backoff.refusal(peer, address);
        if (refusal.isPresent()) {
            metrics.notDialled(transport.name(), Result.BACKOFF);
            throw new IOException(refusal.get());
        }
        ConnectionScope scope = reserve(peer, address, transport);
        long start = System.nanoTime();
        Result result = Result.FAILED;
        try {
            UpgradedConnection upgraded = dial(transport, peer, address);
            if (!claim.getAsBoolean()) {
                result = Result.GIVEN_UP;
                upgraded.connection().close("another connection to this peer was faster");
                throw new IOException("another address was faster");
            }
            result = Result.NOT_ADMITTED;
            Connection connection = admission.admit(upgraded, transport, address, scope);
            result = Result.OK;
            backoff.worked(peer, address);
            book.worked(peer, address);
            return connection;
        } catch (IOException e) {
            if (result == Result.FAILED) {
                result = Thread.currentThread().isInterrupted() ? Result.GIVEN_UP : Result.of(e);
            }
            throw e;
        } finally {
            if (result != Result.OK) {
                scope.close();
            }
            metrics.dialled(transport.name(), result, start);
        }
    }

    private ConnectionScope reserve(PeerId peer, Multiaddr address, Transport transport) throws RefusedException {
        try {
            return admission.reserve(peer, address, Direction.OUTBOUND);
        } catch (RefusedException e) {
            metrics.notDialled(transport.name(), Result.NOT_ALLOWED);
            throw e;
        }
    }

    private Transport transport(Multiaddr address) throws UnsupportedAddressException {
        try {
            return transports.of(address);
        } catch (UnsupportedAddressException e) {
            metrics.notDialled("none", Result.UNSUPPORTED);
            throw e;
        }
    }

    private UpgradedConnection dial(Transport transport, PeerId peer, Multiaddr address) throws IOException {
        try {
            return transport.dial(address, Optional.of(peer), timeout);
        } catch (UnsupportedAddressException e) {
            throw e;
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                backoff.failed(peer, address, Reasons.of(e));
                book.failed(peer, address);
            }
            throw e;
        }
    }

    /**
     * The peer has connected to us; {@code stop} if a dial of ours is not wanted any more. Through a relay, it does not
     * count: a dial of ours may find a direct way.
     */
    void found(Connection connection, boolean stop) {
        if (connection.relayed()) {
            return;
        }
        for (boolean direct : new boolean[] {false, true}) {
            Dial dial = dials.get(new Wanted(connection.info().peer(), direct));
            if (dial != null) {
                dial.found(connection, stop);
            }
        }
    }

    void close() {
        dials.values().forEach(Dial::cancel);
    }
}
