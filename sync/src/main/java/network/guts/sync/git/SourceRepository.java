package network.guts.sync.git;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.sync.model.ObjectId;

/** A user's git repository that is to be published. It is only read; its own git does the work. */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class SourceRepository {
    private SourceRepository() {}

    /**
     * Looks at the repository at {@code path}: a working copy or a folder in it, or a bare repository.
     *
     * @throws network.guts.sync.SyncException if it cannot be published: none, shallow, partial, SHA-256
     */
    public static SourceRepository open(Path path) throws IOException {
        throw new IllegalStateException("being built");
    }

    /** The branches and tags, full names, sorted. */
    public Map<String, ObjectId> refs() {
        throw new IllegalStateException("being built");
    }

    /** The branch that HEAD names, without {@code refs/heads/}; it may not exist yet. Empty if HEAD is detached. */
    public Optional<String> defaultBranch() {
        throw new IllegalStateException("being built");
    }

    /** The name of the folder, without {@code .git}. */
    public String name() {
        throw new IllegalStateException("being built");
    }

    public Path gitDirectory() {
        throw new IllegalStateException("being built");
    }

    /**
     * Writes what the refs reach and {@code have} does not, as packs in {@code folder}: oldest and largest first. With
     * an empty {@code have} they are self-contained; else it is one thin pack, or none.
     *
     * @param have objects that are published already, with their closure; those not in this repository are ignored
     * @throws network.guts.sync.SyncException if objects are missing or corrupt, with the first one's name
     */
    public List<Path> pack(Path folder, Collection<ObjectId> have) throws IOException {
        throw new IllegalStateException("being built");
    }
}
