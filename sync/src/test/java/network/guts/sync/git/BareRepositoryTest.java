package network.guts.sync.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.pack.Connectivity;
import network.guts.sync.pack.Consolidation;
import network.guts.sync.pack.GitSandbox;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.PackDescriptors;
import network.guts.sync.pack.PackLimits;
import network.guts.sync.pack.ServedPack;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BareRepositoryTest {
    private static final PackLimits LIMITS = PackLimits.of(64 << 20);

    @TempDir
    private Path folder;

    /** Stands for the hash of the canonical encoding, which another package makes. */
    private static PackId idOf(PackDescriptor descriptor) {
        return new PackId(Bytes.sha256(descriptor.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static PackId take(BareRepository repository, Path pack) throws IOException {
        var described = PackDescriptors.describe(pack, List.of(), repository.objects(), LIMITS);
        assertThat(Connectivity.check(List.of(), List.of(described.pack()), repository.objects()))
                .isEqualTo(new Connectivity.Result.Complete());
        PackId id = idOf(described.descriptor());
        repository.install(id, described.descriptor(), described.pack());
        assertThat(pack).doesNotExist();
        return id;
    }

    private static void assertSound(BareRepository repository) throws IOException {
        GitSandbox git = new GitSandbox(repository.folder());
        assertThat(git.git("fsck", "--strict", "--full").lines().filter(line -> !line.startsWith("dangling")))
                .isEmpty();
        try (var indexes = Files.newDirectoryStream(repository.folder().resolve("objects/pack"), "*.idx")) {
            for (Path index : indexes) {
                git.git("verify-pack", index);
            }
        }
    }

    private static byte[] bytes(ServedPack pack) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; (long) i * pack.chunkSize() < pack.size(); i++) {
            out.writeBytes(pack.readChunk(i));
        }
        return out.toByteArray();
    }

    /** A source with history, and a repository with its packs: one whole and some thin ones. */
    private List<PackId> fill(BareRepository repository, GitSandbox source, int pushes) throws IOException {
        List<PackId> ids = new ArrayList<>();
        Set<ObjectId> have = new TreeSet<>();
        for (int push = 0; push <= pushes; push++) {
            if (push > 0) {
                source.more(7, 30 + push * 3, 3);
            }
            SourceRepository opened = SourceRepository.open(source.folder());
            for (Path pack : opened.pack(repository.incoming(), have)) {
                ids.add(take(repository, pack));
            }
            have.addAll(opened.refs().values());
            repository.moveRefs("main", opened.refs(), Map.of());
        }
        return ids;
    }

    @Test
    void thinPacksAreCompletedForGitAndServedAsTheyCame() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 30);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            PackId first = take(
                    repository,
                    SourceRepository.open(source.folder())
                            .pack(repository.incoming(), Set.of())
                            .getFirst());
            Set<ObjectId> old =
                    new TreeSet<>(SourceRepository.open(source.folder()).refs().values());
            source.more(7, 30, 5);
            Path thin = SourceRepository.open(source.folder())
                    .pack(repository.incoming(), old)
                    .getFirst();
            byte[] published = Files.readAllBytes(thin);
            var described = PackDescriptors.describe(thin, List.of(), repository.objects(), LIMITS);
            assertThat(described.descriptor().bases()).isNotEmpty();
            PackId id = idOf(described.descriptor());
            repository.install(id, described.descriptor(), described.pack());

            ServedPack served = repository.served(id).orElseThrow();
            assertThat(bytes(served)).isEqualTo(published);
            assertThat(Files.size(served.file())).isGreaterThan(published.length);
            assertThat(Bytes.sha256(served.readChunk(0)))
                    .isEqualTo(described.descriptor().chunks().getFirst().sha256());
            assertThat(repository.packs()).containsExactlyInAnyOrder(first, id);

            SourceRepository now = SourceRepository.open(source.folder());
            repository.moveRefs("main", now.refs(), Map.of());
            assertSound(repository);
            assertThat(repository.refs()).isEqualTo(now.refs());
            GitSandbox clones = new GitSandbox(folder);
            clones.git("clone", "-q", "--bare", repository.folder(), "clone");
            assertThat(new GitSandbox(folder.resolve("clone")).git("show-ref", "-d"))
                    .isEqualTo(source.git("show-ref", "-d"));
        }
    }

    @Test
    void indexOfACompletedPackIsGits() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 9, 30);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            fill(repository, source, 2);
            int packs = 0;
            try (var files = Files.newDirectoryStream(repository.folder().resolve("objects/pack"), "*.pack")) {
                for (Path pack : files) {
                    packs++;
                    Path index = folder.resolve("git.idx");
                    Files.deleteIfExists(index);
                    source.git("index-pack", "-o", index, pack);
                    Path ours = Path.of(pack.toString().replace(".pack", ".idx"));
                    assertThat(ours).hasSameBinaryContentAs(index);
                }
            }
            assertThat(packs).isEqualTo(3);
        }
    }

    @Test
    void whatACrashLeavesIsRemovedAndNothingElse() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 20);
        Path packs = folder.resolve("node/objects/pack");
        Map<String, ObjectId> refs;
        PackId id;
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            id = fill(repository, source, 0).getFirst();
            refs = repository.refs();
        }
        // Killed in the middle of a second installation, at each of its steps, and while refs moved.
        String orphan = "pack-" + "12".repeat(20);
        Files.writeString(packs.resolve("tmp_guts_1.pack"), "half");
        Files.writeString(packs.resolve(orphan + ".keep"), "held by guts\n");
        Files.writeString(packs.resolve(orphan + ".pack"), "half");
        Files.writeString(packs.resolve("pack-" + "34".repeat(20) + ".keep"), "somebody else's");
        Files.writeString(folder.resolve("node/packed-refs.lock"), "half");
        Files.writeString(folder.resolve("node/guts/packs/.half.tmp"), "half");
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            assertThat(repository.packs()).containsExactly(id);
            assertThat(repository.refs()).isEqualTo(refs);
            assertThat(packs.resolve("tmp_guts_1.pack")).doesNotExist();
            assertThat(packs.resolve(orphan + ".pack")).doesNotExist();
            assertThat(packs.resolve(orphan + ".keep")).doesNotExist();
            assertThat(packs.resolve("pack-" + "34".repeat(20) + ".keep")).exists();
            Files.delete(packs.resolve("pack-" + "34".repeat(20) + ".keep"));
            assertSound(repository);
            source.more(7, 20, 2);
            SourceRepository now = SourceRepository.open(source.folder());
            take(repository, now.pack(repository.incoming(), refs.values()).getFirst());
            repository.moveRefs("main", now.refs(), Map.of());
            assertSound(repository);
        }
        // The record was written and the pack vanished: then it is not installed.
        try (var files = Files.newDirectoryStream(packs, "*.idx")) {
            for (Path index : files) {
                Files.delete(index);
            }
        }
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            assertThat(repository.packs()).isEmpty();
            try (var left = Files.list(packs)) {
                assertThat(left).isEmpty();
            }
        }
    }

    @Test
    void gitNeverRepacksWhatIsServed() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 20);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            List<PackId> ids = fill(repository, source, 2);
            new GitSandbox(repository.folder()).git("gc", "-q", "--prune=now");
            for (PackId id : ids) {
                assertThat(bytes(repository.served(id).orElseThrow())).isNotEmpty();
            }
            assertThat(repository.refs())
                    .isEqualTo(SourceRepository.open(source.folder()).refs());
        }
    }

    @Test
    void refsMoveTogetherAndDelegatesHaveNamespaces() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 20);
        PeerId peer = PeerId.parse("12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN");
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            fill(repository, source, 0);
            ObjectId main = source.id("main");
            ObjectId parent = source.id("main~1");
            repository.moveRefs(
                    "trunk", Map.of("refs/heads/trunk", parent), Map.of(peer, Map.of("refs/heads/main", main)));
            GitSandbox git = new GitSandbox(repository.folder());
            assertThat(git.git("for-each-ref", "--format=%(refname) %(objectname)")
                            .lines())
                    .containsExactly(
                            "refs/heads/trunk " + parent, "refs/namespaces/" + peer + "/refs/heads/main " + main);
            assertThat(git.git("symbolic-ref", "HEAD").strip()).isEqualTo("refs/heads/trunk");
            assertThat(git.git("ls-remote", repository.folder())).doesNotContain("namespaces");
            assertThat(repository.refs()).isEqualTo(Map.of("refs/heads/trunk", parent));
            assertThatThrownBy(() -> repository.moveRefs("main", Map.of("refs/heads/a\nb", main), Map.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(repository.refs()).isEqualTo(Map.of("refs/heads/trunk", parent));
            assertSound(repository);
        }
    }

    @Test
    void ancestryIsGits() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 5, 60);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            fill(repository, source, 0);
            List<ObjectId> commits = new ArrayList<>();
            for (String line : source.git("rev-list", "--all").lines().toList()) {
                commits.add(ObjectId.parse(line));
            }
            for (int i = 0; i < 60; i++) {
                ObjectId one = commits.get(i * 7 % commits.size());
                ObjectId two = commits.get(i * 13 % commits.size());
                boolean expected = source.run(new byte[0], "merge-base", "--is-ancestor", one, two)
                                .code()
                        == 0;
                assertThat(repository.ancestry().isAncestor(one, two)).isEqualTo(expected);
                Set<String> bases = new TreeSet<>(
                        source.git("merge-base", "--all", one, two).lines().toList());
                assertThat(repository.ancestry().mergeBases(List.of(one, two)))
                        .extracting(ObjectId::toString)
                        .containsExactlyInAnyOrderElementsOf(bases);
            }
            assertThat(repository.ancestry().isAncestor(source.id("main^{tree}"), commits.getFirst()))
                    .isFalse();
        }
    }

    @Test
    void consolidationMakesTheSameBytesOnEveryNode() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 30);
        List<byte[]> made = new ArrayList<>();
        List<PackDescriptor> descriptors = new ArrayList<>();
        try (BareRepository publisher = BareRepository.open(folder.resolve("publisher"));
                BareRepository seeder = BareRepository.open(folder.resolve("seeder"))) {
            List<PackId> ids = fill(publisher, source, 4);
            // The seeder fetches the published bytes, and completes them itself.
            for (PackId id : ids) {
                Path fetched = seeder.incoming().resolve(id.toString());
                Files.write(fetched, bytes(publisher.served(id).orElseThrow()));
                take(seeder, fetched);
            }
            seeder.moveRefs("main", publisher.refs(), Map.of());
            for (BareRepository node : List.of(publisher, seeder)) {
                List<ServedPack> packs = new ArrayList<>();
                for (PackId id : ids) {
                    packs.add(node.served(id).orElseThrow());
                }
                Path merged = node.incoming().resolve("merged.pack");
                Consolidation.merge(packs, merged);
                made.add(Files.readAllBytes(merged));
                // The deltas to earlier packs find their bases inside now.
                var described = PackDescriptors.describe(merged, ids, ObjectSource.EMPTY, LIMITS);
                assertThat(described.descriptor().bases()).isEmpty();
                assertThat(described.descriptor().inputs()).isEqualTo(ids);
                descriptors.add(described.descriptor());
                node.install(idOf(described.descriptor()), described.descriptor(), described.pack());
                node.remove(ids);
                assertThat(node.packs()).hasSize(1);
                assertSound(node);
                assertThat(new GitSandbox(node.folder())
                                .git("rev-list", "--objects", "--all")
                                .lines()
                                .count())
                        .isEqualTo(source.git("rev-list", "--objects", "--all")
                                .lines()
                                .count());
            }
        }
        assertThat(made.get(0)).isEqualTo(made.get(1));
        assertThat(descriptors.get(0)).isEqualTo(descriptors.get(1));
    }

    @Test
    void consolidationKeepsTheFirstCopy() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 30);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            Path one = source.pack(folder.resolve("one.pack"), "main~3\n", "--delta-base-offset");
            Path two =
                    source.pack(folder.resolve("two.pack"), "main\nold\n", "--delta-base-offset", "--no-reuse-delta");
            List<ServedPack> packs = List.of(
                    repository.served(take(repository, one)).orElseThrow(),
                    repository.served(take(repository, two)).orElseThrow());
            Path merged = repository.incoming().resolve("merged.pack");
            Consolidation.merge(packs, merged);
            var described = PackDescriptors.describe(merged, List.of(), ObjectSource.EMPTY, LIMITS);
            assertThat(described.descriptor().objects()).isEqualTo(packs.get(1).objects());
            described.pack().close();
            source.git("index-pack", "--strict", "-o", folder.resolve("merged.idx"), merged);
        }
    }

    @Test
    void listsStayGeometric() {
        assertThat(Consolidation.plan(List.of())).isEmpty();
        assertThat(Consolidation.plan(List.of(5L))).isEmpty();
        assertThat(Consolidation.plan(List.of(100L, 50L, 25L))).isEmpty();
        assertThat(Consolidation.plan(List.of(100L, 10L, 6L))).contains(new Consolidation.Run(1, 3));
        assertThat(Consolidation.plan(List.of(100L, 40L, 10L, 6L))).contains(new Consolidation.Run(2, 4));
        assertThat(Consolidation.plan(List.of(90L, 30L, 10L, 6L))).contains(new Consolidation.Run(0, 4));
        assertThat(Consolidation.plan(List.of(10L, 100L, 5L))).contains(new Consolidation.Run(0, 3));
    }

    @Test
    void handsPacksOverToAUsersRepository() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 20);
        GitSandbox user = new GitSandbox(Files.createDirectories(folder.resolve("user")));
        user.git("init", "-q", "--bare", ".");
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            fill(repository, source, 1);
            List<Path> keeps = repository.handOver(user.folder());
            assertThat(keeps).hasSize(2).allSatisfy(keep -> assertThat(keep).exists());
            user.git("update-ref", "refs/heads/main", source.id("main"));
            user.git("fsck", "--strict");
            assertThat(repository.handOver(user.folder())).isEmpty();
            for (Path keep : keeps) {
                Files.delete(keep);
            }
            // The user's git may do with them what it wants.
            user.git("gc", "-q", "--prune=now");
            assertSound(repository);
        }
    }

    @Test
    void takesAPushInAsOneThinPackAndPurges() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 20);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            List<PackId> ids = fill(repository, source, 0);
            GitSandbox quarantine = new GitSandbox(Files.createDirectories(folder.resolve("quarantine")));
            quarantine.git("init", "-q", "--bare", ".");
            Files.writeString(
                    quarantine.folder().resolve("objects/info/alternates"), repository.folder() + "/objects\n");
            source.more(7, 20, 2);
            source.git("push", "-q", quarantine.folder(), "main:refs/heads/main");
            ObjectId main = source.id("main");
            Path pack = repository.intake(quarantine.folder(), List.of(main)).orElseThrow();
            PackId pushed = take(repository, pack);
            assertThat(repository.served(pushed).orElseThrow().objects()).isLessThan(20);
            repository.moveRefs("main", Map.of("refs/heads/main", main), Map.of());
            assertThat(repository.intake(quarantine.folder(), List.of(main))).isEmpty();
            assertSound(repository);

            Path purged = repository.repack(List.of(source.id("main~3"))).orElseThrow();
            PackId only = take(repository, purged);
            repository.moveRefs("main", Map.of("refs/heads/main", source.id("main~3")), Map.of());
            repository.remove(ids);
            repository.remove(List.of(pushed));
            assertThat(repository.packs()).containsExactly(only);
            assertThat(repository.objects().type(main)).isEmpty();
            assertSound(repository);
            assertThat(repository.diskBytes()).isPositive();
            assertThat(repository.objectCount()).isPositive();
        }
    }

    @Test
    void connectivityNamesWhatIsMissing() throws Exception {
        GitSandbox source = GitSandbox.random(folder.resolve("source"), 7, 20);
        try (BareRepository repository = BareRepository.open(folder.resolve("node"))) {
            // A pack of the last commit alone: its parents and most of its tree are elsewhere.
            ObjectId main = source.id("main");
            Path partial = folder.resolve("partial.pack");
            Files.move(
                    PackMaker.make(source.folder(), folder, List.of(main), List.of(source.id("main~1")))
                            .pack()
                            .orElseThrow(),
                    partial);
            Path whole = source.pack(folder.resolve("whole.pack"), "main~1\n", "--delta-base-offset");
            take(repository, whole);
            var described = PackDescriptors.describe(partial, List.of(), repository.objects(), LIMITS);
            assertThat(Connectivity.check(List.of(), List.of(described.pack()), ObjectSource.EMPTY))
                    .isInstanceOf(Connectivity.Result.Missing.class);
            assertThat(Connectivity.check(
                            List.of(new Ref("refs/heads/main", main)), List.of(described.pack()), repository.objects()))
                    .isInstanceOf(Connectivity.Result.Complete.class);
            ObjectId blob = source.id("main:file0");
            assertThat(Connectivity.check(
                            List.of(new Ref("refs/heads/main", blob)), List.of(described.pack()), repository.objects()))
                    .isInstanceOfSatisfying(Connectivity.Result.Missing.class, missing -> {
                        assertThat(missing.missing()).isEqualTo(blob);
                        assertThat(missing.neededBy()).isEqualTo("refs/heads/main");
                    });
            described.pack().close();
        }
    }
}
