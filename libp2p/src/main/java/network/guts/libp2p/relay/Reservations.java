package network.guts.libp2p.relay;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.Reachability;
import network.guts.libp2p.RelayReservation;
import network.guts.libp2p.relay.wire.HopMessage;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.swarm.Swarm;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps this host's places with relays. */
public final class Reservations implements HostListener {
    private static final String TAG = "relay";
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final Logger LOG = LoggerFactory.getLogger(Reservations.class);

    private final Swarm swarm;
    private final HopClient hop;
    private final InstantSource clock;
    private final Runnable changed;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReservationBook book = new ReservationBook();

    /**
     * @param changed run when {@link #addresses} have changed, on any thread
     */
    public Reservations(PeerId self, Swarm swarm, InstantSource clock, Runnable changed) {
        this.swarm = swarm;
        this.hop = new HopClient(self, swarm);
        this.clock = clock;
        this.changed = changed;
    }

    /**
     * Always keeps a place with this relay.
     *
     * @param relay its address, with {@code /p2p/…}
     */
    public void keep(Multiaddr relay) {
        PeerId peer = relay.peerId().orElseThrow(() -> new IllegalArgumentException(relay + " names no relay"));
        lock.lock();
        try {
            book.configure(peer, relay.withoutPeerId(), clock.instant());
        } finally {
            lock.unlock();
        }
    }

    /** Who cannot be reached wants relays from among the peers that it has. */
    public void reachability(Reachability now) {
        lock.lock();
        try {
            book.unreachable(now == Reachability.PRIVATE);
        } finally {
            lock.unlock();
        }
        changed.run();
        keepHouse();
    }

    /** Where others reach this host through relays. */
    public List<Multiaddr> addresses() {
        lock.lock();
        try {
            return book.circuits();
        } finally {
            lock.unlock();
        }
    }

    /** How it stands with each relay. */
    public List<RelayReservation> all() {
        lock.lock();
        try {
            return book.all();
        } finally {
            lock.unlock();
        }
    }

    /** True if connections may come from this relay. */
    boolean hold(PeerId relay) {
        lock.lock();
        try {
            return book.holds(relay, clock.instant());
        } finally {
            lock.unlock();
        }
    }

    /** What has to be done again and again; called every second or so. Does not block. */
    public void keepHouse() {
        Instant now = clock.instant();
        boolean news;
        List<ReservationBook.Relay> due;
        lock.lock();
        try {
            news = book.expire(now);
            if (book.wantsCandidates()) {
                for (Connection connection : swarm.connections().all()) {
                    connection
                            .identified()
                            .filter(said ->
                                    !connection.relayed() && said.protocols().contains(HopMessage.PROTOCOL))
                            .ifPresent(said -> book.offer(said.peer(), now));
                }
            }
            due = book.due(now);
        } finally {
            lock.unlock();
        }
        due.forEach(relay ->
                Thread.ofVirtual().name("reserve-" + relay.peer().abbreviated()).start(() -> reserve(relay)));
        if (news) {
            changed.run();
        }
    }

    private void reserve(ReservationBook.Relay relay) {
        PeerId peer = relay.peer();
        Optional<String> failure = Optional.of("failed");
        try {
            Connection connection = swarm.connectDirectly(peer, relay.addresses(), TIMEOUT);
            HopClient.Reservation reservation = hop.reserve(connection, clock.instant(), TIMEOUT);
            List<Multiaddr> circuits = (reservation.addresses().isEmpty() ? known(connection) : reservation.addresses())
                    .stream()
                            .map(address -> CircuitAddress.through(address, peer))
                            .distinct()
                            .toList();
            granted(peer, reservation.expires(), circuits);
            failure = Optional.empty();
        } catch (IOException e) {
            LOG.debug("no place with relay {}: {}", peer, Reasons.of(e));
            failure = Optional.of(Reasons.of(e));
        } finally {
            failure.ifPresent(reason -> failed(peer, reason));
        }
        changed.run();
    }

    private void granted(PeerId relay, Instant expires, List<Multiaddr> circuits) {
        boolean wanted;
        lock.lock();
        try {
            book.granted(relay, expires, circuits, clock.instant());
            wanted = book.isWanted(relay);
        } finally {
            lock.unlock();
        }
        if (!wanted) {
            return;
        }
        swarm.protect(relay, TAG);
        LOG.info("others reach this host through relay {} until {}", relay, expires);
        if (swarm.connections().direct(relay).isEmpty()) {
            // Its end may have been told before the place was noted.
            disconnected(relay);
        }
    }

    private void failed(PeerId relay, String reason) {
        lock.lock();
        try {
            book.failed(relay, reason, clock.instant());
        } finally {
            lock.unlock();
        }
    }

    /** A relay that does not tell its addresses: where it was dialled, or where it says that it can be. */
    private static List<Multiaddr> known(Connection connection) {
        return connection.outbound()
                ? List.of(connection.info().address())
                : connection.identified().map(Identified::addresses).orElse(List.of()).stream()
                        .filter(address -> !CircuitAddress.is(address))
                        .limit(HopMessage.Granted.MAX_ADDRESSES)
                        .toList();
    }

    /** A relay forgets whoever goes. */
    @Override
    public void disconnected(PeerId peer) {
        boolean lost;
        lock.lock();
        try {
            lost = book.lost(peer, clock.instant());
        } finally {
            lock.unlock();
        }
        if (lost) {
            LOG.info("the connection to relay {} is gone", peer);
            swarm.unprotect(peer, TAG);
            changed.run();
        }
    }
}
