package network.guts.sync.via;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.host.Identified;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.Kept;
import network.guts.sync.SigningKeys;
import network.guts.sync.SyncException;
import network.guts.sync.local.LocalRepositories;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.local.Publisher;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.records.RecordStore;
import network.guts.sync.records.ViaSeeder;
import network.guts.sync.records.ViaStore;
import network.guts.sync.wire.SignedRecords;
import network.guts.sync.wire.ViaCodec;
import org.jspecify.annotations.Nullable;

/**
 * The publisher's side: has seeders keep repositories, and from then on keeps a connection to each, so that what is pushed
 * arrives there although nobody can dial this node. A {@link SeederWatch} looks after each. Thread-safe.
 */
public final class ViaSeeders implements AutoCloseable {
    /** Of one repository. Each costs a connection that is never trimmed; more copies come by themselves, from these. */
    static final int MAX_SEEDERS = 8;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final LocalRepositories repositories;
    private final ViaStore store;
    private final Publisher publisher;
    private final SigningKeys keys;
    private final Host host;
    private final InstantSource clock;
    private final ViaClient client;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Pair, SeederWatch> watches = new LinkedHashMap<>();
    private Host.@Nullable Registration registration;
    private boolean closed;

    private record Pair(RepositoryId repository, PeerId seeder) {}

    public ViaSeeders(
            LocalRepositories repositories,
            ViaStore store,
            Publisher publisher,
            SigningKeys keys,
            Host host,
            InstantSource clock) {
        this.repositories = repositories;
        this.store = store;
        this.publisher = publisher;
        this.keys = keys;
        this.host = host;
        this.clock = clock;
        this.client = new ViaClient(host);
    }

    /** Goes back to every seeder that agreed in an earlier run. */
    public void start() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            registration = host.listen(new HostListener() {
                @Override
                public void connected(ConnectionInfo connection) {
                    tell(connection.peer(), SeederWatch::news);
                }

                @Override
                public void disconnected(PeerId peer) {
                    tell(peer, SeederWatch::lost);
                }
            });
        } finally {
            lock.unlock();
        }
        for (ViaSeeder one : store.all()) {
            watch(new ViaSeeder(one.repository(), one.seeder(), SeederWatch.UNKNOWN));
        }
    }

    private void tell(PeerId peer, Consumer<SeederWatch> what) {
        lock.lock();
        try {
            watches.forEach((pair, watch) -> {
                if (pair.seeder().equals(peer)) {
                    what.accept(watch);
                }
            });
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has {@code seeder} keep a repository; see {@link network.guts.sync.Repositories#via}.
     *
     * @param patience how long a seeder that agreed and is lost, or that is busy, is tried again
     */
    public Kept keep(RepositoryId id, PeerInfo seeder, Duration patience, Progress progress) throws IOException {
        check(id, seeder.peer());
        try {
            long has = askPatiently(id, seeder, patience, progress);
            PeerInfo where = new PeerInfo(seeder.peer(), addresses(seeder));
            store.put(new ViaSeeder(id, where, has));
            // Clones that know one provider find this one without a DHT.
            long newest = publisher.vouch(id);
            if (newest > has) {
                has = askPatiently(id, where, patience, progress);
                store.put(new ViaSeeder(id, where, has));
            }
            return new Kept(where.peer(), where.addresses(), has);
        } catch (SyncException e) {
            if (e.kind() == SyncException.Kind.REFUSED) {
                forgetUnlessItHasIt(id, seeder.peer());
            }
            throw e;
        } finally {
            for (ViaSeeder one : store.of(id)) {
                watch(one);
            }
        }
    }

    /** It agreed by what was declared, and then did not take it. */
    private void forgetUnlessItHasIt(RepositoryId id, PeerId seeder) throws IOException {
        for (ViaSeeder one : store.of(id)) {
            if (one.seeder().peer().equals(seeder) && one.sequence() == 0) {
                store.forget(id, seeder);
                unwatch(pair -> pair.equals(new Pair(id, seeder)));
            }
        }
    }

    private void check(RepositoryId id, PeerId seeder) throws IOException {
        if (seeder.equals(host.peerId())) {
            throw new SyncException(
                    SyncException.Kind.REFUSED, seeder + " is this node itself", "Name another node as the seeder.");
        }
        Publisher.delegateKey(keys, held(id));

        int known = store.of(id).size();
        if (known >= MAX_SEEDERS && !isKnown(id, seeder)) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    known + " seeders keep " + id + " for this node, more are not needed",
                    "Others may seed it by themselves.");
        }
    }

    private LocalRepository held(RepositoryId id) throws IOException {
        return repositories
                .find(id)
                .orElseThrow(() -> new SyncException(
                        SyncException.Kind.NOT_FOUND, "this node does not hold " + id, "Publish it first."));
    }

    /** What this node asks for now. */
    private Signed<ViaAsk> draft(RepositoryId id, PeerId seeder) throws IOException {
        LocalRepository repository = held(id);
        PrivateKey key = Publisher.delegateKey(keys, repository);
        RefsBody own = repository.bodies().getOrDefault(key.publicKey(), RefsBody.EMPTY);
        Set<PackId> packs = new LinkedHashSet<>(own.packs());
        packs.addAll(repository.listedPacks());
        long bytes = 0;
        for (PackId pack : packs) {
            Optional<RecordStore.Descriptor> descriptor = repositories.store().descriptor(pack);
            bytes += descriptor.map(one -> one.value().size()).orElse(0L);
        }
        return SignedRecords.seal(key, new ViaAsk(id, seeder, host.peerId(), clock.instant(), sequence(id), bytes));
    }

    /** Of this node's newest header. */
    private long sequence(RepositoryId id) throws IOException {
        LocalRepository repository = held(id);
        PrivateKey key = Publisher.delegateKey(keys, repository);
        return repository.with(state -> state.views().highest(key.publicKey()));
    }

    /** Asks once, and remembers a seeder that agrees: from then on it is gone back to. */
    private long ask(RepositoryId id, PeerInfo seeder, ViaClient.Accepted accepted, Progress progress)
            throws IOException {
        boolean[] noted = {false};
        return client.ask(
                seeder,
                draft(id, seeder.peer()),
                () -> {
                    if (!noted[0]) {
                        noted[0] = true;
                        remember(id, seeder);
                    }
                    accepted.atWork();
                },
                progress);
    }

    private void remember(RepositoryId id, PeerInfo seeder) throws IOException {
        if (!isKnown(id, seeder.peer())) {
            store.put(new ViaSeeder(id, new PeerInfo(seeder.peer(), addresses(seeder)), 0));
        }
    }

    private boolean isKnown(RepositoryId id, PeerId seeder) throws IOException {
        return store.of(id).stream().anyMatch(one -> one.seeder().peer().equals(seeder));
    }

    /** Where the seeder is: where it was dialled, then where it says it can be. */
    private List<Multiaddr> addresses(PeerInfo seeder) {
        Set<Multiaddr> all = new LinkedHashSet<>();
        host.connections().stream()
                .filter(one -> one.peer().equals(seeder.peer()) && one.direction() == ConnectionInfo.Direction.OUTBOUND)
                .forEach(one -> all.add(one.address()));
        all.addAll(seeder.addresses());
        all.addAll(host.identified(seeder.peer()).map(Identified::addresses).orElse(List.of()));
        return all.stream().limit(RefsBody.MAX_SEED_ADDRESSES).toList();
    }

    private long askPatiently(RepositoryId id, PeerInfo seeder, Duration patience, Progress progress)
            throws IOException {
        long[] lastWord = {System.nanoTime()};
        boolean[] agreed = {isKnown(id, seeder.peer())};
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return ask(
                        id,
                        seeder,
                        () -> {
                            lastWord[0] = System.nanoTime();
                            agreed[0] = true;
                        },
                        progress);
            } catch (SyncException e) {
                throw e;
            } catch (UnsupportedProtocolException e) {
                throw new SyncException(
                        SyncException.Kind.REFUSED,
                        seeder.peer() + " keeps no repositories for others: it does not serve " + ViaCodec.PROTOCOL,
                        "Ask another seeder.");
            } catch (IOException e) {
                boolean mayReturn = agreed[0] || e instanceof ViaBusyException;
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                if (!mayReturn || System.nanoTime() - lastWord[0] > patience.toNanos()) {
                    throw gone(id, seeder.peer(), agreed[0], e);
                }
                progress.update(new Progress.State("waiting for the seeder", 0, 0, 0, 0, 0, 0));
                sleep(e instanceof ViaBusyException busy ? busy.retryAfter() : pause);
                Duration twice = pause.multipliedBy(2);
                pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
            }
        }
    }

    private static void sleep(Duration pause) throws IOException {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private static SyncException gone(RepositoryId id, PeerId seeder, boolean agreed, IOException problem) {
        return agreed
                ? new SyncException(
                        SyncException.Kind.FAILED,
                        seeder + " agreed to keep " + id + " and was lost before it had everything: "
                                + problem.getMessage(),
                        "This node goes back to it and goes on when it is there: guts repos shows how far it is.")
                : new SyncException(
                        SyncException.Kind.FAILED,
                        seeder + " does not keep " + id + ": " + problem.getMessage(),
                        "Check that it runs and that the address is its own: guts status there shows both.");
    }

    /** Who keeps a repository for this node, with the sequence that each has; 0: not everything yet. */
    public List<Kept> keptBy(RepositoryId id) throws IOException {
        return store.of(id).stream()
                .map(one -> new Kept(one.seeder().peer(), one.seeder().addresses(), one.sequence()))
                .toList();
    }

    /** This node has signed something: its seeders are told. Returns at once. */
    public void moved(RepositoryId id) {
        lock.lock();
        try {
            watches.forEach((pair, watch) -> {
                if (pair.repository().equals(id)) {
                    watch.news();
                }
            });
        } finally {
            lock.unlock();
        }
    }

    /** From now on the seeders of a repository are nothing to this node. They go on seeding it. */
    public void forget(RepositoryId id) throws IOException {
        store.forget(id);
        unwatch(pair -> pair.repository().equals(id));
    }

    private void unwatch(Predicate<Pair> which) {
        lock.lock();
        try {
            watches.entrySet().removeIf(entry -> {
                boolean gone = which.test(entry.getKey());
                if (gone) {
                    entry.getValue().close();
                }
                return gone;
            });
        } finally {
            lock.unlock();
        }
    }

    private void watch(ViaSeeder one) {
        lock.lock();
        try {
            Pair pair = new Pair(one.repository(), one.seeder().peer());
            SeederWatch known = watches.get(pair);
            if (known != null) {
                known.has(one.sequence());
            } else if (!closed) {
                SeederWatch watch = new SeederWatch(one, host, new Asking());
                watches.put(pair, watch);
                watch.start();
            }
        } finally {
            lock.unlock();
        }
    }

    /** What a watch does. */
    private final class Asking implements SeederWatch.Work {
        @Override
        public long newest(RepositoryId id) throws IOException {
            return sequence(id);
        }

        @Override
        public long ask(ViaSeeder one) throws IOException {
            long has = ViaSeeders.this.ask(one.repository(), one.seeder(), () -> {}, Progress.NONE);
            store.put(new ViaSeeder(one.repository(), one.seeder(), has));
            return has;
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (registration != null) {
                registration.close();
            }
            watches.values().forEach(SeederWatch::close);
            watches.clear();
        } finally {
            lock.unlock();
        }
    }
}
