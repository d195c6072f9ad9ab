package network.guts.sync.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PeerRecord;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.SyncException;
import network.guts.sync.core.CanonicalRefs;
import network.guts.sync.core.IdentityResolution;
import network.guts.sync.local.GatheredRefs;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.protocol.PeerRefusedException;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SyncMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One fetch from beginning to end. The caller's thread decides; each provider has a virtual thread that connects, asks
 * for the refs, waits until it is known which packs are wanted, and joins the download.
 */
public final class FetchSession implements AutoCloseable {
    private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(10);

    /** Once one provider has answered, others get so long to do so too. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** Without anybody who could deliver, a fetch is given up after this. */
    private static final Duration NOBODY = Duration.ofSeconds(20);

    private static final Duration TICK = Duration.ofMillis(200);
    private static final Logger LOG = LoggerFactory.getLogger(FetchSession.class);

    /** What providers said, before anything is applied. */
    public record Heard(GatheredRefs.State state, GatheredRefs gathered, int answers) {}

    private final Fetcher owner;
    private final RepositoryId id;
    private final FetchOptions options;
    private final int enough;
    private final Progress progress;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Providers providers;
    private final GatheredRefs gathered;
    private final Map<PublicKey, Long> since = new LinkedHashMap<>();
    private final long revisions;
    private final Map<PeerId, SyncClient> clients = new LinkedHashMap<>();
    private final Map<PeerId, String> blamed = new TreeMap<>();
    private final Optional<LocalRepository> local;
    private final Set<PeerId> undecided = new LinkedHashSet<>();
    private final Set<PeerId> named = new LinkedHashSet<>();
    private int answers;
    /** A peer that was named has answered: the search is not waited for, only who was found already. */
    private boolean hintAnswered;

    private long firstAnswer;
    private boolean refsDone;
    private boolean ended;
    private List<PackId> wanted = List.of();
    private @Nullable PackDownload download;
    private @Nullable Thread search;

    FetchSession(Fetcher owner, RepositoryId id, FetchOptions options, int enough, Progress progress)
            throws IOException {
        this.owner = owner;
        this.id = id;
        this.options = options;
        this.enough = enough;
        this.progress = progress;
        this.local = owner.repositories.find(id);
        this.gathered = GatheredRefs.stored(owner.repositories.store(), id, options.identityChoice());
        this.revisions = local.map(one -> (long) one.chain().revisions().size()).orElse(0L);
        local.ifPresent(one -> one.with(state -> {
            state.views()
                    .headers()
                    .forEach(header -> since.put(header.signer(), state.views().highest(header.signer())));
            return state;
        }));
        int alive = Math.max(1, Math.min(options.maxProviders(), network.guts.sync.core.FetchScheduler.MAX_PROVIDERS));
        this.providers = new Providers(owner.host.peerId(), this::live, owner.scores, alive, lock, changed);
    }

    /** The whole fetch. */
    Fetched run(Collection<PeerInfo> hints) throws IOException {
        progress.update(new Progress.State("finding providers", 0, 0, 0, 0, 0, 0));
        Heard heard = hear(List.copyOf(hints));
        GatheredRefs.State state = heard.state();
        keepEvidence(state.newEvidence());
        PackFetch packs = new PackFetch(owner, id, local, progress, this);
        Map<Bytes, byte[]> bodies = new LinkedHashMap<>();
        PackFetch.@Nullable Done brought = null;
        Set<PackId> passedOver = new LinkedHashSet<>();
        // Each round but the last passes over at least one header, so it ends.
        while (brought == null) {
            Map<Signed<RefsHeader>, RefsBody> counting = countingBodies(state, bodies);
            try {
                brought = packs.bring(counting);
            } catch (WronglySignedException e) {
                e.reasons()
                        .keySet()
                        .forEach(hash -> counting.forEach((header, body) -> {
                            if (header.hash().equals(hash)) {
                                passedOver.addAll(body.packs());
                            }
                        }));
                state = without(e, counting, state);
            }
        }
        PackFetch.Done done = brought;
        boolean moved = done.newPacks() > 0 || hasMoved(state);
        LocalRepository repository;
        try (done) {
            done.install();
            repository = owner.repositories.apply(id, state, bodies);
            packs.tidy(passedOver);
        }
        owner.repositories.store().heardOf(id, owner.clock.instant());
        CanonicalRefs refs = repository.canonical();
        lock.lock();
        try {
            blamed.putAll(done.blamed());
            return new Fetched(
                    id,
                    moved,
                    refs.refs().size(),
                    done.objects(),
                    done.bytes(),
                    done.bytesByProvider(),
                    Map.copyOf(blamed),
                    state.freshness().confirmation(owner.clock.instant()).confirmed(),
                    providers.dialled());
        } finally {
            lock.unlock();
        }
    }

    /** The bodies of the headers that count; those that are new are put into {@code bodies}. */
    private Map<Signed<RefsHeader>, RefsBody> countingBodies(GatheredRefs.State state, Map<Bytes, byte[]> bodies)
            throws IOException {
        bodies.putAll(bodies(state, bodies));
        Map<Signed<RefsHeader>, RefsBody> counting = new LinkedHashMap<>();
        for (Signed<RefsHeader> header : state.views().counting().values()) {
            RefsBody body = RefsBodyCodec.decode(body(header, bodies));
            counting.put(header, body);
            body.seeds().forEach(seed -> providers.offer(seed, false));
        }
        return counting;
    }

    /**
     * The records without the headers that are not valid as they were signed; their signers are named.
     *
     * @throws SyncException if no other delegate has signed anything
     */
    private GatheredRefs.State without(
            WronglySignedException wrong, Map<Signed<RefsHeader>, RefsBody> counting, GatheredRefs.State state)
            throws SyncException {
        Map<PeerId, String> signers = new TreeMap<>();
        for (Signed<RefsHeader> header : counting.keySet()) {
            String reason = wrong.reasons().get(header.hash());
            if (reason != null) {
                signers.put(
                        header.signer().peerId(),
                        "signed sequence " + header.value().sequence() + ": " + reason);
            }
        }
        signers.forEach((signer, reason) -> LOG.warn("delegate {} of {} {}; passed over", signer, id, reason));
        lock.lock();
        try {
            blamed.putAll(signers);
        } finally {
            lock.unlock();
        }
        if (signers.isEmpty() || signers.size() == counting.size()) {
            StringBuilder text = new StringBuilder("the refs of " + id + " are not valid");
            signers.forEach((signer, reason) ->
                    text.append("; delegate ").append(signer).append(' ').append(reason));
            throw new SyncException(
                    SyncException.Kind.FAILED,
                    text.toString(),
                    "Nothing was taken over. Tell who publishes the repository.");
        }
        return GatheredRefs.without(state, wrong.reasons().keySet(), owner.clock.instant());
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

    /** Asks providers for refs until enough have answered. */
    Heard hear(List<PeerInfo> hints) throws IOException {
        hints.forEach(hint -> {
            named.add(hint.peer());
            providers.offer(hint, true);
        });
        for (RefsBody body : local.isPresent() ? local.get().bodies().values() : List.<RefsBody>of()) {
            body.seeds().forEach(seed -> providers.offer(seed, false));
        }
        search = Thread.ofVirtual().name("search for " + id).start(this::search);
        long end = System.nanoTime() + options.timeout().toNanos();
        lock.lock();
        try {
            await(
                    () -> answers >= enough
                            || answers > 0 && providers.exhausted() && undecided.isEmpty()
                            || providers.allGone()
                            || hintAnswered && providers.idle() && undecided.isEmpty()
                            || answers > 0 && System.nanoTime() - firstAnswer > GRACE.toNanos(),
                    end);
            if (answers == 0) {
                throw nobody();
            }
            refsDone = true;
            GatheredRefs.Result result = gathered.resolve(owner.clock.instant());
            return new Heard(state(result), gathered, answers);
        } finally {
            lock.unlock();
        }
    }

    private GatheredRefs.State state(GatheredRefs.Result result) throws IOException {
        if (result.state().isPresent()) {
            return result.state().get();
        }
        if (result.resolution() instanceof IdentityResolution.Undecided undecided) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    "revision " + undecided.revision() + " of the identity of " + id + " has "
                            + undecided.candidates().size() + " valid versions",
                    "Choose one with --identity HASH: " + undecided.choices());
        }
        String reason = result.resolution() instanceof IdentityResolution.Invalid invalid ? invalid.reason() : "";
        throw new SyncException(
                SyncException.Kind.FAILED,
                "the identity of " + id + " is not valid: " + reason,
                "Ask for it with other providers.");
    }

    private SyncException nobody() {
        Map<PeerId, String> failures = providers.failures();
        failures.putAll(blamed);
        if (failures.isEmpty()) {
            return new SyncException(
                    SyncException.Kind.NOT_FOUND,
                    "no provider of " + id + " was found",
                    "Is somebody who seeds it online? A URL with ?peer=… asks a peer directly.");
        }
        StringBuilder text = new StringBuilder("none of " + providers.dialled() + " providers has " + id);
        failures.entrySet().stream()
                .limit(4)
                .forEach(one -> text.append("; ")
                        .append(one.getKey().abbreviated())
                        .append(": ")
                        .append(one.getValue()));
        return new SyncException(
                SyncException.Kind.NOT_FOUND, text.toString(), "Try again later, or with ?peer=… of another provider.");
    }

    private void search() {
        try {
            owner.network.findProviders(
                    id, Providers.MAX_CONSIDERED, options.timeout(), found -> providers.offer(found, false));
        } catch (IOException e) {
            LOG.debug("looking for providers of {}: {}", id, e.getMessage());
        } finally {
            providers.searchEnded();
        }
    }

    /** The life of one provider, on a thread of its own. */
    private void live(PeerInfo provider, Runnable connected) throws IOException {
        PeerId peer = provider.peer();
        owner.host.connect(peer, provider.addresses(), DIAL_TIMEOUT);
        try (SyncClient client = SyncClient.open(owner.host, peer, DIAL_TIMEOUT)) {
            register(client);
            connected.run();
            try {
                List<SyncMessage.Refs> parts = client.refs(id, revisions, since);
                answered(peer, parts);
                joinDownload(client);
            } catch (MalformedException e) {
                blame(peer, String.valueOf(e.getMessage()));
                throw e;
            } catch (PeerRefusedException e) {
                e.failure().peers().forEach(this::offerRecord);
                throw e;
            } finally {
                unregister(peer);
            }
        }
    }

    private void register(SyncClient client) {
        lock.lock();
        try {
            clients.put(client.peer(), client);
            undecided.add(client.peer());
        } finally {
            lock.unlock();
        }
    }

    private void unregister(PeerId peer) {
        PackDownload running;
        lock.lock();
        try {
            clients.remove(peer);
            undecided.remove(peer);
            running = download;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (running != null) {
            running.leave(peer);
        }
    }

    private void answered(PeerId peer, List<SyncMessage.Refs> parts) throws MalformedException {
        lock.lock();
        try {
            if (!refsDone) {
                gathered.add(parts);
                undecided.remove(peer);
                firstAnswer = answers == 0 ? System.nanoTime() : firstAnswer;
                answers++;
                hintAnswered |= named.contains(peer);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        owner.seeder.holds(peer, id);
        for (SyncMessage.Refs part : parts) {
            part.peers().forEach(this::offerRecord);
        }
    }

    /** A provider's word of another one: its own signed record, or nothing. */
    private void offerRecord(Bytes envelope) {
        try {
            PeerRecord record = PeerRecord.open(SignedEnvelope.parse(envelope.toArray()));
            providers.offer(new PeerInfo(record.peer(), record.addresses()), false);
        } catch (MalformedException e) {
            LOG.debug("a peer record that does not hold: {}", e.getMessage());
        }
    }

    private void joinDownload(SyncClient client) throws IOException {
        PackDownload joined = null;
        while (client.isOpen()) {
            PackDownload running;
            List<PackId> packs;
            lock.lock();
            try {
                await(() -> ended || !client.isOpen() || download != null, Long.MAX_VALUE);
                if (ended) {
                    return;
                }
                running = download;
                packs = wanted;
            } finally {
                lock.unlock();
            }
            if (running != null && !running.equals(joined)) {
                running.join(client, client.packs(id, packs, true));
                joined = running;
            }
            lock.lock();
            try {
                // A look now and then: a partial holder may hold more, a stream may have ended.
                await(() -> ended || !client.isOpen(), System.nanoTime() + GRACE.toNanos());
                if (ended) {
                    return;
                }
            } finally {
                lock.unlock();
            }
        }
        throw new IOException("the stream ended");
    }

    /** Under the lock: waits for {@code condition}, or until {@code end} ({@link System#nanoTime}). */
    private void await(BooleanSupplier condition, long end) throws IOException {
        try {
            while (!condition.getAsBoolean()) {
                long left = end == Long.MAX_VALUE ? Long.MAX_VALUE : end - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                changed.awaitNanos(Math.min(left, TICK.toNanos()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    void blame(PeerId peer, String reason) {
        LOG.info("provider {} of {} {} and is dropped", peer, id, reason);
        owner.scores.lied(peer);
        lock.lock();
        try {
            blamed.put(peer, reason);
        } finally {
            lock.unlock();
        }
    }

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

    private byte[] body(Signed<RefsHeader> header, Map<Bytes, byte[]> bodies) throws IOException {
        byte[] body = bodies.get(header.value().body());
        if (body != null) {
            return body;
        }
        return owner.repositories
                .store()
                .body(header.value().body())
                .orElseThrow(() -> new IOException("a body went missing"))
                .encoded()
                .toArray();
    }

    /** The bodies of the headers that count, as far as they are neither stored nor {@code known}. */
    private Map<Bytes, byte[]> bodies(GatheredRefs.State state, Map<Bytes, byte[]> known) throws IOException {
        Map<Bytes, byte[]> bodies = new LinkedHashMap<>();
        for (Signed<RefsHeader> header : state.views().counting().values()) {
            Bytes hash = header.value().body();
            if (known.containsKey(hash) || owner.repositories.store().body(hash).isPresent()) {
                continue;
            }
            Optional<byte[]> came;
            lock.lock();
            try {
                came = gathered.body(hash);
            } finally {
                lock.unlock();
            }
            byte[] body = came.isPresent() ? came.get() : firstOf(client -> client.body(id, hash), "the refs");
            bodies.put(hash, body);
        }
        return bodies;
    }

    /** A question to one provider after the other. */
    @FunctionalInterface
    interface Question<T> {
        T ask(SyncClient client) throws IOException;
    }

    /** The first answer; who answers wrongly is blamed, who does not have it is passed over. */
    <T> T firstOf(Question<T> question, String what) throws IOException {
        List<PeerId> asked = new ArrayList<>();
        long end = System.nanoTime() + NOBODY.toNanos();
        while (true) {
            Optional<SyncClient> next;
            lock.lock();
            try {
                await(
                        () -> clients.keySet().stream().anyMatch(peer -> !asked.contains(peer)) || providers.allGone(),
                        end);
                next = clients.values().stream()
                        .filter(client -> !asked.contains(client.peer()))
                        .findFirst();
            } finally {
                lock.unlock();
            }
            if (next.isEmpty()) {
                throw new SyncException(
                        SyncException.Kind.FAILED,
                        "no provider of " + id + " gives " + what,
                        "Try again: what was verified is kept.");
            }
            SyncClient client = next.get();
            asked.add(client.peer());
            try {
                return question.ask(client);
            } catch (MalformedException e) {
                blame(client.peer(), String.valueOf(e.getMessage()));
                client.close();
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                LOG.debug("provider {}: {}", client.peer(), e.getMessage());
            }
        }
    }

    /** From now on, connected providers and new ones join. */
    void begin(PackDownload running, List<PackId> packs) {
        lock.lock();
        try {
            download = running;
            wanted = packs;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** True if nobody can deliver, and nobody else will come. */
    boolean isHopeless() {
        lock.lock();
        try {
            return providers.allGone();
        } finally {
            lock.unlock();
        }
    }

    Map<PeerId, String> blamed() {
        lock.lock();
        try {
            return new TreeMap<>(blamed);
        } finally {
            lock.unlock();
        }
    }

    static Duration nobodyTimeout() {
        return NOBODY;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        Thread searching = search;
        if (searching != null) {
            searching.interrupt();
        }
        providers.close();
    }
}
