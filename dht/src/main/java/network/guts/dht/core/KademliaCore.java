package network.guts.dht.core;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Kademlia as one protocol core: joins the machines of this package and carries requests and answers between them.
 * Deterministic for its inputs and its random source.
 */
public final class KademliaCore implements Protocol<DhtInput, DhtEffect> {
    /** Look-ups that others may have under way here; each has at most α requests under way. */
    static final int MAX_QUERIES = 32;

    /** Time for an announcement or a refresh that nobody waits for. */
    private static final Duration OWN_QUERY_TIMEOUT = Duration.ofMinutes(2);

    private static final Duration FIRST_SEEDS_RETRY = Duration.ofSeconds(5);
    private static final Duration LAST_SEEDS_RETRY = Duration.ofMinutes(1);

    private final PeerId self;
    private final RandomGenerator random;
    private final RoutingTable table;
    private final TableKeeper keeper;
    private final Refresh refresh;
    private final Announcer announcer;
    private final Responder responder;
    private final Requests requests = new Requests();
    private final Map<Long, Query> queries = new LinkedHashMap<>();
    private List<DhtEffect> out = new ArrayList<>();
    private boolean started;
    private boolean server;
    private boolean joined;
    private Bytes ownAddressesHash = Bytes.EMPTY;
    private Instant nextSeeds = Instant.MAX;
    private Duration seedsRetry = FIRST_SEEDS_RETRY;
    private Instant nextSweep = Instant.MAX;
    private long lastOwnQuery;
    private long refreshing;

    /**
     * @param server whether requests are answered
     */
    public KademliaCore(PeerId self, boolean server, RoutingTable.GroupLimits limits, RandomGenerator random) {
        this.self = self;
        this.server = server;
        this.random = random;
        this.table = new RoutingTable(Key.of(self), Parameters.K, limits);
        this.keeper = new TableKeeper(self, table);
        this.refresh = new Refresh(self, random);
        this.announcer = new Announcer(random);
        this.responder = new Responder(self, table, announcer, random);
    }

    /** The table, for invariants in tests. */
    RoutingTable table() {
        return table;
    }

    @Override
    public List<DhtEffect> handle(DhtInput input, Instant now) {
        switch (input) {
            case DhtInput.Start(List<ProvidedKey> provided) -> start(provided, now);
            case DhtInput.ModeChanged(boolean isServer) -> server = isServer;
            case DhtInput.OwnAddresses(List<Multiaddr> addresses) -> ownAddresses(addresses, now);
            case DhtInput.PeerServes(PeerInfo peer) -> keeper.candidate(bounded(peer));
            case DhtInput.PeerStopped(PeerId peer) -> keeper.stopped(peer);
            case DhtInput.Seeds(List<PeerInfo> peers) -> peers.forEach(peer -> keeper.candidate(bounded(peer)));
            case DhtInput.Inbound inbound -> out.add(responder.answer(inbound, server, now));
            case DhtInput.Loaded loaded -> out.add(responder.providers(loaded, now));
            case DhtInput.LoadedOwn loaded -> ownRecords(loaded, now);
            case DhtInput.Answered answered -> answered(answered, now);
            case DhtInput.AskFailed(long ask, String reason) ->
                requests.end(ask).ifPresent(request -> failed(request, reason, now));
            case DhtInput.StartQuery(long id, Goal goal, Duration timeout) -> startQuery(id, goal, timeout, now);
            case DhtInput.CancelQuery(long id) -> cancel(id, now);
            case DhtInput.ProvideLater(Bytes key) -> announcer.add(key, now);
            case DhtInput.Unprovide(Bytes key) -> announcer.remove(key);
            case DhtInput.Snapshot(long ref) -> out.add(new DhtEffect.TableSnapshot(ref, table.rows()));
        }
        return settle(now);
    }

    @Override
    public List<DhtEffect> wake(Instant now) {
        return settle(now);
    }

    private void start(List<ProvidedKey> provided, Instant now) {
        started = true;
        nextSeeds = now;
        nextSweep = now;
        provided.forEach(key -> announcer.restore(key, now));
    }

    private void ownAddresses(List<Multiaddr> addresses, Instant now) {
        responder.ownAddresses(addresses);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        addresses.stream().sorted().forEach(address -> all.writeBytes(address.toBytes()));
        ownAddressesHash = addresses.isEmpty() ? Bytes.EMPTY : Bytes.sha256(all.toByteArray());
        announcer.addresses(ownAddressesHash, now);
    }

    private static PeerInfo bounded(PeerInfo peer) {
        List<Multiaddr> addresses = peer.addresses();
        return addresses.size() <= Parameters.MAX_ADDRESSES
                ? peer
                : new PeerInfo(peer.peer(), addresses.subList(0, Parameters.MAX_ADDRESSES));
    }

    private void startQuery(long id, Goal goal, Duration timeout, Instant now) {
        Query query = new Query(id, goal, self, now, timeout);
        boolean isOwn = id < 0;
        long others = queries.keySet().stream().filter(other -> other > 0).count();
        if (!isOwn && others >= MAX_QUERIES) {
            out.add(new DhtEffect.Finished(id, List.of(), 0, "too many look-ups are under way", Map.of()));
            return;
        }
        queries.put(id, query);
        query.lookup().begin(table.closest(query.lookupKey(), Parameters.K));
        if (goal instanceof Goal.FindProviders) {
            query.awaitsOwnRecords(true);
            out.add(new DhtEffect.LoadOwn(id, goal.key()));
        }
        if (goal instanceof Goal.Provide) {
            announcer.add(goal.key(), now);
            announcer.begin(goal.key());
            if (!responder.ownAddresses().isEmpty()) {
                query.announce(new PeerInfo(self, responder.ownAddresses()), ownAddressesHash);
            }
        }
    }

    private void cancel(long id, Instant now) {
        Query query = queries.remove(id);
        if (query != null) {
            abandon(query);
            ended(query, DhtEffect.Outcome.CANCELLED, now);
            if (query.goal() instanceof Goal.Provide(Bytes key)) {
                announcer.cancelled(key, now);
            }
        }
    }

    private void ended(Query query, DhtEffect.Outcome outcome, Instant now) {
        out.add(new DhtEffect.LookUpEnded(query.goal(), outcome, query.elapsed(now), query.farthest()));
    }

    private void abandon(Query query) {
        requests.giveUp(query).forEach(request -> out.add(new DhtEffect.Abandon(request.ask())));
    }

    private void ownRecords(DhtInput.LoadedOwn loaded, Instant now) {
        Query query = queries.get(loaded.query());
        if (query == null || !(query.goal() instanceof Goal.FindProviders wanted)) {
            return;
        }
        query.awaitsOwnRecords(false);
        for (PeerInfo provider : ProviderRecords.live(loaded.records(), now, random)) {
            if (query.addProvider(wanted, provider)) {
                out.add(new DhtEffect.Found(query.id(), provider, self, 0, query.elapsed(now)));
            }
        }
    }

    private void answered(DhtInput.Answered answered, Instant now) {
        Requests.Waiting request = requests.end(answered.ask()).orElse(null);
        if (request == null) {
            return;
        }
        Contact from = request.to();
        Response response = answered.response();
        switch (request.purpose()) {
            case Requests.Purpose.Probe() -> {
                // A full table has no use for a peer that knows nobody.
                if (response.closer().isEmpty() && table.size() >= Parameters.K) {
                    keeper.probeFailed(from);
                } else {
                    keeper.proved(from, answered.addresses(), now);
                }
            }
            case Requests.Purpose.Step(Query query, int hops) -> {
                keeper.proved(from, answered.addresses(), now);
                step(query, from, hops, response.outcome(), now);
                for (PeerInfo provider : query.answered(from, response)) {
                    out.add(new DhtEffect.Found(query.id(), provider, from.peer(), hops, query.elapsed(now)));
                }
            }
            case Requests.Purpose.StoreAt(Query query, int hops) -> {
                query.storeEnded(from, true, "kept the record");
                step(query, from, hops, "kept the record", now);
            }
        }
    }

    private void failed(Requests.Waiting request, String reason, Instant now) {
        Contact contact = request.to();
        switch (request.purpose()) {
            case Requests.Purpose.Probe() -> keeper.probeFailed(contact);
            case Requests.Purpose.Step(Query query, int hops) -> {
                query.failed(contact, reason);
                keeper.suspect(contact);
                step(query, contact, hops, "failed: " + reason, now);
            }
            case Requests.Purpose.StoreAt(Query query, int hops) -> {
                query.storeEnded(contact, false, "did not keep the record: " + reason);
                step(query, contact, hops, "did not keep the record: " + reason, now);
            }
        }
    }

    private void step(Query query, Contact contact, int hops, String outcome, Instant now) {
        if (query.id() > 0) {
            out.add(new DhtEffect.Step(query.id(), contact.peer(), hops, query.elapsed(now), outcome));
        }
    }

    /** Does all that can be done now, and hands over what was gathered. */
    private List<DhtEffect> settle(Instant now) {
        if (started) {
            for (var late = requests.overdue(now); late.isPresent(); late = requests.overdue(now)) {
                out.add(new DhtEffect.Abandon(late.get().ask()));
                failed(late.get(), "no answer within " + Parameters.REQUEST_TIMEOUT.toSeconds() + " s", now);
            }
            noteJoining(now);
            keeper.probes(now).forEach(contact -> probe(contact, now));
            seeds(now);
            sweep(now);
            ownQueries(now);
            List.copyOf(queries.values()).forEach(query -> advance(query, now));
        }
        List<DhtEffect> effects = out;
        out = new ArrayList<>();
        return effects;
    }

    private void noteJoining(Instant now) {
        if (table.size() > 0 && !joined) {
            refresh.joined(now);
            announcer.retry(now);
        }
        if (table.size() == 0 && joined) {
            nextSeeds = now;
            seedsRetry = FIRST_SEEDS_RETRY;
        }
        joined = table.size() > 0;
    }

    /** The question of a probe is the one that the public network's servers ask a stranger: its own id. */
    private void probe(Contact contact, Instant now) {
        Request question = new Request.FindNode(contact.peer().bytes());
        out.add(requests.ask(contact, question, new Requests.Purpose.Probe(), now));
    }

    private void seeds(Instant now) {
        if (wantsSeeds() && !nextSeeds.isAfter(now)) {
            out.add(new DhtEffect.NeedSeeds());
            nextSeeds = now.plus(seedsRetry);
            Duration longer = seedsRetry.multipliedBy(2);
            Duration longest = table.size() == 0 ? LAST_SEEDS_RETRY : Parameters.REFRESH_INTERVAL;
            seedsRetry = longer.compareTo(longest) < 0 ? longer : longest;
        }
    }

    /**
     * Also a node that knows some others tries its seeds, until it knows k: those others may have joined through it when
     * its own seeds did not answer, and then they are an island that nobody else would find.
     */
    private boolean wantsSeeds() {
        return table.size() < Parameters.K && !keeper.isProbing();
    }

    private void sweep(Instant now) {
        if (!nextSweep.isAfter(now)) {
            out.add(new DhtEffect.Sweep(now.minus(ProviderRecords.RECORD_LIFE)));
            nextSweep = now.plus(ProviderRecords.SWEEP_INTERVAL);
        }
    }

    private void ownQueries(Instant now) {
        if (canAnnounce()) {
            for (Bytes key : announcer.start(now)) {
                startQuery(--lastOwnQuery, new Goal.Provide(key), OWN_QUERY_TIMEOUT, now);
            }
        }
        if (refreshing == 0) {
            refresh.poll(table, now).ifPresent(key -> {
                refreshing = --lastOwnQuery;
                startQuery(refreshing, new Goal.RefreshTable(key), OWN_QUERY_TIMEOUT, now);
            });
        }
    }

    private boolean canAnnounce() {
        return table.size() > 0 && !responder.ownAddresses().isEmpty();
    }

    private void advance(Query query, Instant now) {
        for (var errand = query.next(); errand.isPresent(); errand = query.next()) {
            Query.Errand next = errand.get();
            boolean stores = next.request() instanceof Request.AddProvider;
            Requests.Purpose purpose = stores
                    ? new Requests.Purpose.StoreAt(query, next.hops())
                    : new Requests.Purpose.Step(query, next.hops());
            out.add(requests.ask(next.to(), next.request(), purpose, now));
            step(query, next.to(), next.hops(), stores ? "asked to keep the record" : "asked", now);
        }
        if (query.isDone()) {
            finish(query, "", now);
        } else if (!query.deadline().isAfter(now)) {
            finish(query, " before the time was over", now);
        }
    }

    private void finish(Query query, String whyEnded, Instant now) {
        queries.remove(query.id());
        abandon(query);
        if (query.goal() instanceof Goal.Provide(Bytes key)) {
            announcer
                    .done(key, query.taken(), query.announcedAddresses(), now)
                    .ifPresent(announced -> out.add(new DhtEffect.Announced(announced)));
        }
        DhtEffect.Finished result = query.result(whyEnded);
        DhtEffect.Outcome found = result.count() > 0 ? DhtEffect.Outcome.OK : DhtEffect.Outcome.NOTHING;
        ended(query, result.failure().isEmpty() ? found : DhtEffect.Outcome.FAILED, now);
        if (query.id() > 0) {
            out.add(result);
        } else if (query.id() == refreshing) {
            refreshing = 0;
            // The next key of the round is due at once.
            ownQueries(now);
            Query next = queries.get(refreshing);
            if (next != null) {
                advance(next, now);
            }
        }
    }

    @Override
    public @Nullable Instant nextDeadline() {
        if (!started) {
            return null;
        }
        Instant next = earlier(requests.nextDeadline(), earlier(keeper.nextDeadline(), nextSweep));
        for (Query query : queries.values()) {
            next = earlier(next, query.deadline());
        }
        if (wantsSeeds()) {
            next = earlier(next, nextSeeds);
        }
        if (table.size() > 0 && refreshing == 0) {
            next = earlier(next, refresh.nextDeadline());
        }
        return canAnnounce() ? earlier(next, announcer.nextDeadline()) : next;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
