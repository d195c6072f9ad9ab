package network.guts.libp2p.swarm;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.tcp.TcpDialer;
import network.guts.libp2p.tcp.UnsupportedAddressException;
import network.guts.libp2p.upgrade.UpgradedConnection;
import network.guts.libp2p.upgrade.Upgrader;

/** Makes connections: one dial for each peer at a time. */
final class Dialer {
    /** Takes a connection that this host has dialled in. */
    @FunctionalInterface
    interface Admission {
        /**
         * @throws IOException with the reason, if it is refused; it is closed then
         */
        Connection admit(UpgradedConnection upgraded, Multiaddr address) throws IOException;
    }

    private final TcpDialer tcp;
    private final Upgrader upgrader;
    private final StoredAddressBook book;
    private final DialBackoff backoff;
    private final Duration timeout;
    private final Admission admission;
    private final ConcurrentMap<PeerId, Dial> dials = new ConcurrentHashMap<>();

    Dialer(
            TcpDialer tcp,
            Upgrader upgrader,
            StoredAddressBook book,
            DialBackoff backoff,
            Duration timeout,
            Admission admission) {
        this.tcp = tcp;
        this.upgrader = upgrader;
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
            Dial fresh = new Dial(peer, (address, claim) -> attempt(peer, address, claim));
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

    private Connection attempt(PeerId peer, Multiaddr address, BooleanSupplier claim) throws IOException {
        Optional<String> refusal = backoff.refusal(peer, address);
        if (refusal.isPresent()) {
            throw new IOException(refusal.get());
        }
        UpgradedConnection upgraded;
        try {
            upgraded = upgraded(peer, address);
        } catch (UnsupportedAddressException e) {
            throw e;
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                backoff.failed(peer, address, Reasons.of(e));
                book.failed(peer, address);
            }
            throw e;
        }
        if (!claim.getAsBoolean()) {
            upgraded.connection().close("another connection to this peer was faster");
            throw new IOException("another address was faster");
        }
        Connection connection = admission.admit(upgraded, address);
        backoff.worked(peer, address);
        book.worked(peer, address);
        return connection;
    }

    /** A peer that serves other security than what is wanted most is dialled once more and asked. */
    private UpgradedConnection upgraded(PeerId peer, Multiaddr address) throws IOException {
        long start = System.nanoTime();
        SocketChannel channel = tcp.dial(address, timeout);
        try {
            return upgrader.outbound(channel, Optional.of(peer), left(start));
        } catch (UnsupportedProtocolException e) {
            if (!upgrader.hasAlternatives()) {
                throw e;
            }
        }
        return upgrader.outboundAsking(tcp.dial(address, left(start)), Optional.of(peer), left(start));
    }

    /** Of the time-out, what is left; not nothing, so that it ends by its own reason. */
    private Duration left(long start) {
        Duration left = timeout.minusNanos(System.nanoTime() - start);
        return left.isPositive() ? left : Duration.ofMillis(1);
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
