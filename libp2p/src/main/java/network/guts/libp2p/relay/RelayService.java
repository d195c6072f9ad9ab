package network.guts.libp2p.relay;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionLimit;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.HostListener;
import network.guts.core.host.Stream;
import network.guts.libp2p.RelayConfig.Limits;
import network.guts.libp2p.relay.wire.HopMessage;
import network.guts.libp2p.relay.wire.HopMessage.Granted;
import network.guts.libp2p.relay.wire.Status;
import network.guts.libp2p.relay.wire.StopMessage;
import network.guts.libp2p.relay.wire.Voucher;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.swarm.Swarm;
import network.guts.libp2p.tcp.IpClass;
import network.guts.runtime.Frames;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Relays for others, as long as it is told to. */
public final class RelayService implements HostListener {
    private static final String TAG = "relay-reservation";

    /** A request comes with its stream, and an answer to it costs the target a look. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Reservations and refusals beside the circuits that a peer may have. */
    private static final int MORE_STREAMS = 4;

    private static final Logger LOG = LoggerFactory.getLogger(RelayService.class);

    private final PrivateKey identity;
    private final Swarm swarm;
    private final Protocols protocols;
    private final Limits limits;
    private final ConnectionLimit limit;
    private final InstantSource clock;
    private final Supplier<List<Multiaddr>> addresses;
    private final ReentrantLock lock = new ReentrantLock();
    private final RelaySlots slots;
    private final Set<Circuit> circuits = ConcurrentHashMap.newKeySet();
    private Optional<Registration> serving = Optional.empty();

    /**
     * @param addresses of this host, for those who reserve
     */
    public RelayService(
            PrivateKey identity,
            Swarm swarm,
            Protocols protocols,
            Limits limits,
            InstantSource clock,
            Supplier<List<Multiaddr>> addresses) {
        this.identity = identity;
        this.swarm = swarm;
        this.protocols = protocols;
        this.limits = limits;
        this.limit = new ConnectionLimit(limits.duration(), OptionalLong.of(limits.bytes()));
        this.clock = clock;
        this.addresses = addresses;
        this.slots = new RelaySlots(limits);
    }

    /** Begins or ends; what was given is taken back at the end, and circuits are reset. */
    public void serve(boolean serve) {
        lock.lock();
        try {
            if (serve && serving.isEmpty()) {
                serving = Optional.of(
                        protocols.serve(HopMessage.PROTOCOL, this::handle, limits.circuitsPerPeer() + MORE_STREAMS));
            } else if (!serve && serving.isPresent()) {
                serving.get().close();
                serving = Optional.empty();
                slots.clear().forEach(peer -> swarm.unprotect(peer, TAG));
                circuits.forEach(Circuit::reset);
            }
        } finally {
            lock.unlock();
        }
    }

    public boolean serving() {
        lock.lock();
        try {
            return serving.isPresent();
        } finally {
            lock.unlock();
        }
    }

    /** Places that are kept for others. */
    public int reservations() {
        lock.lock();
        try {
            return slots.reservations();
        } finally {
            lock.unlock();
        }
    }

    /** Circuits that are open, or about to be. */
    public int circuits() {
        lock.lock();
        try {
            return slots.circuits();
        } finally {
            lock.unlock();
        }
    }

    /** What has to be done again and again. */
    public void keepHouse() {
        lock.lock();
        try {
            slots.expired(clock.instant()).forEach(peer -> swarm.unprotect(peer, TAG));
        } finally {
            lock.unlock();
        }
    }

    /** A peer that is gone cannot be reached through this host any more. */
    @Override
    public void disconnected(PeerId peer) {
        lock.lock();
        try {
            if (slots.gone(peer)) {
                swarm.unprotect(peer, TAG);
            }
        } finally {
            lock.unlock();
        }
    }

    private void handle(Stream stream) throws IOException {
        stream.readTimeout(TIMEOUT);
        stream.writeTimeout(TIMEOUT);
        HopMessage message;
        try {
            message = HopMessage.parse(Frames.readRequired(stream, HopMessage.MAX_ENCODED));
        } catch (MalformedException e) {
            refuse(stream, Status.MALFORMED_MESSAGE, Reasons.of(e));
            return;
        }
        if (CircuitAddress.is(stream.connection().address())) {
            refuse(stream, Status.PERMISSION_DENIED, "asked over a relay");
            return;
        }
        switch (message) {
            case HopMessage.Reserve() -> reserve(stream);
            case HopMessage.Connect(PeerId target) -> connect(stream, target);
            case HopMessage.Answer answer ->
                refuse(stream, Status.UNEXPECTED_MESSAGE, "an answer to nothing: " + answer.status());
        }
    }

    private static void refuse(Stream stream, Status status, String reason) throws IOException {
        LOG.debug("{}: refused with {}: {}", stream, status, reason);
        answer(stream, new HopMessage.Answer(status));
    }

    private static void answer(Stream stream, HopMessage.Answer answer) throws IOException {
        Frames.write(stream, answer.encode());
    }

    private void reserve(Stream stream) throws IOException {
        ConnectionInfo connection = stream.connection();
        Optional<String> group = connection
                .address()
                .ip()
                .filter(ip -> IpClass.of(ip) == IpClass.PUBLIC)
                .map(IpClass::group);
        Instant now = clock.instant();
        Status status;
        lock.lock();
        try {
            status = serving.isEmpty() ? Status.PERMISSION_DENIED : slots.reserve(connection.peer(), group, now);
            if (status == Status.OK) {
                swarm.protect(connection.peer(), TAG);
            }
        } finally {
            lock.unlock();
        }
        if (status != Status.OK) {
            refuse(stream, status, "no place is free");
            return;
        }
        if (swarm.connections().direct(connection.peer()).isEmpty()) {
            // Its end may have been told before the place was given.
            disconnected(connection.peer());
        }
        answer(stream, new HopMessage.Answer(status, Optional.of(granted(connection, now)), Optional.of(limit)));
    }

    private Granted granted(ConnectionInfo connection, Instant now) {
        PeerId self = identity.peerId();
        IpClass remote = IpClass.of(connection.address());
        List<Multiaddr> usable = addresses.get().stream()
                .filter(address ->
                        !CircuitAddress.is(address) && IpClass.of(address).usableFrom(remote))
                .limit(Granted.MAX_ADDRESSES)
                .map(address -> address.withPeerId(self))
                .toList();
        Instant expires = slots.expires(now);
        return new Granted(expires, usable, Optional.of(new Voucher(self, connection.peer(), expires).seal(identity)));
    }

    private void connect(Stream stream, PeerId target) throws IOException {
        PeerId source = stream.connection().peer();
        Status status;
        lock.lock();
        try {
            status = serving.isEmpty() ? Status.PERMISSION_DENIED : slots.connect(source, target, clock.instant());
        } finally {
            lock.unlock();
        }
        if (status != Status.OK) {
            refuse(stream, status, "a circuit to " + target);
            return;
        }
        try {
            carry(stream, target);
        } finally {
            lock.lock();
            try {
                slots.ended(source, target);
            } finally {
                lock.unlock();
            }
        }
    }

    private void carry(Stream stream, PeerId target) throws IOException {
        Optional<Connection> connection = swarm.connections().direct(target);
        if (connection.isEmpty()) {
            refuse(stream, Status.CONNECTION_FAILED, target + " is gone");
            return;
        }
        Optional<Stream> onward = greeted(connection.get(), stream.connection().peer());
        if (onward.isEmpty()) {
            refuse(stream, Status.CONNECTION_FAILED, target + " does not take it");
            return;
        }
        Circuit circuit = new Circuit(stream, onward.get(), limits);
        circuits.add(circuit);
        try (Stream other = onward.get()) {
            if (!serving()) {
                circuit.reset();
            }
            answer(stream, new HopMessage.Answer(Status.OK, Optional.empty(), Optional.of(limit)));
            LOG.debug("{} begins", circuit);
            circuit.run();
            LOG.debug("{} ended after {} bytes to and from {}", circuit, circuit.carried(), other.connection());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("a circuit was interrupted");
        } finally {
            circuits.remove(circuit);
        }
    }

    /** A stream to the target, which has said yes to it. */
    private Optional<Stream> greeted(Connection target, PeerId source) {
        Optional<Stream> onward = Optional.empty();
        boolean taken = false;
        try {
            Stream stream = swarm.openNow(target, StopMessage.PROTOCOL, TIMEOUT);
            onward = Optional.of(stream);
            stream.readTimeout(TIMEOUT);
            stream.writeTimeout(TIMEOUT);
            Frames.write(stream, new StopMessage.Connect(source, Optional.of(limit)).encode());
            StopMessage reply = StopMessage.parse(Frames.readRequired(stream, StopMessage.MAX_ENCODED));
            taken = reply.equals(new StopMessage.Answer(Status.OK));
            if (!taken) {
                LOG.debug("{}: no circuit from {}: {}", target, source, reply);
            }
        } catch (IOException e) {
            LOG.debug("{}: no circuit from {}: {}", target, source, Reasons.of(e));
        } finally {
            if (!taken) {
                onward.ifPresent(Stream::reset);
            }
        }
        return taken ? onward : Optional.empty();
    }
}
