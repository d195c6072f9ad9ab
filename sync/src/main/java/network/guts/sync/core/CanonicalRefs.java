package network.guts.sync.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import network.guts.core.PublicKey;
import network.guts.sync.model.Identity;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefName;
import network.guts.sync.model.RefsBody;

/**
 * The refs that a repository has as a whole: a function of its identity and of what its delegates signed.
 *
 * @param refs by name, in the order of bytes
 * @param absent names that some delegate has and the repository has not, with the reason in words
 */
public record CanonicalRefs(SortedMap<String, ObjectId> refs, SortedMap<String, String> absent) {
    /** Histories that cross and merge without end could name a merge base each; nobody's real ones come near. */
    public static final int MAX_CANDIDATES = 256;

    public CanonicalRefs {
        refs = Collections.unmodifiableSortedMap(refs);
        absent = Collections.unmodifiableSortedMap(absent);
    }

    /** Either an object or the reason why there is none. */
    private record Verdict(Optional<ObjectId> target, String reason) {
        static Verdict at(ObjectId target) {
            return new Verdict(Optional.of(target), "");
        }

        static Verdict absent(String reason) {
            return new Verdict(Optional.empty(), reason);
        }
    }

    /**
     * Puts the delegates' views together.
     *
     * @param identity the newest revision
     * @param views the body of the header that counts, of each delegate that has one; others are not looked at
     */
    public static CanonicalRefs of(Identity identity, Map<PublicKey, RefsBody> views, Ancestry ancestry) {
        TreeMap<String, TreeMap<ObjectId, Integer>> votes = new TreeMap<>(RefName.BY_BYTES);
        for (PublicKey delegate : identity.delegates()) {
            RefsBody view = views.getOrDefault(delegate, RefsBody.EMPTY);
            for (Ref ref : view.refs()) {
                votes.computeIfAbsent(ref.name(), name -> new TreeMap<>()).merge(ref.target(), 1, Integer::sum);
            }
        }
        TreeMap<String, ObjectId> refs = new TreeMap<>(RefName.BY_BYTES);
        TreeMap<String, String> absent = new TreeMap<>(RefName.BY_BYTES);
        votes.forEach((name, targets) -> {
            Verdict verdict = name.startsWith(RefName.HEADS)
                    ? branch(targets, identity.threshold(), ancestry)
                    : sameObject(targets, identity.threshold());
            Optional<String> folder = folderAmong(refs, name);
            if (verdict.target().isPresent() && folder.isPresent()) {
                verdict = Verdict.absent("git cannot hold it beside " + folder.get());
            }
            verdict.target().ifPresent(target -> refs.put(name, target));
            if (verdict.target().isEmpty()) {
                absent.put(name, verdict.reason());
            }
        });
        return new CanonicalRefs(refs, absent);
    }

    /** Two delegates' names may conflict although neither's own do; in order of bytes, the folder's name comes first. */
    private static Optional<String> folderAmong(SortedMap<String, ObjectId> refs, String name) {
        for (int slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
            String folder = name.substring(0, slash);
            if (refs.containsKey(folder)) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }

    private static Verdict sameObject(SortedMap<ObjectId, Integer> votes, int threshold) {
        List<ObjectId> enough = votes.entrySet().stream()
                .filter(vote -> vote.getValue() >= threshold)
                .map(Map.Entry::getKey)
                .toList();
        if (enough.size() == 1) {
            return Verdict.at(enough.getFirst());
        }
        int most = Collections.max(votes.values());
        return Verdict.absent(
                enough.isEmpty()
                        ? "at most " + most + " delegates have it at the same object, " + threshold + " are needed"
                        : "delegates have it at " + enough.size() + " different objects");
    }

    private static Verdict branch(SortedMap<ObjectId, Integer> tips, int threshold, Ancestry ancestry) {
        int voters = tips.values().stream().mapToInt(Integer::intValue).sum();
        if (voters < threshold) {
            return Verdict.absent(
                    voters + (voters == 1 ? " delegate has it, " : " delegates have it, ") + threshold + " are needed");
        }
        if (tips.size() == 1) {
            return Verdict.at(tips.firstKey());
        }
        Optional<SortedSet<ObjectId>> candidates = meets(tips.keySet(), tips.keySet(), ancestry);
        if (candidates.isEmpty()) {
            return Verdict.absent("the delegates' histories cross too often to compare");
        }
        TreeSet<ObjectId> supported = new TreeSet<>();
        for (ObjectId candidate : candidates.get()) {
            int support = tips.entrySet().stream()
                    .filter(tip -> ancestry.isAncestor(candidate, tip.getKey()))
                    .mapToInt(Map.Entry::getValue)
                    .sum();
            if (support >= threshold) {
                supported.add(candidate);
            }
        }
        SortedSet<ObjectId> maximal = maximal(supported, ancestry);
        if (maximal.isEmpty()) {
            return Verdict.absent("no commit is in the history of " + threshold + " delegates");
        }
        if (maximal.size() == 1) {
            return Verdict.at(maximal.first());
        }
        return commonAncestor(maximal, ancestry);
    }

    /** Several commits have enough delegates behind them: the branch stays where all of them agree, if that is one. */
    private static Verdict commonAncestor(SortedSet<ObjectId> commits, Ancestry ancestry) {
        SortedSet<ObjectId> common = new TreeSet<>(List.of(commits.first()));
        for (ObjectId commit : commits) {
            TreeSet<ObjectId> next = new TreeSet<>();
            for (ObjectId one : common) {
                next.addAll(ancestry.mergeBases(one, commit));
            }
            common = maximal(next, ancestry);
            if (common.size() > MAX_CANDIDATES) {
                return Verdict.absent("the delegates' histories cross too often to compare");
            }
        }
        if (common.size() == 1) {
            return Verdict.at(common.first());
        }
        String ways = commits.size() + " commits have enough delegates behind them, ";
        return Verdict.absent(ways + (common.isEmpty() ? "and nothing in common" : "and several common ancestors"));
    }

    /**
     * Everything where some of the tips meet: a greatest common ancestor of a set of tips is found by taking merge
     * bases with one tip after the other. Empty if there are too many.
     */
    private static Optional<SortedSet<ObjectId>> meets(
            Iterable<ObjectId> start, Iterable<ObjectId> tips, Ancestry ancestry) {
        SortedSet<ObjectId> all = new TreeSet<>();
        ArrayDeque<ObjectId> open = new ArrayDeque<>();
        for (ObjectId tip : start) {
            all.add(tip);
            open.add(tip);
        }
        while (!open.isEmpty()) {
            ObjectId one = open.remove();
            for (ObjectId tip : tips) {
                for (ObjectId base : ancestry.mergeBases(one, tip)) {
                    if (all.add(base)) {
                        open.add(base);
                    }
                }
            }
            if (all.size() > MAX_CANDIDATES) {
                return Optional.empty();
            }
        }
        return Optional.of(all);
    }

    private static SortedSet<ObjectId> maximal(SortedSet<ObjectId> commits, Ancestry ancestry) {
        List<ObjectId> kept = new ArrayList<>();
        for (ObjectId commit : commits) {
            boolean below =
                    commits.stream().anyMatch(other -> !other.equals(commit) && ancestry.isAncestor(commit, other));
            if (!below) {
                kept.add(commit);
            }
        }
        return new TreeSet<>(kept);
    }
}
