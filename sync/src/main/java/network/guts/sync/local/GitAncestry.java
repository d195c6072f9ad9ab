package network.guts.sync.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import network.guts.sync.core.Ancestry;
import network.guts.sync.model.ObjectId;

/** Git storage as the core wants it: a disk that fails surfaces as an {@link UncheckedIOException}. */
record GitAncestry(network.guts.sync.git.Ancestry git) implements Ancestry {
    @Override
    public boolean isAncestor(ObjectId ancestor, ObjectId descendant) {
        try {
            return git.isAncestor(ancestor, descendant);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Set<ObjectId> mergeBases(ObjectId one, ObjectId other) {
        try {
            return git.mergeBases(List.of(one, other));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
