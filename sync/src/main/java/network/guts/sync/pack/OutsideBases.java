package network.guts.sync.pack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;
import org.jspecify.annotations.Nullable;

/** Resolves the REF_DELTAs of a thin pack whose bases lie in the packs before it. */
final class OutsideBases {
    /** Bases are read in batches, so that not all are in memory. */
    private static final long BATCH_BYTES = 1 << 24;

    private static final int BATCH = 1024;

    private final DeltaTrees trees;
    private final DeltaResolver resolver;
    private final ObjectSource before;
    private final SortedSet<ObjectId> used = new TreeSet<>();

    OutsideBases(DeltaTrees trees, DeltaResolver resolver, ObjectSource before) {
        this.trees = trees;
        this.resolver = resolver;
        this.before = before;
    }

    /**
     * @param named the bases that may be used; null: all that are there
     */
    void resolve(@Nullable List<ObjectId> named, List<References> references, Workers workers) throws IOException {
        boolean progress = true;
        while (progress) {
            progress = round(named == null ? null : new TreeSet<>(named), references, workers);
        }
        for (int i = 0; i < trees.referringCount(); i++) {
            if (!trees.isClaimed(i)) {
                throw trees.unresolved(i);
            }
        }
    }

    private boolean round(@Nullable SortedSet<ObjectId> named, List<References> references, Workers workers)
            throws IOException {
        List<DeltaResolver.Task> batch = new ArrayList<>();
        long bytes = 0;
        boolean progress = false;
        for (int i = 0; i < trees.referringCount(); i++) {
            boolean first = i == 0 || trees.nextReferring(i - 1) != i;
            if (!first || trees.isClaimed(i)) {
                continue;
            }
            ObjectId id = new ObjectId(Bytes.of(trees.referredIds(), i * ObjectId.BYTES, ObjectId.BYTES));
            if (named != null && !named.contains(id)) {
                continue;
            }
            Optional<GitObject> object = before.read(id);
            if (object.isEmpty()) {
                continue;
            }
            used.add(id);
            progress = true;
            byte[] data = object.get().data();
            batch.add(new DeltaResolver.Task(
                    DeltaTrees.NONE, DeltaTrees.NONE, data, object.get().type().code(), i, 0));
            bytes += data.length;
            if (bytes > BATCH_BYTES || batch.size() == BATCH) {
                resolver.resolveFrom(batch, references, workers);
                batch.clear();
                bytes = 0;
            }
        }
        if (!batch.isEmpty()) {
            resolver.resolveFrom(batch, references, workers);
        }
        return progress;
    }

    /** What was taken from outside must not be in the pack too: nobody else could tell which was meant. */
    void checkNotInside(ParsedPack parsed) throws PackException {
        for (ObjectId id : used) {
            if (parsed.type(id).isPresent()) {
                throw new PackException(
                        Kind.MISSING_BASE, "the base " + id + " is in the pack, but made from what needs it");
            }
        }
    }
}
