package network.guts.sync.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import network.guts.core.Bytes;
import network.guts.core.PublicKey;
import network.guts.sync.core.HeaderOutcome.Accepted;
import network.guts.sync.core.HeaderOutcome.Backfilled;
import network.guts.sync.core.HeaderOutcome.Equivocated;
import network.guts.sync.core.HeaderOutcome.Ignored;
import network.guts.sync.core.HeaderOutcome.NeedsIdentity;
import network.guts.sync.core.HeaderOutcome.Rejected;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;

/**
 * What the delegates of one repository have signed, as far as it is known here: their last headers, the evidence of
 * equivocation, and which header of each counts. Single-threaded.
 */
public final class DelegateViews {
    /** Headers of one delegate that are kept and given out. */
    public static final int MAX_HEADERS = 64;

    /** Forks of one delegate that are kept; the oldest that is not mended decides, so those are the ones. */
    public static final int MAX_FORKS = 16;

    private IdentityChain chain;
    private final Map<PublicKey, View> views = new LinkedHashMap<>();

    private static final class View {
        private final TreeMap<Long, Signed<RefsHeader>> headers = new TreeMap<>();
        private final TreeMap<Long, Equivocation> forks = new TreeMap<>();
        private long highest;

        private Optional<Equivocation> firstOpenFork() {
            return forks.values().stream().filter(fork -> !isMended(fork)).findFirst();
        }

        private boolean isMended(Equivocation fork) {
            return headers.tailMap(fork.sequence(), false).values().stream()
                    .anyMatch(header -> fork.isResolvedBy(header)
                            && !forks.containsKey(header.value().sequence()));
        }

        private Optional<Signed<RefsHeader>> counting() {
            long end = firstOpenFork().map(Equivocation::sequence).orElse(Long.MAX_VALUE);
            return headers.headMap(end, end == Long.MAX_VALUE).descendingMap().values().stream()
                    .filter(header -> !forks.containsKey(header.value().sequence()))
                    .findFirst();
        }

        /** True if an old header says what counts: it alone mends a fork, or is the last before an open one. */
        private boolean isDecisive(Signed<RefsHeader> header) {
            boolean mends = forks.values().stream()
                    .anyMatch(fork -> fork.isResolvedBy(header)
                            && headers.values().stream()
                                    .noneMatch(other -> !other.equals(header) && fork.isResolvedBy(other)));
            return mends || isLastBeforeOpenFork(header.value().sequence());
        }

        private boolean isLastBeforeOpenFork(long sequence) {
            boolean before =
                    firstOpenFork().filter(fork -> sequence < fork.sequence()).isPresent();
            return before
                    && counting()
                            .filter(known -> known.value().sequence() > sequence)
                            .isEmpty();
        }

        /** Keeps the newest, and those that say what counts. */
        private void trim() {
            var oldestFirst = headers.values().iterator();
            for (int over = headers.size() - MAX_HEADERS; over > 0 && oldestFirst.hasNext(); over--) {
                Signed<RefsHeader> oldest = oldestFirst.next();
                if (!isDecisive(oldest)) {
                    oldestFirst.remove();
                }
            }
        }
    }

    public DelegateViews(IdentityChain chain) {
        this.chain = chain;
    }

    /** Follows a chain that has grown, or changed its branch. Headers under revisions that left it no longer count. */
    public void follow(IdentityChain newer) {
        if (!newer.repository().equals(chain.repository())) {
            throw new IllegalArgumentException("the chain of another repository");
        }
        chain = newer;
        for (View view : views.values()) {
            view.headers.values().removeIf(header -> faultOf(header).isPresent());
            view.forks
                    .values()
                    .removeIf(fork -> faultOf(fork.first()).isPresent()
                            || faultOf(fork.second()).isPresent());
        }
    }

    public IdentityChain chain() {
        return chain;
    }

    /**
     * Takes a header whose signature holds. Of many, hand in the evidence first, then the headers by rising sequence:
     * what is older than its signer's newest is only looked at for equivocation and what follows from one.
     */
    public HeaderOutcome accept(Signed<RefsHeader> header) {
        Optional<HeaderOutcome> fault = faultOf(header);
        if (fault.isPresent()) {
            return fault.get();
        }
        View view = views.computeIfAbsent(header.signer(), signer -> new View());
        long sequence = header.value().sequence();
        Equivocation fork = view.forks.get(sequence);
        if (fork != null) {
            return new Ignored("its signer's equivocation at sequence " + sequence + " is known");
        }
        Signed<RefsHeader> known = view.headers.get(sequence);
        if (known != null) {
            return known.hash().equals(header.hash())
                    ? new Ignored("known")
                    : equivocated(view, Equivocation.of(known, header));
        }
        if (sequence < view.highest && view.isDecisive(header)) {
            view.headers.put(sequence, header);
            view.trim();
            return new Backfilled();
        }
        if (sequence <= view.highest) {
            return new Ignored("sequence " + sequence + " is not newer than " + view.highest);
        }
        view.headers.put(sequence, header);
        view.highest = sequence;
        view.trim();
        return new Accepted();
    }

    /** Takes evidence that somebody else found; {@link Equivocated} if it is new. */
    public HeaderOutcome accept(Equivocation evidence) {
        Optional<HeaderOutcome> fault = faultOf(evidence.first()).or(() -> faultOf(evidence.second()));
        if (fault.isPresent()) {
            return fault.get();
        }
        View view = views.computeIfAbsent(evidence.signer(), signer -> new View());
        return view.forks.containsKey(evidence.sequence()) ? new Ignored("known") : equivocated(view, evidence);
    }

    private static HeaderOutcome equivocated(View view, Equivocation evidence) {
        view.forks.put(evidence.sequence(), evidence);
        view.highest = Math.max(view.highest, evidence.sequence());
        if (view.forks.size() > MAX_FORKS) {
            // Mended ones go first, then the newest: the oldest open one decides what counts.
            long victim = view.forks.values().stream()
                    .filter(view::isMended)
                    .map(Equivocation::sequence)
                    .findFirst()
                    .orElseGet(view.forks::lastKey);
            view.forks.remove(victim);
            if (victim == evidence.sequence()) {
                return new Ignored("its signer has " + MAX_FORKS + " older equivocations already");
            }
        }
        return new Equivocated(evidence);
    }

    private Optional<HeaderOutcome> faultOf(Signed<RefsHeader> header) {
        if (!header.value().repository().equals(chain.repository())) {
            return Optional.of(new Rejected("a header of another repository"));
        }
        Bytes under = header.value().identity();
        Optional<SignedIdentity> revision = chain.byHash(under);
        if (revision.isEmpty()) {
            return Optional.of(
                    chain.isFork(under)
                            ? new Ignored("made under a version of the identity that is not followed")
                            : new NeedsIdentity(under));
        }
        return revision.get().value().delegates().contains(header.signer())
                ? Optional.empty()
                : Optional.of(new Rejected("its signer is no delegate"));
    }

    /** The highest sequence that is known of {@code signer}; 0 if none is. */
    public long highest(PublicKey signer) {
        View view = views.get(signer);
        return view == null ? 0 : view.highest;
    }

    /** The header that counts of each delegate of the newest revision, in the order of the identity. */
    public Map<PublicKey, Signed<RefsHeader>> counting() {
        Map<PublicKey, Signed<RefsHeader>> counting = new LinkedHashMap<>();
        for (PublicKey delegate : chain.identity().delegates()) {
            Optional.ofNullable(views.get(delegate))
                    .flatMap(View::counting)
                    .ifPresent(header -> counting.put(delegate, header));
        }
        return counting;
    }

    /** The headers that are kept of {@code signer}, by rising sequence. */
    public List<Signed<RefsHeader>> headers(PublicKey signer) {
        View view = views.get(signer);
        return view == null ? List.of() : List.copyOf(view.headers.values());
    }

    /** All headers that are kept: signer by signer, each by rising sequence. */
    public List<Signed<RefsHeader>> headers() {
        List<Signed<RefsHeader>> all = new ArrayList<>();
        views.values().forEach(view -> all.addAll(view.headers.values()));
        return all;
    }

    /** All evidence that is kept. */
    public List<Equivocation> evidence() {
        List<Equivocation> all = new ArrayList<>();
        views.values().forEach(view -> all.addAll(view.forks.values()));
        return all;
    }

    /** What is wrong with {@code signer}, in words for people; empty if it has not equivocated, or mended it. */
    public Optional<String> warning(PublicKey signer) {
        View view = views.get(signer);
        if (view == null) {
            return Optional.empty();
        }
        return view.firstOpenFork()
                .map(fork -> "two headers with sequence " + fork.sequence()
                        + " were signed; "
                        + view.counting()
                                .map(header -> "sequence " + header.value().sequence() + " counts")
                                .orElse("none counts")
                        + " until a newer one names both");
    }

    /** The next header that {@code signer} should sign: above all that is known of it, and mending its open forks. */
    public RefsHeader draft(PublicKey signer, Bytes body, Instant now) {
        View view = views.getOrDefault(signer, new View());
        List<Bytes> resolves = new ArrayList<>();
        for (Equivocation fork : view.forks.values()) {
            if (!view.isMended(fork) && resolves.size() + 2 <= RefsHeader.MAX_RESOLVES) {
                resolves.add(fork.first().hash());
                resolves.add(fork.second().hash());
            }
        }
        Optional<Bytes> previous = view.highest == 0
                ? Optional.empty()
                : Optional.ofNullable(view.headers.get(view.highest))
                        .or(() -> Optional.ofNullable(view.forks.get(view.highest))
                                .map(Equivocation::first))
                        .map(Signed::hash);
        return new RefsHeader(
                chain.repository(), view.highest + 1, previous, chain.newest().hash(), now, body, resolves);
    }
}
