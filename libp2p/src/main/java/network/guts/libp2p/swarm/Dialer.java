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
import network.guts.core.PeerId;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.dns.NameResolver;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.transport.UnsupportedAddressException;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** Makes connections: one dial for each peer at a time. */
final class Dialer {
    /** Takes a connection that this host has dialled in. */
    interface Admission {
        /**
         * Reserves what a dial takes.
         *
         * @throws RefusedException if there may be no such connection
         */
        ConnectionScope reserve(PeerId peer, Multiaddr address) throws RefusedException;

        /**
         * @param scope what was reserved; closed with the connection, or at once if this fails
         * @throws IOException with the reason, if it is refused; it is closed then
         */
        Connection admit(UpgradedConnection upgraded, Transport transport, Multiaddr address, ConnectionScope scope)
                throws IOException;
    }

    private final Transports transports;
    private final StoredAddressBook book;
    private final NameResolver names;
    private final DialBackoff backoff;
    private final Duration timeout;
    private final Admission admission;
    private final ConcurrentMap<PeerId, Dial> dials = new ConcurrentHashMap<>();

    Dialer(
            Transports transports,
            NameResolver names,
            StoredAddressBook book,
            DialBackoff backoff,
            Duration timeout,
            Admission admission) {
        this.transports = transports;
        this.names = names;
        this.book = book;
        this.backoff = backoff;
        this.timeout = timeout;
        this.admission = admission;
    }

    /**
     * Waits for a connection to {@code peer} at one of {@code addresses}, or of those in the address book.
     *
     * @throws IOException naming each address with its reason
     */
    Connection connect(PeerId peer, Collection<Multiaddr> addresses, Duration patience) throws IOException {
        Set<Multiaddr> candidates = new LinkedHashSet<>();
        for (Multiaddr address : addresses) {
            if (address.peerId().isPresent() && !address.peerId().get().equals(peer)) {
                throw new IOException(address + " is an address of another peer than " + peer);
            }
            address.withoutPeerId().ifPresent(candidates::add);
        }
        candidates.addAll(book.addresses(peer));
        return join(peer, candidates).await(patience);
    }

    private Dial join(PeerId peer, Set<Multiaddr> candidates) {
        while (true) {
            Dial fresh = new Dial(peer, new Attempts(peer));
            fresh.join(candidates);
            Dial running = dials.putIfAbsent(peer, fresh);
            if (running == null) {
                Thread.ofVirtual().name("dial-" + peer.abbreviated()).start(() -> {
                    try {
                        fresh.run();
                    } finally {
                        dials.remove(peer, fresh);
                    }
                });
                return fresh;
            }
            if (running.join(candidates)) {
                return running;
            }
            dials.remove(peer, running);
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
            return NameResolver.isName(address);
        }

        @Override
        public List<Multiaddr> lookUp(Multiaddr address) throws IOException {
            return names.resolve(peer, address);
        }
    }

    private Connection attempt(PeerId peer, Multiaddr address, BooleanSupplier claim) throws IOException {
        Optional<String> refusal = backoff.refusal(peer, address);
        if (refusal.isPresent()) {
            throw new IOException(refusal.get());
        }
        Transport transport = transports.of(address);
        ConnectionScope scope = admission.reserve(peer, address);
        boolean admitted = false;
        try {
            UpgradedConnection upgraded = dial(peer, transport, address);
            if (!claim.getAsBoolean()) {
                upgraded.connection().close("another connection to this peer was faster");
                throw new IOException("another address was faster");
            }
            Connection connection = admission.admit(upgraded, transport, address, scope);
            admitted = true;
            backoff.worked(peer, address);
            book.worked(peer, address);
            return connection;
        } finally {
            if (!admitted) {
                scope.close();
            }
        }
    }

    private UpgradedConnection dial(PeerId peer, Transport transport, Multiaddr address) throws IOException {
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

    /** The peer has connected to us; {@code stop} if a dial of ours is not wanted any more. */
    void found(Connection connection, boolean stop) {
        Dial dial = dials.get(connection.info().peer());
        if (dial != null) {
            dial.found(connection, stop);
        }
    }

    void close() {
        dials.values().forEach(Dial::cancel);
    }
}
