package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/**
 * A {@link Lookup} with its {@link Goal}: collects what the goal wants from the answers, and for {@link Goal.Provide}
 * leaves the record with those who were found.
 */
final class Query {
    /** Whom to ask what. */
    record Errand(Contact to, int hops, Request request) {}

    private final long id;
    private final Goal goal;
    private final Instant started;
    private final Instant deadline;
    private final PeerId self;
    private final Key lookupKey;
    private final Lookup lookup;
    private final Map<PeerId, String> stored = new LinkedHashMap<>();
    private final Map<PeerId, List<Multiaddr>> providers = new LinkedHashMap<>();
    private final Set<Multiaddr> targetAddresses = new LinkedHashSet<>();
    private final Deque<Contact> storeAt = new ArrayDeque<>();
    private Optional<PeerInfo> announcement = Optional.empty();
    private Bytes announcedAddresses = Bytes.EMPTY;
    private boolean storing;
    private int storesUnderWay;
    private int taken;
    private boolean targetAnswered;
    private boolean awaitsOwnRecords;
    private int farthest;

    Query(long id, Goal goal, PeerId self, Instant started, Duration timeout) {
        this.id = id;
        this.goal = goal;
        this.self = self;
        this.started = started;
        this.deadline = started.plus(timeout);
        boolean rough = goal instanceof Goal.RefreshTable;
        int alpha = rough ? Parameters.BETA : Parameters.ALPHA;
        int width = rough ? Parameters.BETA : Parameters.K;
        this.lookupKey = Key.of(goal.key());
        this.lookup = new Lookup(lookupKey, self, Parameters.K, alpha, width);
    }

    long id() {
        return id;
    }

    Goal goal() {
        return goal;
    }

    Instant deadline() {
        return deadline;
    }

    Duration elapsed(Instant now) {
        return Duration.between(started, now);
    }

    Key lookupKey() {
        return lookupKey;
    }

    Lookup lookup() {
        return lookup;
    }

    /** The look-up is not over before this node's own records were read. */
    void awaitsOwnRecords(boolean awaits) {
        awaitsOwnRecords = awaits;
    }

    /** What to leave with the closest peers: this node with its addresses. */
    void announce(PeerInfo itself, Bytes addressesHash) {
        announcement = Optional.of(itself);
        announcedAddresses = addressesHash;
    }

    Bytes announcedAddresses() {
        return announcedAddresses;
    }

    /** Whom to ask now, if anybody. */
    Optional<Errand> next() {
        if (!storing && goal instanceof Goal.Provide && lookup.isDone()) {
            storing = true;
            storeAt.addAll(lookup.closest());
        }
        if (storing) {
            return nextStore();
        }
        return isDone()
                ? Optional.empty()
                : lookup.next().map(candidate -> {
                    farthest = Math.max(farthest, candidate.hops());
                    return new Errand(candidate.contact(), candidate.hops(), request());
                });
    }

    private Request request() {
        return switch (goal) {
            case Goal.FindProviders providersOf -> new Request.GetProviders(providersOf.key());
            default -> new Request.FindNode(goal.key());
        };
    }

    private Optional<Errand> nextStore() {
        Contact contact = storesUnderWay < Parameters.ALPHA ? storeAt.poll() : null;
        if (contact == null || announcement.isEmpty()) {
            return Optional.empty();
        }
        storesUnderWay++;
        stored.put(contact.peer(), "asked to keep the record, no answer yet");
        int hops = lookup.candidate(contact.peer()).map(Lookup.Candidate::hops).orElse(0);
        return Optional.of(new Errand(contact, hops, new Request.AddProvider(goal.key(), List.of(announcement.get()))));
    }

    /**
     * Takes an answer to a request of the look-up.
     *
     * @return the providers that are new
     */
    List<PeerInfo> answered(Contact from, Response response) {
        List<Contact> closer = new ArrayList<>();
        for (PeerInfo peer : response.closer()) {
            if (!peer.addresses().isEmpty()) {
                closer.add(Contact.of(peer));
            }
        }
        lookup.answered(from.peer(), closer, response.outcome());
        if (goal instanceof Goal.FindPeer(PeerId target)) {
            noteTarget(target, from, response);
        }
        return goal instanceof Goal.FindProviders wanted ? newProviders(wanted, response) : List.of();
    }

    private void noteTarget(PeerId target, Contact from, Response response) {
        if (from.peer().equals(target)) {
            targetAnswered = true;
            from.addresses().forEach(this::noteAddress);
        }
        response.closer().stream()
                .filter(peer -> peer.peer().equals(target))
                .flatMap(peer -> peer.addresses().stream())
                .forEach(this::noteAddress);
    }

    private void noteAddress(Multiaddr address) {
        if (targetAddresses.size() < Parameters.MAX_ADDRESSES) {
            targetAddresses.add(address);
        }
    }

    private List<PeerInfo> newProviders(Goal.FindProviders wanted, Response response) {
        return response.providers().stream()
                .limit(Parameters.MAX_PROVIDERS)
                .filter(provider -> addProvider(wanted, provider))
                .toList();
    }

    /** Whether {@code provider} is new and wanted. This node does not find itself. */
    boolean addProvider(Goal.FindProviders wanted, PeerInfo provider) {
        boolean isNew = !provider.peer().equals(self)
                && providers.size() < wanted.limit()
                && !providers.containsKey(provider.peer());
        if (isNew) {
            providers.put(provider.peer(), provider.addresses());
        }
        return isNew;
    }

    void failed(Contact contact, String reason) {
        lookup.failed(contact.peer(), reason);
    }

    void storeEnded(Contact contact, boolean success, String outcome) {
        storesUnderWay--;
        taken += success ? 1 : 0;
        stored.put(contact.peer(), outcome);
    }

    boolean isDone() {
        return switch (goal) {
            case Goal.Provide provide ->
                storing && storesUnderWay == 0 && (storeAt.isEmpty() || announcement.isEmpty());
            case Goal.FindProviders wanted ->
                providers.size() >= wanted.limit() || lookup.isDone() && !awaitsOwnRecords;
            case Goal.FindPeer peer -> targetAnswered || lookup.isDone();
            case Goal.Closest closest -> lookup.isDone();
            case Goal.RefreshTable refresh -> lookup.isDone();
        };
    }

    /** Hops to the farthest peer that was asked. */
    int farthest() {
        return farthest;
    }

    int taken() {
        return taken;
    }

    /** What came of it by now. */
    DhtEffect.Finished result(String whyEnded) {
        Map<PeerId, String> asked = new LinkedHashMap<>(lookup.outcomes());
        stored.forEach((peer, outcome) -> asked.merge(peer, outcome, (found, kept) -> found + "; " + kept));
        List<PeerInfo> closest = lookup.closest().stream().map(Contact::info).toList();
        boolean nobody = closest.isEmpty();
        String silence = asked.isEmpty() ? "no peer is known that could be asked" : "no peer answered";
        String unanswered = nobody ? silence + whyEnded : "";
        return switch (goal) {
            case Goal.Closest wanted -> new DhtEffect.Finished(id, closest, closest.size(), unanswered, asked);
            case Goal.RefreshTable wanted -> new DhtEffect.Finished(id, closest, closest.size(), unanswered, asked);
            case Goal.FindProviders wanted ->
                new DhtEffect.Finished(id, List.of(), providers.size(), providers.isEmpty() ? unanswered : "", asked);
            case Goal.FindPeer(PeerId target) -> {
                List<PeerInfo> found = targetAddresses.isEmpty()
                        ? List.of()
                        : List.of(new PeerInfo(target, List.copyOf(targetAddresses)));
                String unknown = nobody ? unanswered : "no peer that answered knows it" + whyEnded;
                yield new DhtEffect.Finished(id, found, found.size(), found.isEmpty() ? unknown : "", asked);
            }
            case Goal.Provide wanted -> {
                String refused = announcement.isEmpty()
                        ? "this node has no address to announce"
                        : nobody ? unanswered : "no peer took the record" + whyEnded;
                yield new DhtEffect.Finished(id, closest, taken, taken == 0 ? refused : "", asked);
            }
        };
    }
}
