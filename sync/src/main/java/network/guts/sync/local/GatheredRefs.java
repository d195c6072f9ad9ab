package network.guts.sync.local;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.sync.core.DelegateViews;
import network.guts.sync.core.FreshOutcome;
import network.guts.sync.core.Freshness;
import network.guts.sync.core.HeaderOutcome;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.core.IdentityResolution;
import network.guts.sync.core.IdentityRules;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.records.RecordStore;
import network.guts.sync.wire.SignedRecords;
import network.guts.sync.wire.SyncMessage;

/**
 * What several providers say of one repository, put together with what was known: the newest valid record of each
 * delegate counts, no matter who relayed it. Not thread-safe.
 */
public final class GatheredRefs {
    /** Headers and identities of all providers together: 64 headers of 32 delegates twice over. */
    private static final int MAX_RECORDS = 5_000;

    /** Small bodies of all providers together, in bytes. */
    private static final int MAX_BODY_BYTES = 16 << 20;

    private final RepositoryId repository;
    private final Map<Bytes, SignedIdentity> identities = new LinkedHashMap<>();
    private final List<Bytes> applied;
    private final Optional<Bytes> choice;
    private final Map<Bytes, Signed<RefsHeader>> headers = new LinkedHashMap<>();
    private final Map<Bytes, Equivocation> evidence = new LinkedHashMap<>();
    private final Map<Bytes, Signed<Fresh>> words = new LinkedHashMap<>();
    private final Map<Bytes, byte[]> bodies = new LinkedHashMap<>();
    private int bodyBytes;

    /** What all of it amounts to. */
    public record Result(IdentityResolution resolution, Optional<State> state) {}

    /** The records that count. */
    public record State(
            IdentityChain chain, DelegateViews views, Freshness freshness, List<Equivocation> newEvidence) {}

    public GatheredRefs(
            RepositoryId repository,
            Collection<SignedIdentity> identities,
            List<Bytes> applied,
            Optional<Bytes> choice,
            Collection<Signed<RefsHeader>> headers,
            Collection<Equivocation> evidence,
            Collection<Signed<Fresh>> words) {
        this.repository = repository;
        this.applied = List.copyOf(applied);
        this.choice = choice;
        identities.forEach(one -> this.identities.put(one.hash(), one));
        headers.forEach(one -> this.headers.put(one.hash(), one));
        evidence.forEach(one -> this.evidence.put(one.first().hash(), one));
        words.forEach(one -> this.words.put(one.hash(), one));
    }

    /** What is stored of {@code repository}. */
    public static GatheredRefs stored(RecordStore store, RepositoryId repository, Optional<Bytes> choice)
            throws IOException {
        return new GatheredRefs(
                repository,
                store.identities(repository),
                store.applied(repository),
                choice,
                store.headers(repository),
                store.evidence(repository),
                store.fresh(repository));
    }

    /**
     * Adds a provider's answer: all of it, or nothing.
     *
     * @throws MalformedException if a signature in it does not hold, or a header is by nobody who may sign: the provider
     *     should not have passed it on
     */
    public void add(List<SyncMessage.Refs> parts) throws MalformedException {
        Map<Bytes, SignedIdentity> newIdentities = new LinkedHashMap<>(identities);
        Map<Bytes, Signed<RefsHeader>> newHeaders = new LinkedHashMap<>();
        Map<Bytes, Signed<Fresh>> newWords = new LinkedHashMap<>();
        for (SyncMessage.Refs part : parts) {
            for (Bytes envelope : part.identities()) {
                SignedIdentity one = SignedRecords.openIdentity(List.of(SignedEnvelope.parse(envelope.toArray())));
                newIdentities.merge(one.hash(), one, SignedIdentity::merged);
            }
            for (Bytes envelope : part.headers()) {
                Signed<RefsHeader> header = SignedRecords.openHeader(SignedEnvelope.parse(envelope.toArray()));
                newHeaders.put(header.hash(), header);
            }
            for (Bytes envelope : part.fresh()) {
                Signed<Fresh> word = SignedRecords.openFresh(SignedEnvelope.parse(envelope.toArray()));
                newWords.put(word.hash(), word);
            }
        }
        if (newIdentities.size() + headers.size() + newHeaders.size() + words.size() + newWords.size() > MAX_RECORDS) {
            throw new MalformedException("more records than a repository has");
        }
        judge(newIdentities.values(), newHeaders.values());
        identities.putAll(newIdentities);
        headers.putAll(newHeaders);
        words.putAll(newWords);
        for (SyncMessage.Refs part : parts) {
            for (Bytes body : part.bodies()) {
                if (bodyBytes + body.size() <= MAX_BODY_BYTES) {
                    bodyBytes += body.size();
                    bodies.put(body.hashed(), body.toArray());
                }
            }
        }
    }

    /** A provider's own answer must hold by itself. */
    private void judge(Collection<SignedIdentity> known, Collection<Signed<RefsHeader>> sent)
            throws MalformedException {
        IdentityResolution resolution = IdentityRules.resolve(repository, known, applied, choice);
        if (resolution instanceof IdentityResolution.Invalid invalid && choice.isEmpty()) {
            throw new MalformedException(invalid.reason());
        }
        if (resolution instanceof IdentityResolution.Resolved resolved) {
            DelegateViews views = new DelegateViews(resolved.chain());
            for (Signed<RefsHeader> header : bySequence(sent)) {
                if (views.accept(header) instanceof HeaderOutcome.Rejected rejected) {
                    throw new MalformedException(
                            "sent a header by " + header.signer().peerId() + ": " + rejected.reason());
                }
            }
        }
    }

    /** A body that came with a header. */
    public Optional<byte[]> body(Bytes hash) {
        return Optional.ofNullable(bodies.get(hash));
    }

    /** Decides what counts of all that is known. */
    public Result resolve(Instant now) {
        IdentityResolution resolution = IdentityRules.resolve(repository, identities.values(), applied, choice);
        if (!(resolution instanceof IdentityResolution.Resolved resolved)) {
            return new Result(resolution, Optional.empty());
        }
        DelegateViews views = new DelegateViews(resolved.chain());
        List<Equivocation> found = new ArrayList<>();
        evidence.values().forEach(views::accept);
        forks().forEach(fork -> {
            if (views.accept(fork) instanceof HeaderOutcome.Equivocated) {
                found.add(fork);
            }
        });
        bySequence(headers.values()).forEach(views::accept);
        Freshness freshness = new Freshness(views);
        List<Bytes> stale = new ArrayList<>();
        words.values().stream()
                .sorted(Comparator.comparing(
                        (Signed<Fresh> word) -> word.value().time()))
                .forEach(word -> {
                    FreshOutcome outcome = freshness.accept(word, now);
                    if (!(outcome instanceof FreshOutcome.Accepted)) {
                        stale.add(word.hash());
                    }
                });
        stale.forEach(words::remove);
        return new Result(resolution, Optional.of(new State(resolved.chain(), views, freshness, found)));
    }

    /** The same records without some headers, by hash: an older one of the same signer may count instead. */
    public static State without(State state, Set<Bytes> useless, Instant now) {
        DelegateViews views = new DelegateViews(state.chain());
        state.views().evidence().forEach(views::accept);
        state.views().headers().stream()
                .filter(header -> !useless.contains(header.hash()))
                .forEach(views::accept);
        Freshness freshness = new Freshness(views);
        state.freshness().words().forEach(word -> freshness.accept(word, now));
        return new State(state.chain(), views, freshness, state.newEvidence());
    }

    private List<Equivocation> forks() {
        Map<PublicKey, Map<Long, Signed<RefsHeader>>> seen = new LinkedHashMap<>();
        List<Equivocation> forks = new ArrayList<>();
        for (Signed<RefsHeader> header : headers.values()) {
            Signed<RefsHeader> other = seen.computeIfAbsent(header.signer(), signer -> new TreeMap<>())
                    .putIfAbsent(header.value().sequence(), header);
            if (other != null && !other.hash().equals(header.hash())) {
                forks.add(Equivocation.of(other, header));
            }
        }
        return forks;
    }

    private static List<Signed<RefsHeader>> bySequence(Collection<Signed<RefsHeader>> headers) {
        return headers.stream()
                .sorted(Comparator.comparingLong(
                        (Signed<RefsHeader> header) -> header.value().sequence()))
                .toList();
    }
}
