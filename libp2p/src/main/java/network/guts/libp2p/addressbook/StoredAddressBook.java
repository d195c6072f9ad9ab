package network.guts.libp2p.addressbook;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PeerRecord;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.AddressBook;
import network.guts.libp2p.addressbook.PeerEntry.SignedRecord;
import network.guts.runtime.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The address book: peers in use are in memory; changes reach the database in batches, {@link #WRITE_DELAY} later at most,
 * so that no handshake waits for a disk and a crash loses next to nothing. Without a database, memory is all there is.
 */
public final class StoredAddressBook implements AddressBook, AutoCloseable {
    /** Peers never connected are forgotten first, then those that were seen longest ago. */
    public static final int MAX_PEERS = 10_000;

    /** An address that worked is tried again after a month's holiday. */
    static final Duration WORKED_TTL = Duration.ofDays(30);

    private static final Duration WRITE_DELAY = Duration.ofMillis(500);

    /** So many changed peers are written at once, without delay. */
    private static final int MAX_UNWRITTEN = 1_000;

    private static final int MAX_CACHED = 2_000;
    private static final Logger LOG = LoggerFactory.getLogger(StoredAddressBook.class);

    private final PeerStore store;
    private final InstantSource clock;
    private final Supplier<Set<PeerId>> connected;
    private final int maxPeers;
    private final Cache<PeerId, PeerEntry> cache =
            Caffeine.newBuilder().maximumSize(MAX_CACHED).build();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<PeerId, PeerEntry> unwritten = new LinkedHashMap<>();
    private final ReentrantLock writing = new ReentrantLock();
    private final Thread writer = Thread.ofVirtual().name("address-book").unstarted(this::writeAll);
    private boolean closed;

    /**
     * Opens the book; the database stays the caller's.
     *
     * @param connected who is connected and therefore never forgotten
     * @throws IOException if the tables cannot be made
     */
    public StoredAddressBook(Database database, InstantSource clock, Supplier<Set<PeerId>> connected)
            throws IOException {
        this(new PeerTables(database), clock, connected, MAX_PEERS);
    }

    /**
     * A book that is gone with the process.
     *
     * @param connected who is connected and therefore never forgotten
     */
    public static StoredAddressBook inMemory(InstantSource clock, Supplier<Set<PeerId>> connected) {
        return new StoredAddressBook(new PeersInMemory(), clock, connected, MAX_PEERS);
    }

    StoredAddressBook(PeerStore store, InstantSource clock, Supplier<Set<PeerId>> connected, int maxPeers) {
        this.store = store;
        this.clock = clock;
        this.connected = connected;
        this.maxPeers = maxPeers;
        writer.start();
    }

    @Override
    public void add(PeerId peer, Collection<Multiaddr> addresses, Duration ttl) {
        if (!addresses.isEmpty() && ttl.isPositive()) {
            Instant now = clock.instant();
            update(peer, entry -> entry.heard(plain(addresses), now.plus(ttl), now));
        }
    }

    @Override
    public boolean add(SignedEnvelope record, Duration ttl) throws MalformedException {
        return add(record, ttl, address -> true);
    }

    /**
     * As {@link #add(SignedEnvelope, Duration)}, for a record whose addresses are not all of use here.
     *
     * @param usable the addresses to keep
     */
    public boolean add(SignedEnvelope record, Duration ttl, Predicate<Multiaddr> usable) throws MalformedException {
        PeerRecord opened = PeerRecord.open(record);
        Instant now = clock.instant();
        List<Multiaddr> addresses =
                plain(opened.addresses()).stream().filter(usable).toList();
        SignedRecord signed = new SignedRecord(record, opened.sequence(), now.plus(ttl));
        boolean[] taken = new boolean[1];
        update(opened.peer(), entry -> {
            boolean older = entry.record()
                    .filter(known -> known.expires().isAfter(now)
                            && Long.compareUnsigned(known.sequence(), opened.sequence()) > 0)
                    .isPresent();
            taken[0] = !older;
            return older ? entry : entry.signed(signed, addresses, now);
        });
        return taken[0];
    }

    private static List<Multiaddr> plain(Collection<Multiaddr> addresses) {
        return addresses.stream()
                .map(Multiaddr::withoutPeerId)
                .flatMap(Optional::stream)
                .distinct()
                .limit(PeerEntry.MAX_ADDRESSES)
                .toList();
    }

    @Override
    public List<Multiaddr> addresses(PeerId peer) {
        return find(peer).usable(clock.instant());
    }

    @Override
    public Optional<SignedEnvelope> record(PeerId peer) {
        Instant now = clock.instant();
        return find(peer)
                .record()
                .filter(record -> record.expires().isAfter(now))
                .map(SignedRecord::envelope);
    }

    @Override
    public List<PeerInfo> lastSeen(int limit) {
        flush();
        List<PeerInfo> peers = new ArrayList<>();
        try {
            for (PeerId peer : store.lastSeen(limit)) {
                List<Multiaddr> addresses = addresses(peer);
                if (!addresses.isEmpty()) {
                    peers.add(new PeerInfo(peer, addresses));
                }
            }
        } catch (IOException e) {
            LOG.error("the address book cannot be read", e);
        }
        return peers;
    }

    /** The address was dialled with success: it comes first next time. */
    public void worked(PeerId peer, Multiaddr address) {
        Instant now = clock.instant();
        update(peer, entry -> entry.worked(address, now.plus(WORKED_TTL), now));
    }

    /** The address was dialled in vain: it comes last next time. */
    public void failed(PeerId peer, Multiaddr address) {
        if (find(peer).addresses().containsKey(address)) {
            update(peer, entry -> entry.failed(address, clock.instant()));
        }
    }

    /** The peer is connected at this moment. */
    public void seen(PeerId peer) {
        update(peer, entry -> entry.seen(clock.instant()));
    }

    /** Peers in the book; those of the last moment may be missing. Does not block. */
    public int size() {
        return store.size();
    }

    private PeerEntry find(PeerId peer) {
        lock.lock();
        try {
            return current(peer);
        } finally {
            lock.unlock();
        }
    }

    private PeerEntry current(PeerId peer) {
        PeerEntry changedEntry = unwritten.get(peer);
        return changedEntry != null ? changedEntry : cache.get(peer, this::load);
    }

    private PeerEntry load(PeerId peer) {
        try {
            return store.find(peer).orElse(PeerEntry.NONE);
        } catch (IOException e) {
            LOG.error("the address book cannot be read", e);
            return PeerEntry.NONE;
        }
    }

    private void update(PeerId peer, UnaryOperator<PeerEntry> change) {
        boolean full;
        lock.lock();
        try {
            PeerEntry before = current(peer);
            PeerEntry after = change.apply(before);
            if (after.equals(before)) {
                return;
            }
            cache.put(peer, after);
            unwritten.put(peer, after);
            full = unwritten.size() >= MAX_UNWRITTEN;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (full) {
            flush();
        }
    }

    private void writeAll() {
        try {
            while (awaitChange()) {
                flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a change, and then a moment for more of them; false once the book is closed. */
    private boolean awaitChange() throws InterruptedException {
        lock.lock();
        try {
            while (unwritten.isEmpty() && !closed) {
                changed.await();
            }
            long nanos = WRITE_DELAY.toNanos();
            while (nanos > 0 && !closed && unwritten.size() < MAX_UNWRITTEN) {
                nanos = changed.awaitNanos(nanos);
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Writes what has changed. */
    public void flush() {
        writing.lock();
        try {
            Map<PeerId, PeerEntry> batch;
            lock.lock();
            try {
                batch = new LinkedHashMap<>(unwritten);
            } finally {
                lock.unlock();
            }
            if (batch.isEmpty()) {
                return;
            }
            store(batch);
            lock.lock();
            try {
                batch.forEach(unwritten::remove);
            } finally {
                lock.unlock();
            }
        } finally {
            writing.unlock();
        }
    }

    /** What cannot be written stays in memory as long as the cache keeps it: a full disk must not stop the host. */
    private void store(Map<PeerId, PeerEntry> batch) {
        try {
            store.store(batch, maxPeers, connected.get());
        } catch (IOException e) {
            LOG.error("the address book cannot be written", e);
        }
    }

    /** Writes what has changed, and ends. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        flush();
    }
}
