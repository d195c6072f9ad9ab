package network.guts.sync.local;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.Host;
import network.guts.sync.Network;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Judgement;
import network.guts.sync.SyncSettings;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.fetch.Fetcher;
import network.guts.sync.fetch.IpGroup;
import network.guts.sync.model.RepositoryAnnouncement;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.records.Mirrored;
import network.guts.sync.wire.SignedRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seeds what is announced to everybody, for a node whose policy is {@code all}. An announcement is passed on only if its
 * signer is a delegate, which is looked up if it is not known; what is taken is within the {@link Quotas}.
 */
public final class Mirrors implements AutoCloseable {
    /** Look-ups for announcements at once; what comes beyond is not passed on. */
    private static final int MAX_LOOK_UPS = 4;

    /** Repositories that wait for being fetched. */
    private static final int MAX_WAITING = 64;

    /** A delegate's word on one repository is passed on, or looked into, no more often than this. */
    private static final Duration PAUSE = Duration.ofHours(1);

    /** Announcements that are remembered for that. */
    private static final int MAX_REMEMBERED = 10_000;

    private static final int MAX_PROVIDERS = 8;

    /**
     * A repository that is announced is often not in the DHT yet: it is looked for again after a pause that doubles, for
     * two minutes in all.
     */
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

    private static final int MAX_RETRIES = 7;

    /** A judgement has to be there within the 10 s of a validator. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Duration SEARCH = Duration.ofSeconds(30);
    private static final FetchOptions FETCH = new FetchOptions(MAX_PROVIDERS, Duration.ofSeconds(60), Optional.empty());
    private static final Logger LOG = LoggerFactory.getLogger(Mirrors.class);

    private final LocalRepositories repositories;
    private final Quotas quotas;
    private final Fetcher fetcher;
    private final Host host;
    private final Network network;
    private final SyncSettings settings;
    private final InstantSource clock;
    private final Semaphore lookUps = new Semaphore(MAX_LOOK_UPS);
    private final DelayQueue<Wanted> waiting = new DelayQueue<>();
    private final Thread thread = Thread.ofVirtual().name("mirrors").unstarted(this::run);
    private final Cache<Word, Boolean> heard = Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(PAUSE)
            .build();

    private record Word(RepositoryId repository, PublicKey signer) {}

    /** A repository that is to be fetched, not before it is due. */
    private record Wanted(RepositoryId repository, PublicKey signer, PeerId announcer, int attempt, long dueNanos)
            implements Delayed {
        static Wanted now(RepositoryId repository, PublicKey signer, PeerId announcer) {
            return new Wanted(repository, signer, announcer, 0, System.nanoTime());
        }

        Wanted again() {
            long pause = FIRST_RETRY.multipliedBy(1L << attempt).toNanos();
            return new Wanted(repository, signer, announcer, attempt + 1, System.nanoTime() + pause);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    public Mirrors(
            LocalRepositories repositories,
            Quotas quotas,
            Fetcher fetcher,
            Host host,
            Network network,
            SyncSettings settings,
            InstantSource clock) {
        this.repositories = repositories;
        this.quotas = quotas;
        this.fetcher = fetcher;
        this.host = host;
        this.network = network;
        this.settings = settings;
        this.clock = clock;
    }

    public void start() {
        thread.start();
    }

    /** Judges a message of the topic of all repositories; see {@link network.guts.sync.Repositories#announced}. */
    public Judgement judge(PeerId from, byte[] message) {
        Signed<RepositoryAnnouncement> announcement;
        try {
            announcement = SignedRecords.openAnnouncement(SignedEnvelope.parse(message));
        } catch (MalformedException e) {
            LOG.debug("{} announced no repository: {}", from, e.getMessage());
            return Judgement.REJECT;
        }
        RepositoryId id = announcement.value().repository();
        Word word = new Word(id, announcement.signer());
        if (settings.blocked().contains(id) || heard.getIfPresent(word) != null) {
            return Judgement.IGNORE;
        }
        try {
            Optional<LocalRepository> held = repositories.find(id);
            Optional<IdentityChain> chain =
                    held.isPresent() ? Optional.of(held.get().chain()) : lookUp(id, from);
            if (chain.isEmpty()) {
                return Judgement.IGNORE;
            }
            Judgement judgement = judge(chain.get(), announcement);
            heard.put(word, true);
            if (judgement == Judgement.ACCEPT && held.isEmpty()) {
                want(Wanted.now(id, announcement.signer(), from));
            }
            return judgement;
        } catch (IOException e) {
            LOG.error("cannot judge the announcement of {}", id, e);
            return Judgement.IGNORE;
        }
    }

    private void want(Wanted wanted) {
        if (waiting.size() >= MAX_WAITING) {
            LOG.info("{} is not mirrored now: {} repositories wait already", wanted.repository(), MAX_WAITING);
            return;
        }
        waiting.add(wanted);
    }

    private static Judgement judge(IdentityChain chain, Signed<RepositoryAnnouncement> announcement) {
        if (!chain.isDelegate(announcement.signer())) {
            return Judgement.REJECT;
        }
        boolean known = chain.revisions().stream()
                .anyMatch(
                        revision -> revision.hash().equals(announcement.value().identity()));
        return known ? Judgement.ACCEPT : Judgement.IGNORE;
    }

    /** Asks who announced it, then its providers, for the identity; once more, since they may be on their way. */
    private Optional<IdentityChain> lookUp(RepositoryId id, PeerId from) {
        if (!lookUps.tryAcquire()) {
            return Optional.empty();
        }
        try {
            Optional<IdentityChain> chain = lookUpOnce(id, from);
            if (chain.isEmpty()) {
                Thread.sleep(FIRST_RETRY);
                chain = lookUpOnce(id, from);
            }
            return chain;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            lookUps.release();
        }
    }

    private Optional<IdentityChain> lookUpOnce(RepositoryId id, PeerId from) {
        Optional<IdentityChain> chain = ask(id, known(from));
        for (PeerInfo provider : chain.isPresent() ? List.<PeerInfo>of() : providers(id, 2, PATIENCE)) {
            chain = ask(id, provider);
            if (chain.isPresent()) {
                return chain;
            }
        }
        return chain;
    }

    private Optional<IdentityChain> ask(RepositoryId id, PeerInfo peer) {
        try {
            host.connect(peer.peer(), peer.addresses(), PATIENCE);
            try (SyncClient client = SyncClient.open(host, peer.peer(), PATIENCE)) {
                GatheredRefs gathered = GatheredRefs.stored(repositories.store(), id, Optional.empty());
                gathered.add(client.refs(id, 0, Map.of()));
                return gathered.resolve(clock.instant()).state().map(GatheredRefs.State::chain);
            }
        } catch (IOException e) {
            LOG.debug("{} does not say who may sign for {}: {}", peer.peer(), id, e.getMessage());
            return Optional.empty();
        }
    }

    private List<PeerInfo> providers(RepositoryId id, int limit, Duration timeout) {
        List<PeerInfo> found = Collections.synchronizedList(new ArrayList<>());
        try {
            network.findProviders(id, limit, timeout, found::add);
        } catch (IOException e) {
            LOG.debug("providers of {}: {}", id, e.getMessage());
        }
        synchronized (found) {
            return found.stream()
                    .filter(provider -> !provider.peer().equals(host.peerId()))
                    .toList();
        }
    }

    private void run() {
        try {
            while (true) {
                Wanted next = waiting.take();
                try {
                    mirror(next);
                } catch (IOException e) {
                    LOG.info("{} is not mirrored: {}", next.repository(), e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes a repository from the first provider whose account has room: the announcer, or one that is found. */
    private void mirror(Wanted wanted) throws IOException {
        RepositoryId id = wanted.repository();
        if (repositories.store().repositories().contains(id)) {
            // Held, being fetched, or no longer wanted.
            return;
        }
        List<PeerInfo> candidates = new ArrayList<>();
        if (ask(id, known(wanted.announcer())).isPresent()) {
            candidates.add(known(wanted.announcer()));
        }
        candidates.addAll(providers(id, MAX_PROVIDERS, SEARCH));
        Optional<String> refusal = Optional.empty();
        for (PeerInfo provider : candidates) {
            Optional<String> group;
            try {
                group = group(provider);
            } catch (IOException e) {
                LOG.debug("a provider of {}: {}", id, e.getMessage());
                continue;
            }
            Mirrored one = new Mirrored(id, wanted.signer(), group);
            Quotas.Left left = quotas.left(one);
            String room = "the quota of " + left.limit() + " leaves " + left.bytes();
            if (left.bytes() > 0) {
                fetch(one, provider, room);
                return;
            }
            refusal = Optional.of(room);
        }
        if (refusal.isEmpty() && wanted.attempt() < MAX_RETRIES) {
            want(wanted.again());
        } else {
            LOG.info("{} is not mirrored: {}", id, refusal.orElse("no provider can be reached"));
        }
    }

    private PeerInfo known(PeerId peer) {
        return new PeerInfo(peer, host.addressBook().addresses(peer));
    }

    /** Where the provider really is, not where it says. */
    private Optional<String> group(PeerInfo provider) throws IOException {
        var address =
                host.connect(provider.peer(), provider.addresses(), PATIENCE).address();
        return IpGroup.of(new PeerInfo(provider.peer(), List.of(address)));
    }

    private void fetch(Mirrored one, PeerInfo provider, String room) throws IOException {
        RepositoryId id = one.repository();
        quotas.open(one);
        boolean done = false;
        try {
            fetcher.fetch(id, List.of(provider), FETCH, Fetcher.ENOUGH_ANSWERS, Progress.NONE);
            quotas.refresh(id);
            done = true;
        } catch (IOException e) {
            LOG.info("{} is not mirrored: {} ({})", id, e.getMessage(), room);
        } finally {
            // Unless it was asked for meanwhile.
            if (!done && quotas.close(id)) {
                repositories.delete(id);
            }
        }
        if (done) {
            LOG.info("{} is mirrored", id);
            network.follow(id, true);
            network.provide(id);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
