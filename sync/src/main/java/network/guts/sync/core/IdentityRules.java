package network.guts.sync.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import network.guts.core.Bytes;
import network.guts.core.PublicKey;
import network.guts.sync.core.IdentityResolution.Invalid;
import network.guts.sync.core.IdentityResolution.Resolved;
import network.guts.sync.core.IdentityResolution.Undecided;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;

/** Which identities are valid, and which of them count when there are several successors of one revision. */
public final class IdentityRules {
    /** Delegates change now and then; a chain that is longer was made to tire its readers. */
    public static final int MAX_REVISIONS = 1_000;

    /** Forks that are kept beside the chain: enough to show what happened, and to choose from. */
    public static final int MAX_FORKS = 32;

    /** All that is looked at in one resolution. */
    public static final int MAX_KNOWN = MAX_REVISIONS + MAX_FORKS;

    private static final Comparator<SignedIdentity> BY_HASH = Comparator.comparing(SignedIdentity::hash);

    private IdentityRules() {}

    /** Why {@code first} is no valid revision 0 of {@code repository}, in words; empty if it is one. */
    public static Optional<String> faultOfFirst(RepositoryId repository, SignedIdentity first) {
        if (first.value().revision() != 0) {
            return Optional.of(
                    "a chain begins with revision 0, not " + first.value().revision());
        }
        if (!first.hash().equals(repository.hash().digest())) {
            return Optional.of("revision 0 is another repository's");
        }
        Set<PublicKey> missing = new LinkedHashSet<>(first.value().delegates());
        missing.removeAll(first.signers());
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("revision 0 lacks the signatures of " + missing.size() + " of its delegates");
    }

    /** Why {@code next} is no valid successor of {@code parent}, in words; empty if it is one. */
    public static Optional<String> faultOfSuccessor(SignedIdentity parent, SignedIdentity next) {
        Identity before = parent.value();
        Identity after = next.value();
        if (after.revision() != before.revision() + 1) {
            return Optional.of("revision " + after.revision() + " does not follow revision " + before.revision());
        }
        if (!after.previous().equals(Optional.of(parent.hash()))) {
            return Optional.of("revision " + after.revision() + " names another one as the one before");
        }
        Set<PublicKey> signers = next.signers();
        long old = before.delegates().stream().filter(signers::contains).count();
        if (old < before.threshold()) {
            return Optional.of(
                    "signed by " + old + " delegates of the revision before, " + before.threshold() + " are needed");
        }
        long own = after.delegates().stream().filter(signers::contains).count();
        if (own < after.threshold()) {
            return Optional.of("signed by " + own + " of its own delegates, " + after.threshold() + " are needed");
        }
        boolean unwilling =
                after.delegates().stream().anyMatch(key -> !before.delegates().contains(key) && !signers.contains(key));
        return unwilling ? Optional.of("a new delegate has not signed") : Optional.empty();
    }

    /** True if the recovery key that {@code parent} names has signed {@code next}. */
    public static boolean isRecovered(SignedIdentity parent, SignedIdentity next) {
        Optional<Bytes> recovery = parent.value().recovery();
        return recovery.isPresent()
                && next.signers().stream()
                        .anyMatch(signer -> Bytes.sha256(signer.encoded()).equals(recovery.get()));
    }

    /**
     * Finds the chain among all identities that are known, in whatever order they came.
     *
     * @param known identities of this repository, old and new; those that fit nowhere are left out
     * @param applied hashes of the chain that this reader follows already; empty for a new reader
     * @param choice the identity that the reader chose where nothing else decides: it, or one that descends from it,
     *     is on the chain
     */
    public static IdentityResolution resolve(
            RepositoryId repository,
            Collection<SignedIdentity> known,
            Collection<Bytes> applied,
            Optional<Bytes> choice) {
        SortedMap<Bytes, SignedIdentity> all = merged(known);
        SignedIdentity first = all.get(repository.hash().digest());
        if (first == null) {
            return new Invalid("revision 0 is missing");
        }
        Optional<String> fault = faultOfFirst(repository, first);
        if (fault.isPresent()) {
            return new Invalid(fault.get());
        }
        Set<Bytes> appliedHashes = new LinkedHashSet<>(applied);
        Set<Bytes> chosen = choice.map(hash -> withAncestors(hash, all)).orElse(Set.of());
        List<SignedIdentity> chain = new ArrayList<>(List.of(first));
        List<SignedIdentity> aside = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        while (chain.size() < MAX_REVISIONS) {
            SignedIdentity parent = chain.getLast();
            List<SignedIdentity> successors = successors(parent, all);
            if (successors.isEmpty()) {
                break;
            }
            Optional<SignedIdentity> next = decide(parent, successors, appliedHashes, chosen);
            if (next.isEmpty()) {
                return new Undecided(parent.value().revision() + 1, successors);
            }
            if (successors.size() > 1) {
                warnings.add("revision " + next.get().value().revision() + " of the identity has " + successors.size()
                        + " valid versions; " + next.get().hash() + " is followed");
                successors.stream().filter(other -> !other.equals(next.get())).forEach(aside::add);
            }
            chain.add(next.get());
        }
        if (choice.isPresent() && chain.stream().noneMatch(one -> one.hash().equals(choice.get()))) {
            return new Invalid("the chosen identity " + choice.get() + " is not on the chain");
        }
        return new Resolved(new IdentityChain(repository, chain, withDescendants(aside, all)), warnings);
    }

    private static Optional<SignedIdentity> decide(
            SignedIdentity parent, List<SignedIdentity> successors, Set<Bytes> applied, Set<Bytes> chosen) {
        List<SignedIdentity> recovered =
                successors.stream().filter(next -> isRecovered(parent, next)).toList();
        // A recovery key that signed two decides nothing but that it is one of them.
        List<SignedIdentity> candidates = recovered.isEmpty() ? successors : recovered;
        if (candidates.size() == 1) {
            return Optional.of(candidates.getFirst());
        }
        return candidates.stream()
                .filter(next -> chosen.contains(next.hash()))
                .findFirst()
                .or(() -> candidates.stream()
                        .filter(next -> applied.contains(next.hash()))
                        .findFirst());
    }

    /** One entry a payload, with the signatures that came in different envelopes put together. */
    private static SortedMap<Bytes, SignedIdentity> merged(Collection<SignedIdentity> known) {
        TreeMap<Bytes, SignedIdentity> all = new TreeMap<>();
        known.stream().limit(MAX_KNOWN).forEach(one -> all.merge(one.hash(), one, SignedIdentity::merged));
        return all;
    }

    private static Set<Bytes> withAncestors(Bytes hash, SortedMap<Bytes, SignedIdentity> all) {
        Set<Bytes> path = new LinkedHashSet<>();
        Optional<Bytes> at = Optional.of(hash);
        while (at.isPresent() && path.add(at.get())) {
            SignedIdentity one = all.get(at.get());
            at = one == null ? Optional.empty() : one.value().previous();
        }
        return path;
    }

    private static List<SignedIdentity> successors(SignedIdentity parent, SortedMap<Bytes, SignedIdentity> all) {
        return all.values().stream()
                .filter(next -> faultOfSuccessor(parent, next).isEmpty())
                .toList();
    }

    private static List<SignedIdentity> withDescendants(
            List<SignedIdentity> aside, SortedMap<Bytes, SignedIdentity> all) {
        List<SignedIdentity> forks = new ArrayList<>(aside);
        for (int at = 0; at < forks.size() && forks.size() < MAX_FORKS; at++) {
            forks.addAll(successors(forks.get(at), all));
        }
        return forks.stream().limit(MAX_FORKS).sorted(BY_HASH).toList();
    }
}
