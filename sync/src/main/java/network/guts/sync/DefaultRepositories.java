package network.guts.sync;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.HostListener;
import network.guts.core.metrics.Metrics;
import network.guts.runtime.Database;
import network.guts.sync.fetch.Fetcher;
import network.guts.sync.fetch.PartialPack;
import network.guts.sync.fetch.ProviderScoreTable;
import network.guts.sync.fetch.ProviderScores;
import network.guts.sync.local.Announcements;
import network.guts.sync.local.Following;
import network.guts.sync.local.GatheredRefs;
import network.guts.sync.local.LocalRepositories;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.local.Maintenance;
import network.guts.sync.local.Mirrors;
import network.guts.sync.local.PackIntake;
import network.guts.sync.local.PublishedSources;
import network.guts.sync.local.Publisher;
import network.guts.sync.local.PushReceiver;
import network.guts.sync.local.Quotas;
import network.guts.sync.local.Seeder;
import network.guts.sync.local.Signer;
import network.guts.sync.local.States;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.protocol.PeerRates;
import network.guts.sync.protocol.RateCap;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.protocol.SyncServer;
import network.guts.sync.records.RecordStore;
import network.guts.sync.records.SeedingPolicy;
import network.guts.sync.records.ViaStore;
import network.guts.sync.via.ViaSeeders;
import network.guts.sync.via.ViaServer;
import network.guts.sync.via.ViaTaking;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SyncLimits;
import network.guts.sync.wire.ViaCodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The repositories of a node: puts the parts together. Thread-safe. */
public final class DefaultRepositories implements Repositories {
    /** What a seeder asks of at once; the rest follows. */
    private static final FetchOptions SEEDING = new FetchOptions(8, Duration.ofSeconds(60), Optional.empty());

    /** Before the first signature of a run: what others know of this node's own records. */
    private static final FetchOptions BEFORE_SIGNING = new FetchOptions(3, Duration.ofSeconds(5), Optional.empty());

    private static final Logger LOG = LoggerFactory.getLogger(DefaultRepositories.class);

    private final Host host;
    private final SyncMetrics metrics;
    private final Network network;
    private final SyncSettings settings;
    private final InstantSource clock;
    private final LocalRepositories repositories;
    private final Seeder seeder;
    private final Fetcher fetcher;
    private final Publisher publisher;
    private final PushReceiver pushes;
    private final Announcements announcements;
    private final Following following;
    private final Quotas quotas;
    private final Mirrors mirrors;
    private final ViaTaking viaTaking;
    private final ViaSeeders viaSeeders;
    private final Maintenance maintenance;
    private final States states;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<RepositoryId> caughtUp = new LinkedHashSet<>();
    private final List<Host.Registration> registrations = new ArrayList<>();
    private @Nullable Thread caretaker;

    /**
     * Opens what is in {@code home}; {@link #start} makes it take part.
     *
     * @param home of the node: the bare repositories lie in its folder {@code repositories}
     * @param database of the node; stays the caller's to close
     */
    public DefaultRepositories(
            Path home,
            Database database,
            Host host,
            Network network,
            SigningKeys keys,
            SyncSettings settings,
            InstantSource clock,
            RandomGenerator random)
            throws IOException {
        this(home, database, host, network, keys, settings, clock, random, Metrics.none());
    }

    /**
     * As {@link #DefaultRepositories(Path, Database, Host, Network, SigningKeys, SyncSettings, InstantSource,
     * RandomGenerator)}, for a node that counts.
     *
     * @param metrics what is counted with
     */
    public DefaultRepositories(
            Path home,
            Database database,
            Host host,
            Network network,
            SigningKeys keys,
            SyncSettings settings,
            InstantSource clock,
            RandomGenerator random,
            Metrics metrics)
            throws IOException {
        this(home, database, host, network, keys, settings, clock, random, metrics, PartialPack.Disk.REAL);
    }

    DefaultRepositories(
            Path home,
            Database database,
            Host host,
            Network network,
            SigningKeys keys,
            SyncSettings settings,
            InstantSource clock,
            RandomGenerator random,
            PartialPack.Disk disk)
            throws IOException {
        this(home, database, host, network, keys, settings, clock, random, Metrics.none(), disk);
    }

    private DefaultRepositories(
            Path home,
            Database database,
            Host host,
            Network network,
            SigningKeys keys,
            SyncSettings settings,
            InstantSource clock,
            RandomGenerator random,
            Metrics metrics,
            PartialPack.Disk disk)
            throws IOException {
        this.metrics = new SyncMetrics(metrics);
        this.host = host;
        this.network = network;
        this.settings = settings;
        this.clock = clock;
        RecordStore store = new RecordStore(database);
        this.repositories = new LocalRepositories(home.resolve("repositories"), store, clock);
        this.seeder = new Seeder(repositories, host, settings);
        ProviderScores scores = new ProviderScores(new ProviderScoreTable(database), clock);
        this.fetcher = new Fetcher(host, network, repositories, seeder, settings, scores, this.metrics, clock, disk);
        Signer signer = new Signer(repositories, network, clock);
        PackIntake intake = new PackIntake(store, settings.parseMemoryBytes(), this.metrics, clock);
        PublishedSources sources = new PublishedSources(home.resolve("published.properties"));
        ViaStore vias = new ViaStore(database);
        this.publisher = new Publisher(
                repositories, sources, intake, signer, keys, host, vias, this::catchUpBeforeSigning, random);
        this.viaSeeders = new ViaSeeders(repositories, vias, publisher, keys, host, clock);
        this.pushes = new PushReceiver(repositories, intake, signer, keys, this::catchUpBeforeSigning);
        this.quotas = new Quotas(repositories, settings.shares());
        this.mirrors = new Mirrors(repositories, quotas, fetcher, host, network, settings, clock);
        this.viaTaking = new ViaTaking(repositories, vias, quotas, fetcher, host, network, settings, clock);
        this.following = new Following(fetcher, host, quotas, random);
        this.announcements = new Announcements(
                repositories, (id, announcer, arrived) -> following.fetch(id, Optional.of(announcer), arrived), clock);
        this.maintenance = new Maintenance(repositories, following, signer, keys, clock);
        this.states = new States(store, keys, clock);
        this.metrics.watch(this::stock, settings::diskQuotaBytes);
    }

    @Override
    public void start() {
        SyncSettings.PeerRate rate = settings.peerRate();
        SyncServer server = new SyncServer(
                seeder,
                new RateCap(settings.uplinkBytesPerSecond()),
                new PeerRates(rate.bytesPerSecond(), rate.requestsPerSecond()),
                metrics);
        lock.lock();
        try {
            if (caretaker != null) {
                return;
            }
            registrations.add(host.handle(SyncLimits.PROTOCOL, server));
            registrations.add(host.handle(ViaCodec.PROTOCOL, new ViaServer(viaTaking)));
            viaTaking.start();
            registrations.add(host.listen(new HostListener() {
                @Override
                public void connected(ConnectionInfo connection) {
                    catchUpWith(connection.peer());
                }
            }));
            if (settings.policy() == SyncSettings.Policy.ALL) {
                mirrors.start();
                network.followAll();
            }
            List<RepositoryId> seeded = seeded();
            caretaker = Thread.ofVirtual().name("repositories").start(() -> resume(seeded));
        } finally {
            lock.unlock();
        }
    }

    private SyncMetrics.Stock stock() {
        long seeded = 0;
        long mirrored = 0;
        long kept = 0;
        try {
            for (RecordStore.Standing standing : repositories.store().standings()) {
                seeded += standing.seeded() && !standing.mirrored() ? standing.count() : 0;
                mirrored += standing.seeded() && standing.mirrored() ? standing.count() : 0;
                kept += standing.seeded() ? 0 : standing.count();
            }
            return new SyncMetrics.Stock(seeded, mirrored, kept, repositories.packBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("what is stored cannot be counted", e);
        }
    }

    /** What is seeded at the moment. */
    private List<RepositoryId> seeded() {
        List<RepositoryId> seeded = new ArrayList<>();
        try {
            for (RepositoryId id : repositories.store().repositories()) {
                if (repositories.store().policy(id).seeded()) {
                    seeded.add(id);
                }
            }
        } catch (IOException e) {
            LOG.error("cannot resume the repositories", e);
        }
        return seeded;
    }

    private void resume(List<RepositoryId> seeded) {
        for (RepositoryId id : seeded) {
            try {
                Optional<LocalRepository> repository = repositories.find(id);
                if (repository.isPresent()) {
                    repository.get().moveRefs();
                    network.provide(id);
                } else {
                    following.fetch(id, Optional.empty());
                }
                network.follow(id, true);
            } catch (IOException e) {
                LOG.error("cannot resume {}", id, e);
            }
        }
        try {
            viaSeeders.start();
        } catch (IOException e) {
            LOG.error("cannot go back to the seeders that keep repositories for this node", e);
        }
        maintenance.run();
    }

    /** A peer that holds something that is followed here is back: perhaps something was missed. */
    private void catchUpWith(PeerId peer) {
        Thread.ofVirtual().name("catch up").start(() -> {
            List<RepositoryId> seeded = seeded();
            for (RepositoryId id : seeder.heldBy(peer)) {
                if (seeded.contains(id)) {
                    following.reconnected(id, peer);
                }
            }
        });
    }

    @Override
    public Published publish(Path source, PublishOptions options, Progress progress) throws IOException {
        Published published = publisher.publish(source, options, progress);
        RepositoryId id = published.repository();
        if (published.created()) {
            markCaughtUp(id);
        }
        network.follow(id, true);
        network.provide(id);
        if (published.created()) {
            publisher.announce(id);
        }
        viaSeeders.moved(id);
        return published;
    }

    @Override
    public Kept via(RepositoryId id, PeerInfo seeder, Duration patience, Progress progress) throws IOException {
        return viaSeeders.keep(id, seeder, patience, progress);
    }

    @Override
    public List<Kept> keptBy(RepositoryId id) throws IOException {
        return viaSeeders.keptBy(id);
    }

    /** Asks once in a run; a repository that nobody provides has nobody who knows better. */
    private void catchUpBeforeSigning(RepositoryId id) throws IOException {
        lock.lock();
        try {
            if (caughtUp.contains(id)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        try {
            fetcher.fetch(id, List.of(), BEFORE_SIGNING, Fetcher.ENOUGH_ANSWERS, Progress.NONE);
        } catch (SyncException e) {
            if (e.kind() == SyncException.Kind.REFUSED) {
                throw e;
            }
            LOG.debug("nobody knows more of {}: {}", id, e.getMessage());
        }
        markCaughtUp(id);
    }

    private void markCaughtUp(RepositoryId id) {
        lock.lock();
        try {
            caughtUp.add(id);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Fetched fetch(RepositoryId id, Collection<PeerInfo> hints, FetchOptions options, Progress progress)
            throws IOException {
        return fetcher.fetch(id, hints, options, Fetcher.ENOUGH_ANSWERS, progress);
    }

    @Override
    public Fetched seed(RepositoryId id, Collection<PeerInfo> hints, Progress progress) throws IOException {
        if (settings.policy() == SyncSettings.Policy.NONE) {
            throw new SyncException(
                    SyncException.Kind.REFUSED, "this node seeds nothing", "Set the seeding policy to 'followed'.");
        }
        boolean known = repositories.find(id).isPresent();
        quotas.close(id);
        SeedingPolicy before = repositories.store().policy(id);
        // Before the fetch: one that is interrupted goes on after a restart.
        repositories.store().putPolicy(new SeedingPolicy(id, true, before.quotaBytes()));
        Fetched fetched;
        try {
            fetched = fetcher.fetch(id, hints, SEEDING, Fetcher.ENOUGH_ANSWERS, progress);
        } catch (SyncException e) {
            if (e.kind() != SyncException.Kind.FAILED) {
                repositories.store().putPolicy(before);
                if (!known) {
                    repositories.delete(id);
                }
            }
            throw e;
        }
        network.follow(id, true);
        network.provide(id);
        return fetched;
    }

    @Override
    public boolean unseed(RepositoryId id, boolean delete) throws IOException {
        SeedingPolicy policy = repositories.store().policy(id);
        if (policy.seeded()) {
            network.unprovide(id);
            network.follow(id, false);
            repositories.store().putPolicy(new SeedingPolicy(id, false, policy.quotaBytes()));
            quotas.close(id);
        }
        viaSeeders.forget(id);
        if (delete) {
            ReentrantLock work = repositories.work(id);
            work.lock();
            try {
                return repositories.delete(id) || policy.seeded();
            } finally {
                work.unlock();
            }
        }
        return policy.seeded();
    }

    @Override
    public List<RepositoryState> list() throws IOException {
        List<RepositoryState> all = new ArrayList<>();
        for (LocalRepository repository : repositories.all()) {
            all.add(states.of(repository));
        }
        return all;
    }

    @Override
    public Optional<RepositoryState> state(RepositoryId id) throws IOException {
        Optional<LocalRepository> repository = repositories.find(id);
        return repository.isPresent() ? Optional.of(states.of(repository.get())) : Optional.empty();
    }

    @Override
    public Path gitDirectory(RepositoryId id) throws IOException {
        return repositories
                .find(id)
                .map(repository -> repository.git().folder())
                .orElseThrow(() -> new SyncException(
                        SyncException.Kind.NOT_FOUND, "this node does not hold " + id, "Clone or seed it first."));
    }

    /** Hands packs and indexes over to a user's repository; see {@link network.guts.sync.git.BareRepository#handOver}. */
    public List<Path> handOver(RepositoryId id, Path gitDirectory) throws IOException {
        Optional<LocalRepository> repository = repositories.find(id);
        if (repository.isEmpty()) {
            throw new SyncException(
                    SyncException.Kind.NOT_FOUND, "this node does not hold " + id, "Clone or seed it first.");
        }
        return repository.get().git().handOver(gitDirectory);
    }

    @Override
    public Pushed push(RepositoryId id, Path quarantine, List<RefUpdate> updates, boolean atomic, Progress progress)
            throws IOException {
        Pushed pushed = pushes.push(id, quarantine, updates, atomic, progress);
        viaSeeders.moved(id);
        return pushed;
    }

    @Override
    public Judgement announced(RepositoryId id, PeerId from, byte[] envelope) {
        return announcements.judge(id, from, envelope);
    }

    @Override
    public Judgement announced(PeerId from, byte[] envelope) {
        return mirrors.judge(from, envelope);
    }

    /** Changes the members of the network, who alone are told the inventory; empty: everybody is. */
    public void members(Set<PeerId> members) {
        seeder.members(members);
        viaTaking.members(members);
    }

    @Override
    public ProviderCheck check(RepositoryId id, PeerInfo provider, Duration timeout) throws IOException {
        host.connect(provider.peer(), provider.addresses(), timeout);
        try (SyncClient client = SyncClient.open(host, provider.peer(), timeout)) {
            GatheredRefs gathered =
                    new GatheredRefs(id, List.of(), List.of(), Optional.empty(), List.of(), List.of(), List.of());
            gathered.add(client.refs(id, 0, Map.of()));
            Optional<GatheredRefs.State> found =
                    gathered.resolve(clock.instant()).state();
            if (found.isEmpty()) {
                return new ProviderCheck(provider, Map.of(), Optional.empty(), false);
            }
            Map<PeerId, Long> sequences = new TreeMap<>();
            List<RefsBody> bodies = new ArrayList<>();
            for (Signed<RefsHeader> header : found.get().views().counting().values()) {
                sequences.put(header.signer().peerId(), header.value().sequence());
                bodies.add(RefsBodyCodec.decode(client.body(id, header.value().body())));
            }
            List<PackId> packs = LocalRepository.listedPacks(bodies);
            List<SyncClient.PackAnswer> held = client.packs(id, packs, true);
            boolean complete = held.size() == packs.size()
                    && held.stream().allMatch(answer -> answer.held().isEmpty());
            Optional<Instant> fresh = found.get().freshness().words().stream()
                    .map(Signed::value)
                    .map(Fresh::time)
                    .max(Instant::compareTo);
            return new ProviderCheck(provider, sequences, fresh, complete);
        }
    }

    @Override
    public void close() {
        Thread running;
        lock.lock();
        try {
            registrations.forEach(Host.Registration::close);
            registrations.clear();
            running = caretaker;
        } finally {
            lock.unlock();
        }
        if (running != null) {
            running.interrupt();
        }
        viaSeeders.close();
        viaTaking.close();
        mirrors.close();
        following.close();
        repositories.close();
    }
}
