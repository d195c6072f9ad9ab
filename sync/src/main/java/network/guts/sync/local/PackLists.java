package network.guts.sync.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import network.guts.sync.git.BareRepository;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.records.RecordStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a delegate lists after something was added: its packs with the last ones consolidated, or, where too much of them
 * is reached by no ref any more, one pack of what is.
 */
final class PackLists {
    /** A repository is packed anew when more than one byte in so many is reached by no ref. */
    private static final int WASTE_DIVISOR = 4;

    private static final Logger LOG = LoggerFactory.getLogger(PackLists.class);

    private final RecordStore store;
    private final PackIntake intake;

    PackLists(RecordStore store, PackIntake intake) {
        this.store = store;
        this.intake = intake;
    }

    /** The packs and the withdrawn packs of a body. */
    record Listed(List<PackId> packs, List<PackId> withdrawn) {}

    /**
     * The lists for {@code refs}.
     *
     * @param before the delegate's last body
     * @param added packs that were just installed
     * @param purge pack anew in any case
     * @param others what other delegates' refs name: it is kept
     */
    Listed after(
            RepositoryId id,
            BareRepository git,
            RefsBody before,
            List<Ref> refs,
            List<PackId> added,
            boolean purge,
            Collection<ObjectId> others)
            throws IOException {
        List<PackId> packs = PackIntake.joined(before.packs(), added);
        Set<ObjectId> tips = new LinkedHashSet<>();
        refs.forEach(ref -> tips.add(ref.target()));
        Set<ObjectId> kept = new LinkedHashSet<>(tips);
        kept.addAll(others);
        if (purge) {
            return packedAnew(id, git, before, refs, packs, tips);
        }
        if (isWasteful(git, before, packs, kept)) {
            LOG.info("more than a quarter of {} is reached by no ref: it is packed anew", id);
            return packedAnew(id, git, before, refs, packs, kept);
        }
        return new Listed(intake.consolidated(id, git, packs), before.withdrawn());
    }

    /** Looks closely only if this change lost something: all else is as it was when that was looked at. */
    private boolean isWasteful(BareRepository git, RefsBody before, List<PackId> packs, Set<ObjectId> kept)
            throws IOException {
        Set<ObjectId> gone = new LinkedHashSet<>();
        before.refs().forEach(ref -> gone.add(ref.target()));
        gone.removeAll(kept);
        if (gone.isEmpty() || !kept.isEmpty() && !git.reachesMore(gone, kept)) {
            return false;
        }
        long total = 0;
        for (PackId pack : packs) {
            total += store.descriptor(pack).map(one -> one.value().size()).orElse(0L);
        }
        OptionalLong reachable = kept.isEmpty() ? OptionalLong.of(0) : git.reachableBytes(kept);
        return reachable.isPresent() && total - reachable.getAsLong() > total / WASTE_DIVISOR;
    }

    private Listed packedAnew(
            RepositoryId id,
            BareRepository git,
            RefsBody before,
            List<Ref> refs,
            List<PackId> old,
            Collection<ObjectId> tips)
            throws IOException {
        Optional<Path> made = git.repack(tips);
        List<PackId> packs = intake.take(id, git, made.stream().toList(), refs).packs();
        Set<PackId> withdrawn = new LinkedHashSet<>(before.withdrawn());
        withdrawn.addAll(old);
        packs.forEach(withdrawn::remove);
        List<PackId> newest = new ArrayList<>(withdrawn);
        // The oldest are long deleted wherever the withdrawal was obeyed.
        return new Listed(
                packs, List.copyOf(newest.subList(Math.max(0, newest.size() - RefsBody.MAX_WITHDRAWN), newest.size())));
    }
}
