package network.guts.sync.git;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import network.guts.core.PeerId;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ParsedPack;
import network.guts.sync.pack.ServedPack;

/**
 * A bare git repository of the node: packs that came from the network, the canonical refs, and every delegate's own
 * refs under {@code refs/namespaces/<peer id>/}. Plain git reads it. One instance per folder; thread-safe.
 */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class BareRepository implements AutoCloseable {
    private BareRepository() {}

    /** Opens the repository in {@code folder}, or makes it; removes what a crash left half written. */
    public static BareRepository open(Path folder) throws IOException {
        throw new IllegalStateException("being built");
    }

    public Path folder() {
        throw new IllegalStateException("being built");
    }

    /** A folder on the same disk for packs that are being made or fetched; kept over restarts. */
    public Path incoming() {
        throw new IllegalStateException("being built");
    }

    /**
     * Takes a checked pack in: completed for git if it is thin, with its index, synced. The pack's file is moved or
     * deleted, and {@code pack} is closed. All or nothing; installing one that is there does nothing.
     */
    public void install(PackId id, PackDescriptor descriptor, ParsedPack pack) throws IOException {
        throw new IllegalStateException("being built");
    }

    /** The packs that are installed. */
    public SortedSet<PackId> packs() throws IOException {
        throw new IllegalStateException("being built");
    }

    /** The bytes of an installed pack as its descriptor describes them. */
    public Optional<ServedPack> served(PackId id) throws IOException {
        throw new IllegalStateException("being built");
    }

    /** Deletes packs (withdrawn, or consolidated into another). */
    public void remove(Collection<PackId> ids) throws IOException {
        throw new IllegalStateException("being built");
    }

    /** All installed objects. */
    public ObjectSource objects() {
        throw new IllegalStateException("being built");
    }

    /**
     * Moves all refs at once: these are all that there are afterwards. HEAD names {@code defaultBranch}.
     *
     * @param canonical full names ({@code refs/heads/main}) and objects
     * @param views each delegate's own refs, full names
     */
    public void moveRefs(
            String defaultBranch, Map<String, ObjectId> canonical, Map<PeerId, Map<String, ObjectId>> views)
            throws IOException {
        throw new IllegalStateException("being built");
    }

    /** The canonical refs, sorted by name. */
    public Map<String, ObjectId> refs() throws IOException {
        throw new IllegalStateException("being built");
    }

    public Ancestry ancestry() {
        throw new IllegalStateException("being built");
    }

    /** Bytes of the folder. */
    public long diskBytes() throws IOException {
        throw new IllegalStateException("being built");
    }

    /** Objects in the installed packs (one that lies in two packs counts twice). */
    public long objectCount() throws IOException {
        throw new IllegalStateException("being built");
    }

    /**
     * Hands all packs and indexes over to a user's repository, by hard link where the disk allows it, else as a copy.
     *
     * @return the {@code .keep} files; git-remote-guts reports them to git ({@code lock}), which deletes them when the
     *     refs have moved; anybody else deletes them then
     */
    public List<Path> handOver(Path gitDirectory) throws IOException {
        throw new IllegalStateException("being built");
    }

    /**
     * What a push brought, as one thin pack in {@link #incoming()}; empty if there is nothing new.
     *
     * @param quarantine a bare repository whose alternates name this one
     */
    public Optional<Path> intake(Path quarantine, Collection<ObjectId> tips) throws IOException {
        throw new IllegalStateException("being built");
    }

    /** One new pack in {@link #incoming()} of exactly what {@code tips} reach, for {@code --purge}. */
    public Optional<Path> repack(Collection<ObjectId> tips) throws IOException {
        throw new IllegalStateException("being built");
    }

    @Override
    public void close() {}
}
