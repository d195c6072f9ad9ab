package network.guts.sync.git;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import network.guts.sync.model.ObjectId;

/** How commits descend from each other. */
public interface Ancestry {
    /** Whether {@code descendant} is {@code ancestor} or descends from it. False if either is no commit here. */
    boolean isAncestor(ObjectId ancestor, ObjectId descendant) throws IOException;

    /** The maximal common ancestors of all {@code commits}: none, one, or several where histories crossed. */
    Set<ObjectId> mergeBases(Collection<ObjectId> commits) throws IOException;
}
