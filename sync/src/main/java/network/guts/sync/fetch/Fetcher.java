package network.guts.sync.fetch;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Bytes;
import network.guts.core.PeerInfo;
import network.guts.core.host.Host;
import network.guts.sync.Network;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.SyncException;
import network.guts.sync.SyncSettings;
import network.guts.sync.local.LocalRepositories;
import network.guts.sync.local.Seeder;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;

/** Fetches repositories: one {@link FetchSession} at a time for each. Thread-safe. */
public final class Fetcher {
    /** Providers that are asked for refs where there are as many, so that one cannot pass off an old state. */
    public static final int ENOUGH_ANSWERS = 3;

    final Host host;
    final Network network;
    final LocalRepositories repositories;
    final Seeder seeder;
    final SyncSettings settings;
    final ProviderScores scores;
    final SyncMetrics metrics;
    final KnownFaults<PackId> badPacks = new KnownFaults<>();
    /** By hash, whose refs reach what nothing holds. */
    final KnownFaults<Bytes> badBodies = new KnownFaults<>();

    final InstantSource clock;
    final PartialPack.Disk disk;

    public Fetcher(
            Host host,
            Network network,
            LocalRepositories repositories,
            Seeder seeder,
            SyncSettings settings,
            ProviderScores scores,
            SyncMetrics metrics,
            InstantSource clock,
            PartialPack.Disk disk) {
        this.host = host;
        this.network = network;
        this.repositories = repositories;
        this.seeder = seeder;
        this.settings = settings;
        this.scores = scores;
        this.metrics = metrics;
        this.clock = clock;
        this.disk = disk;
    }

    /**
     * Brings a repository up to date.
     *
     * @param enough how many providers must have said what they have
     */
    public Fetched fetch(
            RepositoryId id, Collection<PeerInfo> hints, FetchOptions options, int enough, Progress progress)
            throws IOException {
        long start = System.nanoTime();
        try {
            Fetched fetched = fetchOne(id, hints, options, enough, progress);
            metrics.fetched(fetched.changed(), start);
            return fetched;
        } catch (IOException e) {
            metrics.fetchFailed(e, start);
            throw e;
        }
    }

    private Fetched fetchOne(
            RepositoryId id, Collection<PeerInfo> hints, FetchOptions options, int enough, Progress progress)
            throws IOException {
        if (settings.blocked().contains(id)) {
            throw new SyncException(
                    SyncException.Kind.REFUSED, id + " is on this node's block list", "Take it off the list first.");
        }
        ReentrantLock work = repositories.work(id);
        lock(work);
        try (FetchSession session = new FetchSession(this, id, hints, options, enough, progress)) {
            return session.run();
        } finally {
            work.unlock();
        }
    }

    /** Only the records, without packs: what providers say of this node's own highest sequence. Applies nothing. */
    public FetchSession.Heard ask(RepositoryId id, Collection<PeerInfo> hints, Duration timeout) throws IOException {
        FetchOptions options = new FetchOptions(ENOUGH_ANSWERS, timeout, java.util.Optional.empty());
        try (FetchSession session = new FetchSession(this, id, hints, options, ENOUGH_ANSWERS, Progress.NONE)) {
            return session.hear();
        }
    }

    private static void lock(ReentrantLock work) throws IOException {
        try {
            work.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        }
    }
}
