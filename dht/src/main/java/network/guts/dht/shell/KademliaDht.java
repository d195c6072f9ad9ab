package network.guts.dht.shell;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.metrics.Metrics;
import network.guts.dht.Dht;
import network.guts.dht.KademliaConfig;
import network.guts.dht.LookupException;
import network.guts.dht.core.DhtEffect;
import network.guts.dht.core.DhtInput;
import network.guts.dht.core.Goal;
import network.guts.dht.core.KademliaCore;
import network.guts.dht.core.ProvidedKey;
import network.guts.dht.core.ProviderRecord;
import network.guts.dht.core.RoutingTable;
import network.guts.runtime.Database;
import network.guts.runtime.ProtocolLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link Dht} on a host: owns the core's loop, serves and opens its streams, and keeps its records in the database. */
public final class KademliaDht implements Dht {
    /** Inputs that wait for the core; then remotes are pushed back. */
    private static final int MAILBOX = 1_024;

    /** Peers of the address book that are tried when the table is empty. */
    private static final int MAX_SEEDS = 50;

    private static final Duration SNAPSHOT_TIMEOUT = Duration.ofSeconds(10);
    private static final RoutingTable.GroupLimits NO_GROUP_LIMITS =
            new RoutingTable.GroupLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);
    private static final Logger LOG = LoggerFactory.getLogger(KademliaDht.class);

    private final Host host;
    private final KademliaConfig config;
    private final ProviderStore store;
    private final DhtMetrics metrics;
    private final ProtocolLoop<DhtInput, DhtEffect> loop;
    private final RequestServer server;
    private final RequestClient client;
    private final QueryRunner queries;
    private final Map<Long, CompletableFuture<List<RoutingTable.TableRow>>> snapshots = new ConcurrentHashMap<>();
    private final AtomicLong snapshotRefs = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private Mode mode;
    private boolean started;
    private boolean closed;
    private Host.@Nullable Registration serving;
    private Host.@Nullable Registration listening;

    /**
     * @param database keeps this node's tables, named {@code dht_…}; it is not closed here
     * @param random used by one thread only
     * @param metrics what this node counts with
     * @throws IOException if the tables cannot be made
     */
    public KademliaDht(
            Host host,
            Database database,
            KademliaConfig config,
            InstantSource clock,
            RandomGenerator random,
            Metrics metrics)
            throws IOException {
        this.host = host;
        this.config = config;
        this.mode = config.mode();
        this.metrics = new DhtMetrics(metrics);
        this.store = new ProviderStore(database, this.metrics);
        RoutingTable.GroupLimits limits = config.limitIpGroups() ? RoutingTable.GroupLimits.DEFAULT : NO_GROUP_LIMITS;
        KademliaCore core = new KademliaCore(host.peerId(), mode == Mode.SERVER, limits, random);
        this.loop = new ProtocolLoop<>("dht", core, this::perform, clock, MAILBOX);
        this.server = new RequestServer(store, loop, this.metrics);
        this.client = new RequestClient(host, config.protocol(), loop, this.metrics);
        this.queries = new QueryRunner(loop);
        this.metrics.watch(this::table, () -> mode() == Mode.SERVER, store);
    }

    @Override
    public Mode mode() {
        lock.lock();
        try {
            return mode;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void mode(Mode latest) {
        lock.lock();
        try {
            if (mode == latest || closed) {
                return;
            }
            mode = latest;
            loop.submit(new DhtInput.ModeChanged(mode == Mode.SERVER));
            if (started) {
                serve();
            }
        } finally {
            lock.unlock();
        }
    }

    private void serve() {
        if (serving != null) {
            serving.close();
            serving = null;
        }
        if (mode == Mode.SERVER) {
            serving = host.handle(config.protocol(), server);
        }
    }

    @Override
    public void start() {
        lock.lock();
        try {
            if (started || closed) {
                throw new IllegalStateException("a Dht is started once");
            }
            started = true;
            List<ProvidedKey> provided = store.provided();
            loop.start();
            loop.submit(new DhtInput.OwnAddresses(host.addresses()));
            loop.submit(new DhtInput.Start(provided));
            listening = host.listen(new Listener());
            serve();
            for (ConnectionInfo connection : host.connections()) {
                host.identified(connection.peer()).ifPresent(this::heardFrom);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the keys that this node provides cannot be read", e);
        } finally {
            lock.unlock();
        }
    }

    private final class Listener implements HostListener {
        @Override
        public void identified(Identified peer) {
            heardFrom(peer);
        }

        @Override
        public void addressesChanged() {
            loop.submit(new DhtInput.OwnAddresses(host.addresses()));
        }
    }

    /** A peer said what it serves, for the first time or anew. */
    private void heardFrom(Identified peer) {
        loop.submit(
                peer.protocols().contains(config.protocol())
                        ? new DhtInput.PeerServes(new PeerInfo(peer.peer(), peer.addresses()))
                        : new DhtInput.PeerStopped(peer.peer()));
    }

    /** Does what the core wants, on its thread: what may block gets a thread of its own. */
    private void perform(DhtEffect effect) {
        switch (effect) {
            case DhtEffect.Ask ask -> client.ask(ask);
            case DhtEffect.Abandon(long ask) -> client.abandon(ask);
            case DhtEffect.Reply reply -> server.decided(reply.ref(), reply);
            case DhtEffect.Refuse refuse -> server.decided(refuse.ref(), refuse);
            case DhtEffect.Store keep -> server.decided(keep.ref(), keep);
            case DhtEffect.Load load -> server.decided(load.ref(), load);
            case DhtEffect.LoadOwn(long query, Bytes key) ->
                background("load", () -> loop.submit(new DhtInput.LoadedOwn(query, ownRecords(key))));
            case DhtEffect.Sweep(var receivedBefore) -> background("sweep", () -> store.sweep(receivedBefore));
            case DhtEffect.NeedSeeds() -> background("seeds", () -> loop.submit(new DhtInput.Seeds(seeds())));
            case DhtEffect.Step step -> queries.event(step.query(), step);
            case DhtEffect.Found found -> queries.event(found.query(), found);
            case DhtEffect.Finished finished -> queries.event(finished.query(), finished);
            case DhtEffect.LookUpEnded ended -> metrics.ended(ended);
            case DhtEffect.Announced(ProvidedKey key) -> background("announced", () -> store.announced(key));
            case DhtEffect.TableSnapshot(long ref, List<RoutingTable.TableRow> rows) -> {
                CompletableFuture<List<RoutingTable.TableRow>> waiting = snapshots.remove(ref);
                if (waiting != null) {
                    waiting.complete(rows);
                }
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void background(String what, Work work) {
        Thread.ofVirtual().name("dht-" + what).start(() -> {
            try {
                work.run();
            } catch (IOException e) {
                LOG.error("dht: {} failed: {}", what, e.getMessage());
            }
        });
    }

    /** The look-up goes on without this node's own records if they cannot be read. */
    private List<ProviderRecord> ownRecords(Bytes key) {
        try {
            return store.records(key);
        } catch (IOException e) {
            LOG.error("provider records could not be read: {}", e.getMessage());
            return List.of();
        }
    }

    /** Who was there once, then who was configured. */
    private List<PeerInfo> seeds() {
        List<PeerInfo> seeds = new ArrayList<>(config.bootstrap());
        seeds.addAll(host.addressBook().lastSeen(MAX_SEEDS));
        for (ConnectionInfo connection : host.connections()) {
            host.identified(connection.peer())
                    .filter(peer -> peer.protocols().contains(config.protocol()))
                    .ifPresent(peer -> seeds.add(new PeerInfo(peer.peer(), peer.addresses())));
        }
        return seeds;
    }

    @Override
    public List<PeerInfo> closest(Bytes key, Duration timeout, Consumer<LookupEvent> trace) throws LookupException {
        return queries.run(new Goal.Closest(key), timeout, provider -> {}, trace)
                .peers();
    }

    @Override
    public PeerInfo findPeer(PeerId peer, Duration timeout, Consumer<LookupEvent> trace) throws LookupException {
        return queries.run(new Goal.FindPeer(peer), timeout, provider -> {}, trace)
                .peers()
                .getFirst();
    }

    @Override
    public int findProviders(
            Multihash key, int limit, Duration timeout, Consumer<FoundProvider> providers, Consumer<LookupEvent> trace)
            throws LookupException {
        if (limit < 1) {
            throw new IllegalArgumentException("a limit of " + limit + " providers");
        }
        AtomicInteger found = new AtomicInteger();
        try {
            queries.run(
                    new Goal.FindProviders(Bytes.of(key.toBytes()), limit),
                    timeout,
                    provider -> {
                        found.incrementAndGet();
                        providers.accept(provider);
                    },
                    trace);
        } catch (LookupException e) {
            // An interrupt ends the search, it is no failure of it.
            if (found.get() == 0 && !Thread.currentThread().isInterrupted()) {
                throw e;
            }
        }
        return found.get();
    }

    @Override
    public int provide(Multihash key, Duration timeout, Consumer<LookupEvent> trace) throws LookupException {
        Bytes bytes = Bytes.of(key.toBytes());
        remember(bytes);
        return queries.run(new Goal.Provide(bytes), timeout, provider -> {}, trace)
                .count();
    }

    @Override
    public void provideLater(Multihash key) {
        Bytes bytes = Bytes.of(key.toBytes());
        remember(bytes);
        loop.submit(new DhtInput.ProvideLater(bytes));
    }

    private void remember(Bytes key) {
        try {
            store.provide(key);
        } catch (IOException e) {
            throw new UncheckedIOException("the key cannot be remembered", e);
        }
    }

    @Override
    public void unprovide(Multihash key) {
        Bytes bytes = Bytes.of(key.toBytes());
        try {
            store.unprovide(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("the key cannot be forgotten", e);
        }
        loop.submit(new DhtInput.Unprovide(bytes));
    }

    @Override
    public List<Multihash> provided() {
        try {
            List<Multihash> keys = new ArrayList<>();
            for (ProvidedKey key : store.provided()) {
                keys.add(Multihash.parse(key.key().toArray()));
            }
            return keys;
        } catch (MalformedException e) {
            throw new IllegalStateException("only multihashes are stored", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the keys that this node provides cannot be read", e);
        }
    }

    @Override
    public List<TableEntry> table() {
        long ref = snapshotRefs.incrementAndGet();
        CompletableFuture<List<RoutingTable.TableRow>> snapshot = new CompletableFuture<>();
        snapshots.put(ref, snapshot);
        try {
            if (!loop.submit(new DhtInput.Snapshot(ref))) {
                return List.of();
            }
            return snapshot.get(SNAPSHOT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).stream()
                    .map(row -> new TableEntry(row.bucket(), row.contact().info(), row.added(), row.proved()))
                    .toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the routing table did not answer", e);
        } finally {
            snapshots.remove(ref);
        }
    }

    @Override
    public long records() {
        try {
            return store.size();
        } catch (IOException e) {
            throw new UncheckedIOException("provider records cannot be counted", e);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (listening != null) {
                listening.close();
            }
            if (serving != null) {
                serving.close();
            }
        } finally {
            lock.unlock();
        }
        queries.close();
        client.close();
        loop.close();
    }
}
