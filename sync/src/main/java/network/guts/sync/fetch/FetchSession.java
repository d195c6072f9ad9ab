package network.guts.sync.fetch;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.SyncException;
import network.guts.sync.core.FetchScheduler;
import network.guts.sync.local.GatheredRefs;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.wire.RefsBodyCodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One fetch from beginning to end: providers are found and asked for refs ({@link RefsHearing}), the packs that those
 * list are brought here and checked ({@link PackFetch}), and then all of it is applied at once. The caller's thread
 * decides; each provider has a thread of its own ({@link ProviderLives}).
 */
public final class FetchSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FetchSession.class);

    /** What providers said, before anything is applied. */
    public record Heard(GatheredRefs.State state, GatheredRefs gathered, int answers) {}

    private final Fetcher owner;
    private final RepositoryId id;
    private final FetchOptions options;
    private final Collection<PeerInfo> hints;
    private final Progress progress;
    private final Optional<LocalRepository> local;
    private final Blame blame;
    private final RefsHearing hearing;
    private final ProviderLives lives;
    private @Nullable Thread search;

    /**
     * @param hints peers that are asked first
     * @param enough how many providers must have said what they have
     */
    FetchSession(
            Fetcher owner,
            RepositoryId id,
            Collection<PeerInfo> hints,
            FetchOptions options,
            int enough,
            Progress progress)
            throws IOException {
        this.owner = owner;
        this.id = id;
        this.options = options;
        this.hints = List.copyOf(hints);
        this.progress = progress;
        this.local = owner.repositories.find(id);
        this.blame = new Blame(id, owner.scores, owner.metrics);
        Monitor monitor = new Monitor();
        this.hearing = new RefsHearing(
                id,
                monitor,
                GatheredRefs.stored(owner.repositories.store(), id, options.identityChoice()),
                local,
                enough,
                hints.stream().map(PeerInfo::peer).toList());
        int alive = Math.max(1, Math.min(options.maxProviders(), FetchScheduler.MAX_PROVIDERS));
        this.lives = new ProviderLives(owner, id, monitor, hearing, blame, alive);
    }

    /** The whole fetch. */
    Fetched run() throws IOException {
        progress.update(new Progress.State("finding providers", 0, 0, 0, 0, 0, 0));
        GatheredRefs.State state = hear().state();
        keepEvidence(state.newEvidence());
        PackFetch packs = new PackFetch(owner, id, local, progress, lives, blame);
        Map<Bytes, byte[]> bodies = new LinkedHashMap<>();
        Set<PackId> passedOver = new LinkedHashSet<>();
        BroughtPacks brought = null;
        // Each round but the last passes over at least one header, so it ends.
        while (brought == null) {
            Map<Signed<RefsHeader>, RefsBody> counting = countingBodies(state, bodies);
            try {
                brought = packs.bring(counting);
            } catch (WronglySignedException e) {
                state = without(e, counting, state, passedOver);
            }
        }
        try (BroughtPacks done = brought) {
            return apply(state, bodies, done, () -> packs.tidy(passedOver));
        }
    }

    /** Asks providers for refs until enough have answered. */
    Heard hear() throws IOException {
        Providers providers = lives.providers();
        hints.forEach(hint -> providers.offer(hint, true));
        for (RefsBody body : local.isPresent() ? local.get().bodies().values() : List.<RefsBody>of()) {
            body.seeds().forEach(seed -> providers.offer(seed, false));
        }
        search = Thread.ofVirtual().name("search for " + id).start(this::search);
        if (!hearing.await(providers, options.timeout())) {
            throw nobody();
        }
        return new Heard(hearing.state(owner.clock.instant()), hearing.gathered(), hearing.answers());
    }

    private void search() {
        Providers providers = lives.providers();
        try {
            owner.network.findProviders(
                    id, Providers.MAX_CONSIDERED, options.timeout(), found -> providers.offer(found, false));
        } catch (IOException e) {
            LOG.debug("looking for providers of {}: {}", id, e.getMessage());
        } finally {
            providers.searchEnded();
        }
    }

    private SyncException nobody() {
        Map<PeerId, String> liars = blame.reasons();
        Map<PeerId, String> failures = lives.providers().failures();
        failures.keySet().removeAll(liars.keySet());
        if (liars.isEmpty() && failures.isEmpty()) {
            return new SyncException(
                    SyncException.Kind.NOT_FOUND,
                    "no provider of " + id + " was found",
                    "Is somebody who seeds it online? A URL with ?peer=… asks a peer directly.");
        }
        StringBuilder text = new StringBuilder("none of " + lives.providers().dialled() + " providers has " + id);
        text.append(ProviderLives.named(liars));
        failures.entrySet().stream()
                .limit(4)
                .forEach(one -> text.append("; ")
                        .append(one.getKey().abbreviated())
                        .append(": ")
                        .append(one.getValue()));
        return new SyncException(
                liars.isEmpty() ? SyncException.Kind.NOT_FOUND : SyncException.Kind.FAILED,
                text.toString(),
                "Try again later, or with ?peer=… of another provider.");
    }

    /** Evidence is passed on before anything else: it holds whatever becomes of this fetch. */
    private void keepEvidence(List<Equivocation> found) throws IOException {
        for (Equivocation evidence : found) {
            LOG.warn(
                    "{} signed two headers with sequence {} in {}",
                    evidence.signer().peerId(),
                    evidence.sequence(),
                    id);
            if (local.isPresent()) {
                owner.repositories.store().putEvidence(evidence);
                owner.network.announce(id, evidence.first().envelope().encoded().toArray());
                owner.network.announce(
                        id, evidence.second().envelope().encoded().toArray());
            }
        }
    }

    /** The bodies of the headers that count; those that are new are put into {@code bodies}. */
    private Map<Signed<RefsHeader>, RefsBody> countingBodies(GatheredRefs.State state, Map<Bytes, byte[]> bodies)
            throws IOException {
        Map<Signed<RefsHeader>, RefsBody> counting = new LinkedHashMap<>();
        for (Signed<RefsHeader> header : state.views().counting().values()) {
            RefsBody body = RefsBodyCodec.decode(body(header.value().body(), bodies));
            counting.put(header, body);
            body.seeds().forEach(seed -> lives.providers().offer(seed, false));
        }
        return counting;
    }

    private byte[] body(Bytes hash, Map<Bytes, byte[]> bodies) throws IOException {
        byte[] known = bodies.get(hash);
        if (known != null) {
            return known;
        }
        Optional<byte[]> stored =
                owner.repositories.store().body(hash).map(body -> body.encoded().toArray());
        if (stored.isPresent()) {
            return stored.get();
        }
        Optional<byte[]> came = hearing.body(hash);
        byte[] body = came.isPresent() ? came.get() : lives.firstOf(client -> client.body(id, hash), "the refs");
        bodies.put(hash, body);
        return body;
    }

    /**
     * The records without the headers that are not valid as they were signed; their signers are named.
     *
     * @param passedOver the packs of those headers are added
     * @throws SyncException if no other delegate has signed anything
     */
    private GatheredRefs.State without(
            WronglySignedException wrong,
            Map<Signed<RefsHeader>, RefsBody> counting,
            GatheredRefs.State state,
            Set<PackId> passedOver)
            throws SyncException {
        Map<PeerId, String> signers = new LinkedHashMap<>();
        counting.forEach((header, body) -> {
            String reason = wrong.reasons().get(header.hash());
            if (reason != null) {
                String words = "signed sequence " + header.value().sequence() + ": " + reason;
                signers.put(header.signer().peerId(), words);
                blame.wronglySigned(header.signer().peerId(), words);
                passedOver.addAll(body.packs());
            }
        });
        if (signers.isEmpty() || signers.size() == counting.size()) {
            throw new SyncException(
                    SyncException.Kind.FAILED,
                    "the refs of " + id + " are not valid" + ProviderLives.named(signers),
                    "Nothing was taken over. Tell who publishes the repository.");
        }
        return GatheredRefs.without(state, wrong.reasons().keySet(), owner.clock.instant());
    }

    /** What remains to be done when everything is on disk. */
    @FunctionalInterface
    private interface Tidy {
        void run() throws IOException;
    }

    /** Packs first, then records, then refs: what is visible is complete at every moment. */
    private Fetched apply(GatheredRefs.State state, Map<Bytes, byte[]> bodies, BroughtPacks packs, Tidy tidy)
            throws IOException {
        boolean moved = packs.count() > 0 || hasMoved(state);
        packs.install();
        owner.metrics.indexed(SyncMetrics.Origin.FETCHED, packs.objects());
        LocalRepository repository = owner.repositories.apply(id, state, bodies);
        tidy.run();
        owner.repositories.store().heardOf(id, owner.clock.instant());
        return new Fetched(
                id,
                moved,
                repository.canonical().refs().size(),
                packs.objects(),
                packs.bytes(),
                packs.bytesByProvider(),
                blame.reasons(),
                state.freshness().confirmation(owner.clock.instant()).confirmed(),
                lives.providers().dialled());
    }

    private boolean hasMoved(GatheredRefs.State newer) {
        return local.isEmpty()
                || !local.get()
                        .chain()
                        .newest()
                        .hash()
                        .equals(newer.chain().newest().hash())
                || !local.get().counting().equals(newer.views().counting());
    }

    @Override
    public void close() {
        Thread searching = search;
        if (searching != null) {
            searching.interrupt();
        }
        lives.close();
        owner.scores.save();
    }
}
