package network.guts.sync.via;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.sync.Network;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.SyncException;
import network.guts.sync.SyncSettings;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.fetch.Fetcher;
import network.guts.sync.fetch.IpGroup;
import network.guts.sync.local.GatheredRefs;
import network.guts.sync.local.LocalRepositories;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.local.Quotas;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.records.Mirrored;
import network.guts.sync.records.SeedingPolicy;
import network.guts.sync.records.ViaPending;
import network.guts.sync.records.ViaStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The seeder's side: decides whether a repository is taken, before a byte of it flows, and takes it from whoever asks,
 * over the connection that is there. What is taken is on the accounts of the {@link Quotas}, as is what was announced.
 */
public final class ViaTaking implements AutoCloseable {
    /** How far the publisher's clock may be off, and how long an ask is good for. */
    static final Duration MAX_AGE = Duration.ofMinutes(10);

    /** What has come of a repository waits so long for its publisher to come back: a laptop that was shut over night. */
    static final Duration KEEP_PENDING = Duration.ofHours(24);

    private static final Duration SWEEP = Duration.ofMinutes(1);

    /** To learn who may sign. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Another provider, with older refs, may have answered first. */
    private static final int MAX_ATTEMPTS = 3;

    private static final FetchOptions FETCH = new FetchOptions(8, Duration.ofSeconds(60), Optional.empty());
    private static final Logger LOG = LoggerFactory.getLogger(ViaTaking.class);

    private final LocalRepositories repositories;
    private final ViaStore store;
    private final Quotas quotas;
    private final Fetcher fetcher;
    private final Host host;
    private final Network network;
    private final SyncSettings settings;
    private final InstantSource clock;
    private final Map<RepositoryId, Thread> underWay = new ConcurrentHashMap<>();
    private final ReentrantLock opening = new ReentrantLock();
    private final Thread sweeper = Thread.ofVirtual().name("via sweep").unstarted(this::sweep);
    private volatile Set<PeerId> members;
    private volatile boolean closed;

    /**
     * Room for a repository.
     *
     * @param newAccount it was on nobody's account before
     * @param complete something of it was here before
     * @param before what this node did for it
     */
    record Opened(boolean newAccount, boolean complete, SeedingPolicy before) {}

    public ViaTaking(
            LocalRepositories repositories,
            ViaStore store,
            Quotas quotas,
            Fetcher fetcher,
            Host host,
            Network network,
            SyncSettings settings,
            InstantSource clock)
            throws IOException {
        this.repositories = repositories;
        this.store = store;
        this.quotas = quotas;
        this.fetcher = fetcher;
        this.host = host;
        this.network = network;
        this.settings = settings;
        this.clock = clock;
        this.members = settings.members();
        for (ViaPending one : store.pending()) {
            quotas.reserve(one.repository(), one.bytes());
        }
    }

    public void start() {
        sweeper.start();
    }

    /** Changes the members of the network. */
    public void members(Set<PeerId> allowed) {
        members = Set.copyOf(allowed);
    }

    /** Claims a repository for this thread: one ask for it at a time. False if there is one already. */
    boolean begin(RepositoryId id) {
        return !closed && underWay.putIfAbsent(id, Thread.currentThread()) == null;
    }

    void end(RepositoryId id) {
        underWay.remove(id);
    }

    /**
     * Looks at what the ask itself says.
     *
     * @throws SyncException REFUSED if it is not meant for this node, too old, or not allowed
     */
    void judge(Signed<ViaAsk> ask, PeerId publisher) throws SyncException {
        ViaAsk value = ask.value();
        if (!value.seeder().equals(host.peerId())) {
            throw refused("what was signed asks another seeder");
        }
        if (!value.publisher().equals(publisher)) {
            throw refused("what was signed is for another node to ask");
        }
        Duration age = Duration.between(value.time(), clock.instant());
        if (age.abs().compareTo(MAX_AGE) > 0) {
            throw refused("what was signed is " + age.toSeconds() + " s old by the clock here, at most "
                    + MAX_AGE.toSeconds() + " are allowed");
        }
        if (settings.policy() == SyncSettings.Policy.NONE) {
            throw refused("nothing is seeded here (seeding.policy)");
        }
        boolean allowed = switch (settings.via().who()) {
            case NONE -> false;
            case MEMBERS -> members.contains(publisher);
            case LISTED ->
                settings.via().listed().contains(publisher)
                        || settings.via().listed().contains(ask.signer().peerId());
            case ALL -> true;
        };
        if (!allowed) {
            throw refused("repositories are not taken from you here (seeding.via)");
        }
        if (settings.blocked().contains(value.repository())) {
            throw refused("it is on the block list here (seeding.block)");
        }
    }

    private static SyncException refused(String why) {
        return new SyncException(SyncException.Kind.REFUSED, why, "Ask another seeder.");
    }

    /** The sequence of the signer's that is complete here, if that is all that the ask is about. */
    OptionalLong held(Signed<ViaAsk> ask) throws IOException {
        RepositoryId id = ask.value().repository();
        if (!repositories.store().policy(id).seeded()) {
            return OptionalLong.empty();
        }
        long here = sequence(ask);
        if (here < ask.value().sequence()) {
            return OptionalLong.empty();
        }
        settle(id);
        return OptionalLong.of(here);
    }

    /** It is complete: on its account it counts what it has, and nothing waits for its publisher any more. */
    private void settle(RepositoryId id) throws IOException {
        quotas.reserve(id, 0);
        quotas.refresh(id);
        store.removePending(id);
    }

    /** 0 if there is none. */
    private long sequence(Signed<ViaAsk> ask) throws IOException {
        Optional<LocalRepository> repository = repositories.find(ask.value().repository());
        return repository.isEmpty()
                ? 0
                : repository
                        .get()
                        .with(state -> state.views().headers(ask.signer()).stream()
                                .mapToLong(header -> header.value().sequence())
                                .max()
                                .orElse(0));
    }

    /**
     * Looks at who signed: a delegate, by the identity that is known here or else by what the publisher itself shows.
     *
     * @throws SyncException REFUSED if it is none, FAILED if the publisher does not show it
     * @throws MalformedException if what it shows does not hold
     */
    void checkDelegate(Signed<ViaAsk> ask, PeerId publisher) throws IOException {
        RepositoryId id = ask.value().repository();
        Optional<LocalRepository> held = repositories.find(id);
        if (held.isPresent() && held.get().chain().isDelegate(ask.signer())) {
            return;
        }
        GatheredRefs gathered = GatheredRefs.stored(repositories.store(), id, Optional.empty());
        try (SyncClient client = SyncClient.open(host, publisher, PATIENCE)) {
            gathered.add(client.refs(id, 0, Map.of()));
        } catch (MalformedException e) {
            throw e;
        } catch (IOException e) {
            throw new SyncException(
                    SyncException.Kind.FAILED,
                    "who may sign for it cannot be learned: " + e.getMessage(),
                    "Try again.");
        }
        Optional<IdentityChain> chain =
                gathered.resolve(clock.instant()).state().map(GatheredRefs.State::chain);
        if (chain.isEmpty() || !chain.get().isDelegate(ask.signer())) {
            throw refused(ask.signer().peerId() + " is no delegate of it");
        }
    }

    /**
     * Holds the declared size against every limit, and puts it on an account, unless this node's owner seeds it anyway.
     *
     * @throws SyncException REFUSED with the limit
     */
    Opened open(Signed<ViaAsk> ask, ConnectionInfo connection) throws IOException {
        RepositoryId id = ask.value().repository();
        boolean complete = repositories.find(id).isPresent();
        SeedingPolicy before = repositories.store().policy(id);
        long bytes = ask.value().bytes();
        // Two at once must not both have what is left.
        opening.lock();
        try {
            if (bytes > settings.maxRepositoryBytes()) {
                throw refused("it has " + bytes + " bytes, at most " + settings.maxRepositoryBytes()
                        + " are taken (seeding.max_repository_size)");
            }
            if (repositories.packBytes(id) + quotas.reservedBeside(id) + bytes > settings.diskQuotaBytes()) {
                throw refused("it has " + bytes + " bytes, which do not fit into the disk quota of "
                        + settings.diskQuotaBytes() + " (seeding.disk_quota)");
            }
            Optional<Mirrored> known = quotas.account(id);
            if (known.isEmpty() && before.seeded()) {
                return new Opened(false, complete, before);
            }
            Optional<String> group = IpGroup.of(new PeerInfo(connection.peer(), List.of(connection.address())));
            Mirrored one = known.orElseGet(() -> new Mirrored(id, ask.signer(), group));
            Quotas.Left left = quotas.left(one);
            if (left.bytes() == 0 || bytes > left.bytes()) {
                throw refused("it has " + bytes + " bytes, the quota of " + left.limit() + " leaves " + left.bytes());
            }
            if (!complete) {
                store.put(new ViaPending(id, bytes, clock.instant()));
            }
            if (known.isEmpty()) {
                quotas.open(one);
            } else {
                quotas.refresh(id);
            }
            quotas.reserve(id, bytes);
            return new Opened(known.isEmpty(), complete, before);
        } finally {
            opening.unlock();
        }
    }

    /**
     * Fetches the repository from the publisher, and from whoever else provides it, then provides and follows it.
     *
     * @return the sequence of the signer's newest header that is complete here
     * @throws SyncException REFUSED if it is over a limit; FAILED if it did not come, and then what came is kept for a while
     */
    long take(Signed<ViaAsk> ask, Opened opened, PeerId publisher, Progress progress) throws IOException {
        RepositoryId id = ask.value().repository();
        try {
            long here = fetch(ask, publisher, progress);
            settle(id);
            LOG.info("{} is kept for {}", id, publisher);
            network.follow(id, true);
            network.provide(id);
            announce(ask);
            return here;
        } catch (SyncException e) {
            if (e.kind() == SyncException.Kind.REFUSED && opened.newAccount()) {
                giveUp(id, opened);
            }
            throw e;
        } finally {
            if (opened.complete()) {
                quotas.reserve(id, 0);
            }
        }
    }

    /** Whoever follows the repository hears of it from here as well: the publisher reaches few. */
    private void announce(Signed<ViaAsk> ask) throws IOException {
        Optional<LocalRepository> repository = repositories.find(ask.value().repository());
        if (repository.isPresent()) {
            Optional<Signed<RefsHeader>> header =
                    Optional.ofNullable(repository.get().counting().get(ask.signer()));
            header.ifPresent(one -> network.announce(
                    one.value().repository(), one.envelope().encoded().toArray()));
        }
    }

    private long fetch(Signed<ViaAsk> ask, PeerId publisher, Progress progress) throws IOException {
        RepositoryId id = ask.value().repository();
        List<String> blamed = new ArrayList<>();
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            PeerInfo from = new PeerInfo(publisher, host.addressBook().addresses(publisher));
            Fetched fetched = fetcher.fetch(id, List.of(from), FETCH, 1, progress);
            fetched.blamed().forEach((peer, reason) -> blamed.add("; " + peer + " " + reason));
            long here = sequence(ask);
            if (here >= ask.value().sequence()) {
                return here;
            }
        }
        throw new SyncException(
                SyncException.Kind.FAILED,
                "sequence " + ask.value().sequence() + " did not come" + String.join("", blamed),
                "Try again.");
    }

    private void giveUp(RepositoryId id, Opened opened) throws IOException {
        ReentrantLock work = repositories.work(id);
        work.lock();
        try {
            // Unless it was asked for meanwhile.
            if (quotas.close(id)) {
                if (opened.complete()) {
                    repositories.store().putPolicy(opened.before());
                } else {
                    repositories.delete(id);
                }
            }
            store.removePending(id);
        } finally {
            work.unlock();
        }
    }

    private void sweep() {
        try {
            while (true) {
                dropAbandoned();
                Thread.sleep(SWEEP);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Deletes what has waited for its publisher for too long. */
    private void dropAbandoned() {
        try {
            Instant oldest = clock.instant().minus(KEEP_PENDING);
            for (ViaPending one : store.pending()) {
                RepositoryId id = one.repository();
                if (one.asked().isBefore(oldest) && begin(id)) {
                    try {
                        drop(id);
                    } finally {
                        end(id);
                    }
                }
            }
        } catch (IOException e) {
            LOG.error("cannot look after what publishers have left", e);
        }
    }

    private void drop(RepositoryId id) throws IOException {
        if (repositories.find(id).isPresent()) {
            // It came from others, or by another way.
            settle(id);
            return;
        }
        LOG.info("{} did not come whole within {} h, and is given up", id, KEEP_PENDING.toHours());
        network.follow(id, false);
        giveUp(id, new Opened(true, false, new SeedingPolicy(id, false, SeedingPolicy.NO_QUOTA)));
    }

    /** Ends what is under way; what has come stays for the next time. */
    @Override
    public void close() {
        closed = true;
        sweeper.interrupt();
        underWay.values().forEach(Thread::interrupt);
    }
}
