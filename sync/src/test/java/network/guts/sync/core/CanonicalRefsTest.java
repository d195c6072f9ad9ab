package network.guts.sync.core;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.CAROL;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.object;
import static network.guts.sync.Fixtures.pack;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.sync.Fixtures;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefName;
import network.guts.sync.model.RefsBody;
import org.junit.jupiter.api.Test;

class CanonicalRefsTest {
    /** A history in memory, by definition and without any cleverness. */
    private static final class Graph implements Ancestry {
        private final Map<ObjectId, Set<ObjectId>> reached = new LinkedHashMap<>();

        void commit(String name, String... parents) {
            Set<ObjectId> all = new TreeSet<>(Set.of(object(name)));
            for (String parent : parents) {
                all.addAll(reached.get(object(parent)));
            }
            reached.put(object(name), all);
        }

        @Override
        public boolean isAncestor(ObjectId ancestor, ObjectId descendant) {
            return reached.get(descendant).contains(ancestor);
        }

        @Override
        public Set<ObjectId> mergeBases(ObjectId one, ObjectId other) {
            Set<ObjectId> common = new TreeSet<>(reached.get(one));
            common.retainAll(reached.get(other));
            return maximal(common);
        }

        Set<ObjectId> maximal(Set<ObjectId> commits) {
            return commits.stream()
                    .filter(a -> commits.stream().noneMatch(b -> !a.equals(b) && isAncestor(a, b)))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private final Graph graph = new Graph();

    CanonicalRefsTest() {
        graph.commit("1");
        graph.commit("2", "1");
        graph.commit("3", "2");
        graph.commit("left", "2");
        graph.commit("right", "2");
        graph.commit("merge", "left", "right");
        graph.commit("cross", "right", "left");
        graph.commit("unrelated");
    }

    private static Map.Entry<PublicKey, RefsBody> view(PrivateKey key, String... namesAndTargets) {
        List<Ref> refs = new ArrayList<>();
        for (int i = 0; i < namesAndTargets.length; i += 2) {
            refs.add(new Ref(namesAndTargets[i], object(namesAndTargets[i + 1])));
        }
        refs.sort(Comparator.comparing(Ref::name, RefName.BY_BYTES));
        return Map.entry(key.publicKey(), new RefsBody(refs, List.of(pack("p")), List.of(), List.of()));
    }

    private CanonicalRefs canonical(int threshold, Map.Entry<PublicKey, RefsBody> one) {
        return CanonicalRefs.of(first(threshold, ALICE, BOB, CAROL), Map.ofEntries(one), graph);
    }

    private CanonicalRefs canonical(
            int threshold, Map.Entry<PublicKey, RefsBody> one, Map.Entry<PublicKey, RefsBody> other) {
        return CanonicalRefs.of(first(threshold, ALICE, BOB, CAROL), Map.ofEntries(one, other), graph);
    }

    private CanonicalRefs main(int threshold, String... tips) {
        List<PrivateKey> keys = List.of(ALICE, BOB, CAROL);
        Map<PublicKey, RefsBody> views = new LinkedHashMap<>();
        for (int i = 0; i < tips.length; i++) {
            Map.Entry<PublicKey, RefsBody> view = view(keys.get(i), "refs/heads/main", tips[i]);
            views.put(view.getKey(), view.getValue());
        }
        return CanonicalRefs.of(first(threshold, ALICE, BOB, CAROL), views, graph);
    }

    private static void isAt(CanonicalRefs canonical, String commit) {
        assertThat(canonical.refs()).containsOnly(Map.entry("refs/heads/main", object(commit)));
        assertThat(canonical.absent()).isEmpty();
    }

    private static void isAbsent(CanonicalRefs canonical, String reason) {
        assertThat(canonical.refs()).isEmpty();
        assertThat(canonical.absent().get("refs/heads/main")).contains(reason);
    }

    @Test
    void aBranchIsAtTheMaximumThatEnoughDelegatesHave() {
        isAt(main(1, "3"), "3");
        isAt(main(2, "3", "2", "1"), "2");
        isAt(main(3, "3", "2", "1"), "1");
        isAt(main(2, "left", "right", "1"), "2");
        isAt(main(2, "merge", "left", "1"), "left");
        isAt(main(1, "merge", "left", "right"), "merge");
    }

    @Test
    void ofSeveralMaximaItIsAtTheSingleCommonAncestor() {
        isAt(main(1, "left", "right"), "2");
        isAt(main(1, "left", "right", "3"), "2");
        isAt(main(2, "merge", "left", "right"), "2");
    }

    @Test
    void withoutQuorumItIsAbsentAndTheReasonIsSaid() {
        isAbsent(main(2, "3"), "1 delegate has it, 2 are needed");
        isAbsent(main(2, "3", "unrelated"), "no commit is in the history of 2 delegates");
        isAbsent(main(1, "3", "unrelated"), "nothing in common");
        isAbsent(main(1, "merge", "cross"), "several common ancestors");
        isAt(main(2, "merge", "cross"), "2");
    }

    @Test
    void tagsNeedTheSameObject() {
        CanonicalRefs refs = canonical(
                2,
                view(ALICE, "refs/tags/a", "1", "refs/tags/b", "1"),
                view(BOB, "refs/tags/a", "1", "refs/tags/b", "2"));
        assertThat(refs.refs()).containsOnly(Map.entry("refs/tags/a", object("1")));
        assertThat(refs.absent().get("refs/tags/b")).contains("2 are needed");
        CanonicalRefs two = canonical(1, view(ALICE, "refs/tags/b", "1"), view(BOB, "refs/tags/b", "2"));
        assertThat(two.absent().get("refs/tags/b")).contains("2 different objects");
    }

    @Test
    void whatGitCannotHoldTogetherIsNotPutTogether() {
        CanonicalRefs refs = canonical(1, view(ALICE, "refs/heads/a/b", "1"), view(BOB, "refs/heads/a", "2"));
        assertThat(refs.refs()).containsOnlyKeys("refs/heads/a");
        assertThat(refs.absent().get("refs/heads/a/b")).contains("beside refs/heads/a");
    }

    @Test
    void viewsOfOthersThanDelegatesDoNotCount() {
        PrivateKey stranger = Fixtures.key(77);
        assertThat(canonical(1, view(stranger, "refs/heads/main", "3")).refs()).isEmpty();
    }

    /** Against the rule's own words, on random histories. */
    @Test
    void agreesWithTheDefinitionOnRandomHistories() {
        for (long seed = 1; seed <= 150; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Graph history = new Graph();
            int size = 4 + random.nextInt(10);
            for (int i = 0; i < size; i++) {
                int parents = i == 0 ? 0 : random.nextInt(3);
                Set<String> names = new TreeSet<>();
                for (int p = 0; p < parents; p++) {
                    names.add("c" + random.nextInt(i));
                }
                history.commit("c" + i, names.toArray(String[]::new));
            }
            List<ObjectId> tips = List.of(
                    object("c" + random.nextInt(size)),
                    object("c" + random.nextInt(size)),
                    object("c" + random.nextInt(size)));
            int threshold = 1 + random.nextInt(3);
            Map<PublicKey, RefsBody> views = new LinkedHashMap<>();
            for (int i = 0; i < 3; i++) {
                views.put(
                        List.of(ALICE, BOB, CAROL).get(i).publicKey(),
                        new RefsBody(
                                List.of(new Ref("refs/heads/main", tips.get(i))),
                                List.of(pack("p")),
                                List.of(),
                                List.of()));
            }
            CanonicalRefs canonical = CanonicalRefs.of(first(threshold, ALICE, BOB, CAROL), views, history);
            assertThat(Set.copyOf(canonical.refs().values()))
                    .as("seed " + seed)
                    .isEqualTo(byDefinition(history, tips, threshold));
        }
    }

    private static Set<ObjectId> byDefinition(Graph history, List<ObjectId> tips, int threshold) {
        Set<ObjectId> supported = history.reached.keySet().stream()
                .filter(commit -> tips.stream()
                                .filter(tip -> history.isAncestor(commit, tip))
                                .count()
                        >= threshold)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<ObjectId> maximal = history.maximal(supported);
        if (maximal.size() == 1) {
            return maximal;
        }
        Set<ObjectId> common = history.reached.keySet().stream()
                .filter(commit -> maximal.stream().allMatch(top -> history.isAncestor(commit, top)))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<ObjectId> greatest = maximal.isEmpty() ? Set.of() : history.maximal(common);
        return greatest.size() == 1 ? greatest : Set.of();
    }
}
