package network.guts.dht.shell;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import network.guts.core.metrics.Metrics;
import network.guts.core.metrics.Metrics.Counter;
import network.guts.core.metrics.Metrics.Histogram;
import network.guts.dht.Dht.TableEntry;
import network.guts.dht.core.DhtEffect;
import network.guts.dht.core.Goal;
import network.guts.dht.core.Request;
import network.guts.runtime.Recent;

/** What a node of Kademlia counts of itself. Thread-safe. */
final class DhtMetrics {
    /** A network of millions is ten hops wide. */
    private static final List<Double> HOPS = List.of(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0);

    /** The figures about the table share one look at it. */
    private static final Duration TABLE_LIFE = Duration.ofSeconds(1);

    private static final String OK = "ok";
    private static final String FAILED = "failed";
    private static final String STORED = "stored";
    private static final String RENEWED = "renewed";
    private static final String REFUSED = "refused";

    private final Metrics metrics;
    private final Histogram lookUps;
    private final Histogram hops;
    private final Counter sent;
    private final Counter received;
    private final Counter stored;
    private final Counter expired;

    DhtMetrics(Metrics metrics) {
        this.metrics = metrics;
        this.lookUps = metrics.histogram(
                "guts_dht_lookup_seconds", "How long look-ups took.", Metrics.SECONDS, "kind", "result");
        this.hops = metrics.histogram(
                "guts_dht_lookup_hops", "How far from this node the farthest peer was that was asked.", HOPS, "kind");
        this.sent = metrics.counter("guts_dht_queries_sent_total", "Requests to others.", "type", "result");
        this.received = metrics.counter("guts_dht_queries_received_total", "Requests of others.", "type", "result");
        this.stored = metrics.counter(
                "guts_dht_records_received_total", "Provider records that others left here, or tried to.", "result");
        this.expired = metrics.counter("guts_dht_records_expired_total", "Provider records that were deleted for age.");
        List.of(STORED, RENEWED, REFUSED).forEach(result -> stored.add(0, result));
    }

    /**
     * Registers what is looked up when it is asked for.
     *
     * @param server whether requests are answered
     */
    void watch(Supplier<List<TableEntry>> table, BooleanSupplier server, ProviderStore store) {
        Recent<List<TableEntry>> recent = new Recent<>(TABLE_LIFE, table);
        metrics.gauge(
                "guts_dht_table_peers",
                "Peers in the routing table.",
                () -> recent.get().size());
        metrics.gauge(
                "guts_dht_table_buckets",
                "Buckets of the routing table that hold a peer.",
                () -> recent.get().stream()
                        .mapToInt(TableEntry::bucket)
                        .distinct()
                        .count());
        metrics.gauge(
                "guts_dht_server",
                "1 if requests of others are answered, 0 if not.",
                () -> server.getAsBoolean() ? 1 : 0);
        metrics.gauge("guts_dht_records", "Provider records that are kept for others.", store::kept);
        metrics.gauge("guts_dht_provided_keys", "Keys that this node provides.", store::providedKeys);
    }

    void ended(DhtEffect.LookUpEnded lookUp) {
        String kind = kind(lookUp.goal());
        lookUps.observe(
                lookUp.took().toNanos() / 1e9, kind, lookUp.outcome().name().toLowerCase(Locale.ROOT));
        hops.observe(lookUp.hops(), kind);
    }

    private static String kind(Goal goal) {
        return switch (goal) {
            case Goal.Closest closest -> "closest";
            case Goal.FindPeer peer -> "find_peer";
            case Goal.FindProviders providers -> "find_providers";
            case Goal.Provide provide -> "provide";
            case Goal.RefreshTable refresh -> "refresh";
        };
    }

    void sent(Request request, boolean answered) {
        sent.increment(type(request), answered ? OK : FAILED);
    }

    void received(Request request, boolean served) {
        received.increment(type(request), served ? OK : FAILED);
    }

    /** As the specification names them. */
    private static String type(Request request) {
        return switch (request) {
            case Request.FindNode node -> "FIND_NODE";
            case Request.GetProviders providers -> "GET_PROVIDERS";
            case Request.AddProvider provider -> "ADD_PROVIDER";
            case Request.GetValue value -> "GET_VALUE";
            case Request.Ping() -> "PING";
        };
    }

    void recordKept(boolean known) {
        stored.increment(known ? RENEWED : STORED);
    }

    void recordRefused() {
        stored.increment(REFUSED);
    }

    void recordsExpired(int count) {
        expired.add(count);
    }
}
