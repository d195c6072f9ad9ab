package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import network.guts.sync.model.PackDescriptor;

/**
 * Parses a pack while its chunks arrive, in any order. {@link #chunkArrived} for each, {@link #finish} when all are
 * there (it waits for the rest of the work), {@link #close} in any case; closing early abandons the work.
 */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class PackIndexer implements AutoCloseable {
    private PackIndexer() {}

    /**
     * Starts its threads. The file is as long as the descriptor says (sparse where chunks are missing).
     *
     * @throws PackException if the descriptor contradicts itself
     */
    public static PackIndexer open(Path file, PackDescriptor descriptor, PackLimits limits) throws IOException {
        throw new IllegalStateException("being built");
    }

    /** Chunk {@code index} is in the file, and its hash was right. Thread-safe, returns at once, counts once. */
    public void chunkArrived(int index) {
        throw new IllegalStateException("being built");
    }

    /** Objects whose ids are known so far; never more than the descriptor's objects. */
    public long objectsDone() {
        throw new IllegalStateException("being built");
    }

    /** Whether the work has failed already: {@link #finish} will say why, more chunks need not be fetched. */
    public boolean failed() {
        throw new IllegalStateException("being built");
    }

    /**
     * Waits until all chunks have arrived and are parsed, then resolves the deltas.
     *
     * @param before where the bases of a thin pack are: the packs before it in the list
     * @throws PackException if the pack is not what it says
     * @throws java.io.InterruptedIOException if the thread is interrupted
     */
    public ParsedPack finish(ObjectSource before) throws IOException {
        throw new IllegalStateException("being built");
    }

    @Override
    public void close() {}
}
