package network.guts.sync.core;

import java.util.Set;
import network.guts.sync.model.ObjectId;

/**
 * How commits descend from one another. The shell answers from git storage; every commit that is asked for is there,
 * because refs count only once their closure is complete.
 */
public interface Ancestry {
    /** True if {@code descendant} reaches {@code ancestor}; a commit reaches itself. */
    boolean isAncestor(ObjectId ancestor, ObjectId descendant);

    /**
     * The common ancestors of two commits that no other common ancestor descends from; empty for unrelated histories.
     * If one commit is the other's ancestor, it alone.
     */
    Set<ObjectId> mergeBases(ObjectId one, ObjectId other);
}
