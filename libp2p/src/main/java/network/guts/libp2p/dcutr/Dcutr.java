package network.guts.libp2p.dcutr;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.host.AddressBook;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.libp2p.dcutr.wire.HolePunchMessage;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.swarm.Swarm;
import network.guts.libp2p.tcp.IpClass;
import network.guts.runtime.Frames;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a direct way to a peer that is connected through a relay. Whoever was dialled through the relay begins: it dials the
 * peer's public addresses, and where that does not help, both dial each other at the same moment. Who dialled through the
 * relay is the client of what comes out.
 */
public final class Dcutr {
    public static final String ID = "/libp2p/dcutr";

    /** The specification's number. */
    private static final int ATTEMPTS = 3;

    /** A peer that can be dialled answers within it; one that cannot should not hold up the rest. */
    private static final Duration DIRECT_DIAL = Duration.ofSeconds(5);

    /** Three SYNs, and a handshake on a bad line. */
    private static final Duration PUNCH = Duration.ofSeconds(5);

    /**
     * A peer that has just begun may not know yet where it is seen; go-libp2p does not serve the protocol before it does,
     * and looks after 250 ms, then twice as long each time.
     */
    private static final Duration NOT_READY = Duration.ofSeconds(2);

    /** Over a relay, and the other side may be busy. */
    private static final Duration MESSAGE = Duration.ofSeconds(10);

    /** Who has many relayed connections at once lets some of them be. */
    private static final int AT_ONCE = 32;

    /** One, and one that was given up. */
    private static final int STREAMS_PER_PEER = 2;

    private static final Logger LOG = LoggerFactory.getLogger(Dcutr.class);

    private final Swarm swarm;
    private final AddressBook book;
    private final Supplier<List<Multiaddr>> own;
    private final Set<PeerId> active = ConcurrentHashMap.newKeySet();
    private final Semaphore room = new Semaphore(AT_ONCE);

    /**
     * @param own where this host listens, and where others see it; only what is public is told
     */
    public Dcutr(Swarm swarm, AddressBook book, Supplier<List<Multiaddr>> own) {
        this.swarm = swarm;
        this.book = book;
        this.own = own;
    }

    public void serve(Protocols protocols) {
        protocols.serve(ID, this::asked, STREAMS_PER_PEER);
    }

    /** The peer of a new connection has been asked who it is. Blocks until there is a direct connection, or none. */
    public void identified(Connection connection) {
        if (!connection.relayed() || connection.outbound()) {
            return;
        }
        PeerId peer = connection.info().peer();
        if (!begin(peer)) {
            connection.whyRelayed(Optional.of("too many holes are being punched"));
            return;
        }
        try {
            upgrade(connection);
            LOG.info("{} is connected directly now", peer);
        } catch (IOException e) {
            LOG.info("{} stays relayed: {}", peer, Reasons.of(e));
            connection.whyRelayed(Optional.of(Reasons.of(e)));
        } finally {
            end(peer);
        }
    }

    private boolean begin(PeerId peer) {
        if (!room.tryAcquire()) {
            return false;
        }
        if (!active.add(peer)) {
            room.release();
            return false;
        }
        return true;
    }

    private void end(PeerId peer) {
        active.remove(peer);
        room.release();
    }

    // ---- whoever was dialled through the relay

    private void upgrade(Connection relayed) throws IOException {
        if (dialled(relayed)) {
            return;
        }
        List<Multiaddr> ours = ours();
        IOException last = new IOException("not tried");
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            if (swarm.connections().direct(relayed.info().peer()).isPresent()) {
                return;
            }
            Optional<Agreed> agreed = Optional.empty();
            try {
                agreed = Optional.of(agree(relayed, ours));
                pause(agreed.get().roundTrip.dividedBy(2));
                swarm.punch(relayed.info().peer(), agreed.get().addresses, false, PUNCH);
                return;
            } catch (IOException e) {
                LOG.debug("{}: attempt {}: {}", relayed, attempt, Reasons.of(e));
                last = e;
            }
            if (agreed.isEmpty() && attempt < ATTEMPTS) {
                pause(NOT_READY.multipliedBy(attempt));
            }
        }
        throw last;
    }

    private static void pause(Duration time) throws InterruptedIOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("given up");
        }
    }

    /** True if the peer can simply be dialled. */
    private boolean dialled(Connection relayed) {
        PeerId peer = relayed.info().peer();
        Set<Multiaddr> known = new LinkedHashSet<>(
                relayed.identified().map(Identified::addresses).orElse(List.of()));
        known.addAll(book.addresses(peer));
        List<Multiaddr> addresses = usable(known.stream().toList());
        if (addresses.isEmpty()) {
            return swarm.connections().direct(peer).isPresent();
        }
        try {
            swarm.connectDirectly(peer, addresses, DIRECT_DIAL);
            return true;
        } catch (IOException e) {
            LOG.debug("{}: {}", relayed, Reasons.of(e));
            return false;
        }
    }

    /**
     * What both sides know before they dial.
     *
     * @param addresses the peer's
     */
    private record Agreed(List<Multiaddr> addresses, Duration roundTrip) {}

    private Agreed agree(Connection relayed, List<Multiaddr> ours) throws IOException {
        boolean done = false;
        Stream stream = swarm.openNow(relayed, ID, MESSAGE);
        try {
            stream.readTimeout(MESSAGE);
            stream.writeTimeout(MESSAGE);
            long start = System.nanoTime();
            Frames.write(stream, new HolePunchMessage.Connect(ours).encode());
            List<Multiaddr> theirs = connect(stream);
            Duration roundTrip = Duration.ofNanos(System.nanoTime() - start);
            Frames.write(stream, new HolePunchMessage.Sync().encode());
            done = true;
            return new Agreed(theirs, roundTrip);
        } finally {
            if (done) {
                stream.close();
            } else {
                stream.reset();
            }
        }
    }

    private static List<Multiaddr> connect(Stream stream) throws IOException {
        HolePunchMessage message = HolePunchMessage.parse(Frames.readRequired(stream, HolePunchMessage.MAX_ENCODED));
        if (!(message instanceof HolePunchMessage.Connect connect)) {
            throw new MalformedException("hole punching begins with an exchange of addresses");
        }
        List<Multiaddr> addresses = usable(connect.addresses());
        if (addresses.isEmpty()) {
            throw new IOException("the peer knows no public address of its own");
        }
        return addresses;
    }

    private List<Multiaddr> ours() throws IOException {
        List<Multiaddr> addresses = usable(own.get());
        if (addresses.isEmpty()) {
            throw new IOException("this host knows no public address of its own");
        }
        return addresses;
    }

    /** Public addresses that are dialled as they are: a stranger must not make this host dial its neighbours. */
    private static List<Multiaddr> usable(List<Multiaddr> addresses) {
        return addresses.stream()
                .filter(address -> address.ip().isPresent()
                        && IpClass.of(address) == IpClass.PUBLIC
                        && !address.has(Part.P2P_CIRCUIT))
                .flatMap(address -> address.withoutPeerId().stream())
                .distinct()
                .limit(HolePunchMessage.MAX_ADDRESSES)
                .toList();
    }

    // ---- whoever dialled through the relay

    private void asked(Stream stream) throws IOException {
        Optional<Connection> relayed =
                swarm.connections().find(stream.connection().id());
        if (relayed.isEmpty() || !relayed.get().relayed() || !relayed.get().outbound()) {
            throw new MalformedException("hole punching is for whoever dialled through a relay");
        }
        PeerId peer = stream.connection().peer();
        if (!begin(peer)) {
            throw new IOException("too many holes are being punched");
        }
        try {
            relayed.get().whyRelayed(Optional.empty());
            stream.readTimeout(MESSAGE);
            stream.writeTimeout(MESSAGE);
            List<Multiaddr> theirs = connect(stream);
            Frames.write(stream, new HolePunchMessage.Connect(ours()).encode());
            HolePunchMessage message =
                    HolePunchMessage.parse(Frames.readRequired(stream, HolePunchMessage.MAX_ENCODED));
            if (!(message instanceof HolePunchMessage.Sync)) {
                throw new MalformedException("addresses were exchanged, and no word to begin came");
            }
            stream.close();
            swarm.punch(peer, theirs, true, PUNCH);
            LOG.info("{} is connected directly now", peer);
        } catch (IOException e) {
            LOG.debug("{}: {}", relayed.get(), Reasons.of(e));
            relayed.get().whyRelayed(Optional.of(Reasons.of(e)));
            throw e;
        } finally {
            end(peer);
        }
    }
}
