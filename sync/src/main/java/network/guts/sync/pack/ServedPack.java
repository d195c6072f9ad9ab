package network.guts.sync.pack;

import java.io.IOException;
import network.guts.sync.model.PackId;

/**
 * The exact bytes that a descriptor describes, from a pack on disk that may have been completed for git: the original
 * header and trailer, and the entries where they are. Thread-safe; each read opens and closes the file.
 */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class ServedPack {
    private ServedPack() {}

    public PackId id() {
        throw new IllegalStateException("being built");
    }

    /** Bytes of the pack as it was published. */
    public long size() {
        throw new IllegalStateException("being built");
    }

    /** The bytes of chunk {@code index} (of 1 MiB, or of what the descriptor says). */
    public byte[] readChunk(int index) throws IOException {
        throw new IllegalStateException("being built");
    }
}
