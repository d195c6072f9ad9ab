package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;

/** Makes the descriptor of a pack that is on disk. */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class PackDescriptors {
    private PackDescriptors() {}

    /** A pack and what describes it. */
    public record Described(PackDescriptor descriptor, ParsedPack pack) {}

    /**
     * Parses and checks {@code file}, and hashes its chunks, on all cores.
     *
     * @param inputs the packs that it consolidates
     * @param before where the bases of a thin pack are
     */
    public static Described describe(Path file, List<PackId> inputs, ObjectSource before, PackLimits limits)
            throws IOException {
        throw new IllegalStateException("being built");
    }
}
