package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import network.guts.sync.model.ObjectId;

/**
 * A pack whose objects are all known and checked. It is a source of its objects until it is closed; closing unmaps the
 * file and leaves it on disk.
 */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class ParsedPack implements ObjectSource, AutoCloseable {
    private ParsedPack() {}

    public Path file() {
        throw new IllegalStateException("being built");
    }

    public int objects() {
        throw new IllegalStateException("being built");
    }

    /** Objects outside the pack that its REF_DELTAs need, sorted. */
    public List<ObjectId> bases() {
        throw new IllegalStateException("being built");
    }

    /** Bytes of all its objects, inflated and with deltas applied. */
    public long inflatedBytes() {
        throw new IllegalStateException("being built");
    }

    /** Writes git's index, version 2, as git index-pack would. The file is synced. */
    public void writeIndex(Path index) throws IOException {
        throw new IllegalStateException("being built");
    }

    @Override
    public Optional<ObjectType> type(ObjectId id) {
        throw new IllegalStateException("being built");
    }

    @Override
    public Optional<GitObject> read(ObjectId id) throws IOException {
        throw new IllegalStateException("being built");
    }

    @Override
    public void close() {}
}
