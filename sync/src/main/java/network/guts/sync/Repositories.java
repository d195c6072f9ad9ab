package network.guts.sync;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.wire.SyncLimits;

/**
 * The repositories that a node holds. Thread-safe, blocking; long work reports to a {@link Progress} and obeys
 * interruption. Failures are {@link SyncException}s with a kind.
 */
public interface Repositories extends AutoCloseable {
    /** The id of the protocol that this speaks, for a host that has to know what may go over a relay. */
    String PROTOCOL = SyncLimits.PROTOCOL;

    /** Serves the sync protocol, resumes what was interrupted, provides and follows what is seeded. */
    void start();

    /**
     * Makes the git repository at {@code source} a repository of the network, or publishes what is new in one that is.
     * Nothing is published unless all of it can be.
     */
    Published publish(Path source, PublishOptions options, Progress progress) throws IOException;

    /**
     * Brings what this node holds of {@code repository} up to date: refs of several providers, packs of all that hold
     * them, verified; then the refs move at once. Goes on where an interrupted fetch stopped.
     *
     * @param hints peers to ask besides those that are found ({@code ?peer=…}, the announcer)
     */
    Fetched fetch(RepositoryId repository, Collection<PeerInfo> hints, FetchOptions options, Progress progress)
            throws IOException;

    /**
     * Has another node keep a repository that this one publishes, for a publisher that nobody can dial: waits until it has
     * everything and provides it. From then on this node keeps a connection to it, across restarts, and what is signed
     * here arrives there.
     *
     * @param patience how long a seeder that agreed and was lost, or that is busy, is tried again
     * @throws SyncException REFUSED with the seeder's reason; FAILED if it cannot be reached, or was lost: once it has
     *     agreed, this node goes back to it in the background
     */
    Kept via(RepositoryId repository, PeerInfo seeder, Duration patience, Progress progress) throws IOException;

    /** The nodes that keep a repository for this one by {@link #via}. */
    List<Kept> keptBy(RepositoryId repository) throws IOException;

    /** Keeps a repository and provides it: fetches what is missing, then follows its topic. */
    Fetched seed(RepositoryId repository, Collection<PeerInfo> hints, Progress progress) throws IOException;

    /** Stops providing and following; with {@code delete} the disk is freed. False if it was not seeded. */
    boolean unseed(RepositoryId repository, boolean delete) throws IOException;

    /** What this node holds, in order of ids. */
    List<RepositoryState> list() throws IOException;

    /** One of them; empty if this node does not hold it. */
    Optional<RepositoryState> state(RepositoryId repository) throws IOException;

    /** The bare repository on disk, readable by git: for upload-pack, and for handing packs over. */
    Path gitDirectory(RepositoryId repository) throws IOException;

    /**
     * Takes a push: the objects are already in {@code quarantine}, a bare repository whose alternates name this one.
     * When it returns, the new header is on disk, signed.
     *
     * <p>An update that is no fast-forward and not forced is refused in its result, and one whose ref is not what it
     * expects even if it is forced; the others are taken, unless {@code atomic}.
     *
     * @param atomic all of them or none
     * @throws SyncException REFUSED if this node's signing key is no delegate
     */
    Pushed push(RepositoryId repository, Path quarantine, List<RefUpdate> updates, boolean atomic, Progress progress)
            throws IOException;

    /** The same, each update by itself. */
    default Pushed push(RepositoryId repository, Path quarantine, List<RefUpdate> updates, Progress progress)
            throws IOException {
        return push(repository, quarantine, updates, false, progress);
    }

    /**
     * Judges a signed record from the repository's topic, and takes it in if it is valid and new.
     *
     * @param from the neighbour that sent it: asked first for what is missing
     */
    Judgement announced(RepositoryId repository, PeerId from, byte[] envelope);

    /**
     * Judges a signed announcement from the topic of all repositories, and seeds what it names if the policy is
     * {@link SyncSettings.Policy#ALL} and the quotas allow it. May take seconds: who may sign is asked of others.
     *
     * @param from the neighbour that sent it: asked first
     */
    Judgement announced(PeerId from, byte[] envelope);

    /** Asks one provider what it has and how fresh it is. */
    ProviderCheck check(RepositoryId repository, PeerInfo provider, Duration timeout) throws IOException;

    @Override
    void close();

    /** Options of {@link #publish}. Empty values keep what is there, or take it from the source. */
    record PublishOptions(
            Optional<String> name, Optional<String> description, Optional<String> defaultBranch, boolean purge) {}

    /** Options of {@link #fetch}. */
    record FetchOptions(int maxProviders, Duration timeout, Optional<Bytes> identityChoice) {}

    /** What {@link #publish} did. {@code refs} counts the signed refs. */
    record Published(
            RepositoryId repository,
            boolean created,
            long sequence,
            int refs,
            long objects,
            long bytes,
            int newPacks) {}

    /**
     * A node that keeps a repository for this one.
     *
     * @param addresses where it was reached, and where it says it can be
     * @param sequence of this node's newest header that is complete there; 0: not everything has arrived yet
     */
    record Kept(PeerId seeder, List<Multiaddr> addresses, long sequence) {
        public Kept {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * What {@link #fetch} did.
     *
     * @param bytesByProvider verified chunk bytes
     * @param blamed providers that were dropped, and delegates whose header was passed over, with the reason
     * @param confirmed the newest word of freshness, if there is one
     */
    record Fetched(
            RepositoryId repository,
            boolean changed,
            int refs,
            long objects,
            long bytes,
            Map<PeerId, Long> bytesByProvider,
            Map<PeerId, String> blamed,
            Optional<Instant> confirmed,
            int providersAsked) {}

    /**
     * One ref of a push.
     *
     * @param expected what it must be at that moment, {@link ObjectId#NONE} if it must not be there; empty: anything
     * @param target empty: it is deleted
     * @param force it need not be a fast-forward
     */
    record RefUpdate(String name, Optional<ObjectId> expected, Optional<ObjectId> target, boolean force) {}

    /** What {@link #push} did; {@code results} has "ok" or the reason of the refusal for each name. */
    record Pushed(long sequence, Map<String, String> results, long objects, long bytes) {}

    /** What is held of one repository. */
    record RepositoryState(
            RepositoryId repository,
            String name,
            String description,
            String defaultBranch,
            long revision,
            List<PeerId> delegates,
            int threshold,
            boolean seeded,
            boolean delegate,
            Map<String, ObjectId> refs,
            List<DelegateState> views,
            List<PackId> packs,
            long objects,
            long diskBytes,
            Optional<Instant> heardOf,
            Optional<Instant> confirmed,
            List<String> warnings) {}

    /** What one delegate last signed. {@code equivocation} says in words what was found, if anything was. */
    record DelegateState(
            PeerId delegate, long sequence, Instant time, Map<String, ObjectId> refs, Optional<String> equivocation) {}

    /** What a provider says that it has. */
    record ProviderCheck(PeerInfo provider, Map<PeerId, Long> sequences, Optional<Instant> fresh, boolean complete) {}

    /** What to do with a gossiped record. */
    enum Judgement {
        ACCEPT,
        IGNORE,
        REJECT
    }
}
