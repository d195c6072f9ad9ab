package network.guts.sync.local;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.sync.SyncException;
import network.guts.sync.git.BareRepository;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.pack.Connectivity;
import network.guts.sync.pack.Consolidation;
import network.guts.sync.pack.InstalledPack;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.PackDescriptors;
import network.guts.sync.pack.PackException;
import network.guts.sync.pack.PackLimits;
import network.guts.sync.pack.ParsedPack;
import network.guts.sync.pack.ServedPack;
import network.guts.sync.records.RecordStore;
import network.guts.sync.wire.PackDescriptorCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes packs that were made here into a repository: described, checked, installed; and keeps their list short. */
public final class PackIntake {
    /** A repository is consolidated no more often: every seeder has to make or fetch the new pack. */
    static final Duration CONSOLIDATION_PAUSE = Duration.ofHours(1);

    /** Unless its list is so long that the pushes of an hour could fill it. */
    private static final int LONG_LIST = RefsBody.MAX_PACKS / 2;

    private static final Logger LOG = LoggerFactory.getLogger(PackIntake.class);

    private final RecordStore store;
    private final long parseMemory;
    private final SyncMetrics metrics;
    private final InstantSource clock;
    private final Cache<RepositoryId, Instant> consolidatedAt =
            Caffeine.newBuilder().maximumSize(10_000).build();

    public PackIntake(RecordStore store, long parseMemory, SyncMetrics metrics, InstantSource clock) {
        this.store = store;
        this.parseMemory = parseMemory;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** What was taken in. */
    public record Taken(List<PackId> packs, long objects, long bytes) {}

    /**
     * Installs packs, once everything that {@code refs} reach is in them or in the repository.
     *
     * @throws SyncException if something is missing: nothing is installed then
     */
    public Taken take(RepositoryId id, BareRepository git, List<Path> files, Collection<Ref> refs) throws IOException {
        List<PackDescriptors.Described> described = new ArrayList<>();
        try {
            for (Path file : files) {
                List<ObjectSource> before = new ArrayList<>();
                described.forEach(one -> before.add(one.pack()));
                before.add(git.objects());
                described.add(
                        PackDescriptors.describe(file, List.of(), ObjectSource.of(before), PackLimits.of(parseMemory)));
            }
            List<ParsedPack> parsed =
                    described.stream().map(PackDescriptors.Described::pack).toList();
            if (Connectivity.check(refs, parsed, git.objects()) instanceof Connectivity.Result.Missing missing) {
                throw new SyncException(
                        SyncException.Kind.FAILED,
                        missing.expected() + " " + missing.missing() + " is missing, " + missing.neededBy()
                                + " needs it",
                        "Run git fsck in the repository, and fetch what is missing.");
            }
            return install(id, git, described);
        } finally {
            for (PackDescriptors.Described one : described) {
                one.pack().close();
            }
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * Installs a repository's first pack as it is, if it holds all that {@code refs} reach and nothing else. If not, or
     * if something is wrong with it, nothing is installed. The file is moved or deleted.
     */
    public Optional<Taken> takeAsItIs(RepositoryId id, BareRepository git, Path file, Collection<Ref> refs)
            throws IOException {
        try {
            PackDescriptors.Described described =
                    PackDescriptors.describe(file, List.of(), ObjectSource.EMPTY, PackLimits.of(parseMemory));
            try (ParsedPack pack = described.pack()) {
                List<ObjectId> tips = refs.stream().map(Ref::target).toList();
                boolean complete = Connectivity.check(refs, List.of(pack), ObjectSource.EMPTY)
                        instanceof Connectivity.Result.Complete;
                return complete && pack.isReachedBy(tips)
                        ? Optional.of(install(id, git, List.of(described)))
                        : Optional.empty();
            }
        } catch (PackException e) {
            LOG.debug("{} is not published as it is: {}", file, e.getMessage());
            return Optional.empty();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private Taken install(RepositoryId id, BareRepository git, List<PackDescriptors.Described> described)
            throws IOException {
        List<PackId> packs = new ArrayList<>();
        long objects = 0;
        long bytes = 0;
        for (PackDescriptors.Described one : described) {
            PackDescriptor descriptor = one.descriptor();
            PackId pack = PackDescriptorCodec.id(descriptor);
            objects += descriptor.objects();
            bytes += descriptor.size();
            git.install(pack, descriptor, one.pack());
            store.putPack(id, descriptor);
            packs.add(pack);
        }
        metrics.indexed(SyncMetrics.Origin.LOCAL, objects);
        return new Taken(packs, objects, bytes);
    }

    /** The list with its last packs consolidated, where it has grown too long. What cannot be merged stays as it is. */
    public List<PackId> consolidated(RepositoryId id, BareRepository git, List<PackId> packs) throws IOException {
        Instant last = consolidatedAt.getIfPresent(id);
        boolean soon = last != null && clock.instant().isBefore(last.plus(CONSOLIDATION_PAUSE));
        if (soon && packs.size() < LONG_LIST) {
            return packs;
        }
        List<Long> sizes = new ArrayList<>();
        for (PackId pack : packs) {
            Optional<RecordStore.Descriptor> descriptor = store.descriptor(pack);
            if (descriptor.isEmpty()) {
                return packs;
            }
            sizes.add(descriptor.get().value().size());
        }
        Optional<Consolidation.Run> run = Consolidation.plan(sizes);
        if (run.isEmpty()) {
            return packs;
        }
        List<PackId> inputs = packs.subList(run.get().from(), run.get().to());
        List<ServedPack> served = new ArrayList<>();
        for (PackId pack : inputs) {
            Optional<ServedPack> one = git.served(pack);
            if (one.isEmpty()) {
                return packs;
            }
            served.add(one.get());
        }
        Path target = git.incoming().resolve("consolidated.pack");
        try (Earlier earlier = Earlier.open(git, packs.subList(0, run.get().from()))) {
            Consolidation.merge(served, target);
            PackDescriptors.Described made =
                    PackDescriptors.describe(target, inputs, earlier.objects(), PackLimits.of(parseMemory));
            PackId merged = PackDescriptorCodec.id(made.descriptor());
            git.install(merged, made.descriptor(), made.pack());
            store.putPack(id, made.descriptor());
            consolidatedAt.put(id, clock.instant());
            List<PackId> shorter = new ArrayList<>(packs.subList(0, run.get().from()));
            shorter.add(merged);
            shorter.addAll(packs.subList(run.get().to(), packs.size()));
            return shorter;
        } catch (PackException e) {
            LOG.info("{} packs of {} stay as they are: {}", inputs.size(), id, e.getMessage());
            return packs;
        } finally {
            Files.deleteIfExists(target);
        }
    }

    /** The packs before those that are consolidated: bases may lie in them, not in the inputs themselves. */
    private record Earlier(List<InstalledPack> packs) implements AutoCloseable {
        static Earlier open(BareRepository git, List<PackId> ids) throws IOException {
            Earlier earlier = new Earlier(new ArrayList<>());
            try {
                for (PackId id : ids) {
                    Optional<ServedPack> served = git.served(id);
                    if (served.isPresent()) {
                        Path file = served.get().file();
                        String name = file.getFileName().toString().replaceAll("pack$", "idx");
                        earlier.packs.add(InstalledPack.open(file, file.resolveSibling(name)));
                    }
                }
                return earlier;
            } catch (IOException e) {
                earlier.close();
                throw e;
            }
        }

        ObjectSource objects() {
            return ObjectSource.of(packs);
        }

        @Override
        public void close() {
            packs.forEach(InstalledPack::close);
        }
    }

    /** {@code older} and what is new in {@code added}, without more than a body may list. */
    static List<PackId> joined(List<PackId> older, List<PackId> added) throws SyncException {
        Set<PackId> all = new LinkedHashSet<>(older);
        all.addAll(added);
        if (all.size() > RefsBody.MAX_PACKS) {
            throw new SyncException(
                    SyncException.Kind.FAILED,
                    "the repository has more than " + RefsBody.MAX_PACKS + " packs",
                    "Publish with --purge: it makes one pack of them.");
        }
        return List.copyOf(all);
    }
}
