package network.guts.sync.metrics;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import network.guts.core.metrics.Metrics;
import network.guts.core.metrics.Metrics.Counter;
import network.guts.core.metrics.Metrics.Histogram;
import network.guts.core.metrics.Metrics.Sample;
import network.guts.runtime.Recent;
import network.guts.sync.SyncException;
import network.guts.sync.wire.SyncMessage;
import network.guts.sync.wire.SyncMessage.Failure;

/** What sync counts of itself. Thread-safe. */
public final class SyncMetrics {
    /** From what is up to date to a repository of gigabytes, in seconds. */
    private static final List<Double> FETCH_SECONDS =
            List.of(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0);

    /** What is stored is counted by asking the database. */
    private static final Duration STOCK_LIFE = Duration.ofSeconds(5);

    private static final String CHUNKS = "chunks";
    private static final String MESSAGES = "messages";

    /** Why a provider or a delegate is blamed. */
    public enum Fault {
        WRONG_CHUNK,
        SILENT,
        WRONG_ANSWER,
        WRONGLY_SIGNED
    }

    /** What a chunk that came turned out to be. */
    public enum Chunk {
        VERIFIED,
        /** It was here already. */
        KNOWN,
        WRONG
    }

    /** Where objects came from that were indexed. */
    public enum Origin {
        FETCHED,
        /** Published or pushed on this machine. */
        LOCAL
    }

    /**
     * What is stored.
     *
     * @param seeded repositories that are seeded because somebody here asked for it
     * @param mirrored repositories that are seeded because they were announced
     * @param kept repositories that are stored and not seeded
     * @param bytes of the packs of all of them
     */
    public record Stock(long seeded, long mirrored, long kept, long bytes) {}

    private final Metrics metrics;
    private final Counter requests;
    private final Counter errorsSent;
    private final Counter errorsReceived;
    private final Counter served;
    private final Counter fetchedBytes;
    private final Counter chunks;
    private final Histogram fetches;
    private final Counter blamed;
    private final Counter objects;

    public SyncMetrics(Metrics metrics) {
        this.metrics = metrics;
        this.requests = metrics.counter("guts_sync_requests_received_total", "Requests of others.", "type");
        this.errorsSent =
                metrics.counter("guts_sync_errors_sent_total", "Errors that requests were answered with.", "code");
        this.errorsReceived = metrics.counter(
                "guts_sync_errors_received_total", "Errors that providers answered with during fetches.", "code");
        this.served = metrics.counter(
                "guts_sync_served_bytes_total", "Bytes sent to others: of chunks, and of all other messages.", "kind");
        this.fetchedBytes = metrics.counter(
                "guts_sync_fetched_bytes_total", "Bytes of packs that came from providers and were verified.");
        this.chunks = metrics.counter("guts_sync_chunks_received_total", "Chunks that providers sent.", "result");
        this.fetches = metrics.histogram("guts_sync_fetch_seconds", "How long fetches took.", FETCH_SECONDS, "result");
        this.blamed = metrics.counter(
                "guts_sync_blamed_total",
                "Providers, and delegates, that were found to do wrong in a fetch.",
                "reason");
        this.objects = metrics.counter(
                "guts_sync_objects_indexed_total", "Git objects of packs that were checked and taken in.", "origin");
        for (Failure.Code code : Failure.Code.values()) {
            errorsSent.add(0, label(code));
            errorsReceived.add(0, label(code));
        }
        for (Fault fault : Fault.values()) {
            blamed.add(0, label(fault));
        }
        for (Origin origin : Origin.values()) {
            objects.add(0, label(origin));
        }
        for (Chunk result : Chunk.values()) {
            chunks.add(0, label(result));
        }
        served.add(0, CHUNKS);
        served.add(0, MESSAGES);
    }

    /** For where nobody wants to know. */
    public static SyncMetrics none() {
        return new SyncMetrics(Metrics.none());
    }

    /**
     * Registers what is looked up when it is asked for.
     *
     * @param stock may ask the database
     * @param quotaBytes of disk for all packs
     */
    public void watch(Supplier<Stock> stock, DoubleSupplier quotaBytes) {
        Recent<Stock> recent = new Recent<>(STOCK_LIFE, stock);
        metrics.gauge(
                "guts_sync_repositories",
                "Repositories that are stored, by why: seeded, mirrored because they were announced, or kept only.",
                List.of("policy"),
                () -> List.of(
                        new Sample(recent.get().seeded(), "seeded"),
                        new Sample(recent.get().mirrored(), "mirrored"),
                        new Sample(recent.get().kept(), "kept")));
        metrics.gauge(
                "guts_sync_disk_bytes",
                "Packs of all repositories.",
                () -> recent.get().bytes());
        metrics.gauge("guts_sync_disk_quota_bytes", "What they may take.", quotaBytes);
    }

    /** A request of a remote. */
    public void request(SyncMessage.Request request) {
        requests.increment(
                switch (request) {
                    case SyncMessage.Hello hello -> "hello";
                    case SyncMessage.GetRefs get -> "get_refs";
                    case SyncMessage.GetBody get -> "get_body";
                    case SyncMessage.GetPacks get -> "get_packs";
                    case SyncMessage.GetChunks get -> "get_chunks";
                    case SyncMessage.GetInventory get -> "get_inventory";
                    case SyncMessage.Unsupported unknown -> "unsupported";
                });
    }

    public void errorSent(Failure.Code code) {
        errorsSent.increment(label(code));
    }

    public void errorReceived(Failure.Code code) {
        errorsReceived.increment(label(code));
    }

    /** The data of a chunk went out. */
    public void servedChunk(int bytes) {
        served.add(bytes, CHUNKS);
    }

    /** Another message went out. */
    public void servedMessage(int bytes) {
        served.add(bytes, MESSAGES);
    }

    public void chunk(Chunk result, int bytes) {
        chunks.increment(label(result));
        if (result == Chunk.VERIFIED) {
            fetchedBytes.add(bytes);
        }
    }

    /**
     * A fetch ended well.
     *
     * @param start in {@link System#nanoTime}
     */
    public void fetched(boolean changed, long start) {
        fetches.observe(secondsSince(start), changed ? "updated" : "unchanged");
    }

    /**
     * A fetch failed.
     *
     * @param start in {@link System#nanoTime}
     */
    public void fetchFailed(Exception failure, long start) {
        SyncException.Kind kind = failure instanceof SyncException why ? why.kind() : SyncException.Kind.FAILED;
        fetches.observe(secondsSince(start), label(kind));
    }

    public void blamed(Fault fault) {
        blamed.increment(label(fault));
    }

    public void indexed(Origin origin, long count) {
        objects.add((double) count, label(origin));
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
