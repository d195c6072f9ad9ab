package network.guts.libp2p.identify;

import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerRecord;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.identify.wire.IdentifyMessage;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Events;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.swarm.Swarm;
import network.guts.libp2p.tcp.IpClass;
import network.guts.runtime.Frames;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks every new peer who it is, answers the same question, and pushes what changes. */
public final class Identify implements AutoCloseable {
    public static final String ID = "/ipfs/id/1.0.0";
    public static final String PUSH = "/ipfs/id/push/1.0.0";

    /** Others identify before they do anything else, some of them slowly. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Once a part has come, the rest follows at once. */
    private static final Duration NEXT_PART_TIMEOUT = Duration.ofSeconds(5);

    /** go-libp2p reads as many; nobody sends more than two. */
    private static final int MAX_PARTS = 10;

    /** A node that was away for a week still finds some of its peers where they were. */
    private static final Duration ADDRESS_TTL = Duration.ofDays(7);

    /** A remote asks once a connection; a few more are no harm. */
    private static final int STREAMS_PER_PEER = 4;

    /** Protocols are often registered several at a time: one push for all. */
    private static final Duration PUSH_DELAY = Duration.ofMillis(100);

    private static final Logger LOG = LoggerFactory.getLogger(Identify.class);

    private final SelfDescription self;
    private final Swarm swarm;
    private final StoredAddressBook book;
    private final Events events;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ObservedAddresses observed = new ObservedAddresses();
    private final InstantSource clock;
    private final Runnable confirmed;
    private boolean stale;
    private boolean closed;

    /**
     * @param confirmed run when {@link #confirmedAddresses} have changed, on any thread
     */
    public Identify(
            SelfDescription self,
            Swarm swarm,
            StoredAddressBook book,
            Events events,
            InstantSource clock,
            Runnable confirmed) {
        this.self = self;
        this.clock = clock;
        this.confirmed = confirmed;
        this.swarm = swarm;
        this.book = book;
        this.events = events;
    }

    /** Serves both protocols. */
    public void serve(Protocols protocols) {
        protocols.serve(ID, this::answer, STREAMS_PER_PEER);
        protocols.serve(PUSH, this::pushed, STREAMS_PER_PEER);
    }

    /** Starts the thread that pushes. */
    public void start() {
        Thread.ofVirtual().name("identify-push").start(this::pushAll);
    }

    /** Asks the peer of a new connection; tries once more if that fails. */
    public void ask(Connection connection) {
        for (int attempt = 1; attempt <= 2 && connection.isOpen(); attempt++) {
            try (Stream stream = swarm.openNow(connection, ID, TIMEOUT)) {
                stream.readTimeout(TIMEOUT);
                take(connection, read(stream));
                wake();
                return;
            } catch (UnsupportedProtocolException | MalformedException e) {
                LOG.debug("{} does not identify itself: {}", connection, Reasons.of(e));
                return;
            } catch (IOException e) {
                LOG.debug("{} was not identified (attempt {}): {}", connection, attempt, Reasons.of(e));
            }
        }
    }

    private void answer(Stream stream) throws IOException {
        long version = self.version();
        Frames.write(stream, self.tell(stream.connection().address()).encode());
        swarm.connections().find(stream.connection().id()).ifPresent(connection -> connection.told(version));
    }

    private void pushed(Stream stream) throws IOException {
        events.awaitRoom();
        IdentifyMessage message = read(stream);
        Optional<Connection> connection =
                swarm.connections().find(stream.connection().id());
        if (connection.isPresent()) {
            take(connection.get(), message);
        }
    }

    /** All parts up to the end of the stream; who does not end it after the first is understood all the same. */
    private static IdentifyMessage read(Stream stream) throws IOException {
        List<byte[]> parts = new ArrayList<>();
        parts.add(Frames.readRequired(stream, IdentifyMessage.MAX_RECEIVED));
        int left = IdentifyMessage.MAX_RECEIVED - parts.getFirst().length;
        stream.readTimeout(NEXT_PART_TIMEOUT);
        try {
            byte[] part = Frames.read(stream, left);
            while (part != null && parts.size() < MAX_PARTS) {
                parts.add(part);
                left -= part.length;
                part = Frames.read(stream, left);
            }
        } catch (SocketTimeoutException e) {
            LOG.debug(
                    "{}: the stream of identify was not ended",
                    stream.connection().peer());
        }
        return IdentifyMessage.parse(parts);
    }

    private void take(Connection connection, IdentifyMessage message) throws MalformedException {
        if (message.publicKey().filter(key -> !key.equals(connection.key())).isPresent()) {
            throw new MalformedException("identify holds another key than the connection was secured with");
        }
        IpClass remote = connection.remoteClass();
        Optional<PeerRecord> record = record(connection, message);
        List<Multiaddr> said = record.map(PeerRecord::addresses).orElse(message.addresses());
        List<Multiaddr> addresses = said.stream()
                .filter(address -> IpClass.of(address).usableFrom(remote))
                .toList();
        Optional<Identified> before = connection.identified();
        Set<String> protocols = message.protocols().isEmpty()
                ? before.map(Identified::protocols).orElse(Set.of())
                : message.protocols();
        Identified now = new Identified(
                connection.info(),
                message.protocolVersion()
                        .or(() -> before.map(Identified::protocolVersion))
                        .orElse(""),
                message.agentVersion()
                        .or(() -> before.map(Identified::agentVersion))
                        .orElse(""),
                protocols,
                addresses.isEmpty() && said.isEmpty()
                        ? before.map(Identified::addresses).orElse(List.of())
                        : addresses);
        remember(connection, message, record, addresses);
        connection.identified(now, message.observed());
        message.observed().ifPresent(address -> observed(connection, address));
        events.add(listener -> listener.identified(now));
    }

    /** A connection that was dialled from any port says nothing of where others can come to. */
    private void observed(Connection connection, Multiaddr address) {
        boolean reusable = connection.reusable();
        Optional<InetAddress> observer = connection.info().address().ip();
        boolean news;
        lock.lock();
        try {
            if (connection.punchable()) {
                observed.seen(address, clock.instant());
            }
            news = observer.isPresent() && observed.observed(address, observer.get(), reusable, clock.instant());
        } finally {
            lock.unlock();
        }
        if (news) {
            LOG.debug("others agree now that this host is at {}", confirmedAddresses());
            confirmed.run();
        }
    }

    /** Where enough others, from different networks, see this host. */
    public List<Multiaddr> confirmedAddresses() {
        lock.lock();
        try {
            return observed.confirmed(clock.instant());
        } finally {
            lock.unlock();
        }
    }

    /** Where somebody at least sees the sockets from which this host dials: for a peer that tries them all at once. */
    public List<Multiaddr> seenAddresses() {
        lock.lock();
        try {
            return observed.seen(clock.instant());
        } finally {
            lock.unlock();
        }
    }

    /** The signed record, if it holds and is the peer's own: anything else is as if it were not there. */
    private static Optional<PeerRecord> record(Connection connection, IdentifyMessage message) {
        if (message.record().isEmpty()) {
            return Optional.empty();
        }
        try {
            PeerRecord record = PeerRecord.open(message.record().get());
            if (record.peer().equals(connection.info().peer())) {
                return Optional.of(record);
            }
            LOG.debug("{}: signed record of another peer ignored", connection);
        } catch (MalformedException e) {
            LOG.debug("{}: signed record ignored: {}", connection, e.getMessage());
        }
        return Optional.empty();
    }

    private void remember(
            Connection connection, IdentifyMessage message, Optional<PeerRecord> record, List<Multiaddr> addresses)
            throws MalformedException {
        if (record.isPresent()) {
            IpClass remote = connection.remoteClass();
            book.add(
                    message.record().orElseThrow(() -> new IllegalStateException("a record without its envelope")),
                    ADDRESS_TTL,
                    address -> IpClass.of(address).usableFrom(remote));
        } else {
            book.add(connection.info().peer(), addresses, ADDRESS_TTL);
        }
    }

    /** Addresses of peers that are connected for long must not be forgotten meanwhile. */
    public void refreshAddresses() {
        for (Connection connection : swarm.connections().all()) {
            connection.identified().ifPresent(said -> book.add(said.peer(), said.addresses(), ADDRESS_TTL));
        }
    }

    /** The description has changed: peers that were told the old one are told the new one. */
    public void wake() {
        lock.lock();
        try {
            stale = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pushAll() {
        try {
            while (awaitStale()) {
                long version = self.version();
                for (Connection connection : swarm.connections().all()) {
                    if (wantsPush(connection, version)) {
                        connection.told(version);
                        Thread.ofVirtual().name("identify-push").start(() -> push(connection));
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean awaitStale() throws InterruptedException {
        lock.lock();
        try {
            while (!stale && !closed) {
                changed.await(1, TimeUnit.MINUTES);
            }
            long nanos = PUSH_DELAY.toNanos();
            while (nanos > 0 && !closed) {
                nanos = changed.awaitNanos(nanos);
            }
            stale = false;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** A peer that has not asked yet will; one that does not serve push cannot be told. */
    private static boolean wantsPush(Connection connection, long version) {
        return connection.isOpen()
                && connection.told() > 0
                && connection.told() < version
                && connection
                        .identified()
                        .filter(said -> said.protocols().contains(PUSH))
                        .isPresent();
    }

    private void push(Connection connection) {
        try (Stream stream = swarm.openNow(connection, PUSH, TIMEOUT)) {
            stream.writeTimeout(TIMEOUT);
            Frames.write(stream, self.tell(connection.info().address()).encode());
            stream.closeWrite();
        } catch (IOException e) {
            LOG.debug("{}: push failed: {}", connection, Reasons.of(e));
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
