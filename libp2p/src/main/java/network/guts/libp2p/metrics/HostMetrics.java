package network.guts.libp2p.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.metrics.Metrics;
import network.guts.core.metrics.Metrics.Counter;
import network.guts.core.metrics.Metrics.Histogram;
import network.guts.core.metrics.Metrics.Sample;

/** What a host counts of itself. Thread-safe. */
public final class HostMetrics {
    /** Protocols with a count of their own; a node has about ten. */
    static final int MAX_PROTOCOLS = 64;

    /** Limits with a count of their own: they are this program's words. */
    private static final int MAX_LIMITS = 64;

    private static final String OTHER = "other";

    /** Limits whose figure is there before anybody hits them. */
    private static final List<String> LIMITS = List.of(
            "system.connections_inbound",
            "transient.connections_inbound",
            "address.connections_inbound",
            "address.rate",
            "peer.connections_inbound",
            "peer.streams_inbound",
            "protocol_peer.streams_inbound",
            "system.memory",
            "gate.peer",
            "gate.address");

    /** A failed handshake: nothing was agreed on that could be named. */
    private static final String UNKNOWN = "unknown";

    /** What QUIC calls itself, as transport and as security: there a dial and a handshake are one. */
    private static final String QUIC_TRANSPORT = "quic-v1";

    private static final String QUIC = "quic";

    private record Kind(String transport, String protocol, Direction direction) {}

    private final Metrics metrics;
    private final ConcurrentMap<Kind, StreamMeter> meters = new ConcurrentHashMap<>();
    private final Set<String> protocols = ConcurrentHashMap.newKeySet();
    private final Set<String> limits = ConcurrentHashMap.newKeySet();
    private final Counter opened;
    private final Counter refused;
    private final Histogram handshakes;
    private final Counter dials;
    private final Histogram dialTimes;
    private final Histogram pings;

    public HostMetrics(Metrics metrics) {
        this.metrics = metrics;
        this.opened = metrics.counter(
                "guts_host_connections_opened_total",
                "Connections that were authenticated and taken in.",
                "transport",
                "security",
                "direction");
        this.refused = metrics.counter(
                "guts_host_refusals_total",
                "Connections and streams that this host refused, by the limit or the rule.",
                "limit");
        LIMITS.forEach(limit -> refused.add(0, limit));
        this.handshakes = metrics.histogram(
                "guts_host_handshake_seconds",
                "From a connection of bytes to one that is authenticated and carries streams.",
                Metrics.SECONDS,
                "transport",
                "security",
                "direction",
                "result");
        this.dials = metrics.counter(
                "guts_host_dials_total",
                "Addresses that were to be dialled, by what came of it.",
                "transport",
                "result");
        this.dialTimes = metrics.histogram(
                "guts_host_dial_seconds",
                "How long the dial of one address took, handshake included, where somebody was asked.",
                Metrics.SECONDS,
                "transport",
                "result");
        this.pings = metrics.histogram(
                "guts_host_ping_seconds", "Round trips measured by /ipfs/ping/1.0.0.", Metrics.SECONDS);
        metrics.gauge(
                "guts_host_streams",
                "Open streams.",
                List.of("protocol", "direction"),
                () -> streams(StreamMeter::open));
        metrics.counter(
                "guts_host_streams_opened_total",
                "Streams whose protocol was agreed on.",
                List.of("protocol", "direction"),
                () -> streams(StreamMeter::openedSoFar));
        metrics.counter(
                "guts_host_received_bytes_total",
                "Payload read from streams.",
                List.of("transport", "protocol"),
                () -> bytes(StreamMeter::bytesRead));
        metrics.counter(
                "guts_host_sent_bytes_total",
                "Payload written to streams.",
                List.of("transport", "protocol"),
                () -> bytes(StreamMeter::bytesWritten));
    }

    /**
     * Registers what is looked up when it is asked for.
     *
     * @param connections those that are open
     * @param inUse how much is taken of what is limited, by the name of the limit
     * @param limits the values of the limits, by name
     * @param peers in the address book
     */
    public void watch(
            Supplier<List<ConnectionInfo>> connections,
            Supplier<Map<String, Long>> inUse,
            Map<String, Long> limits,
            IntSupplier peers) {
        metrics.gauge(
                "guts_host_connections",
                "Open connections.",
                List.of("transport", "security", "direction"),
                () -> connections(connections.get()));
        metrics.gauge("guts_host_in_use", "What is taken of what is limited.", List.of("limit"), () -> {
            return byLimit(inUse.get());
        });
        List<Sample> values = byLimit(limits);
        metrics.gauge(
                "guts_host_limit", "The limits of what is counted, each of one scope.", List.of("limit"), () -> values);
        metrics.gauge("guts_host_address_book_peers", "Peers in the address book.", peers::getAsInt);
    }

    private static List<Sample> byLimit(Map<String, Long> values) {
        List<Sample> samples = new ArrayList<>();
        values.forEach((limit, value) -> samples.add(new Sample(value, limit)));
        return samples;
    }

    private static List<Sample> connections(List<ConnectionInfo> open) {
        Map<List<String>, Long> counts = new LinkedHashMap<>();
        open.forEach(info -> counts.merge(labels(info), 1L, Long::sum));
        return samples(counts);
    }

    private static List<String> labels(ConnectionInfo info) {
        return List.of(info.transport(), info.security(), label(info.direction()));
    }

    /** The meter of streams of this kind; looked up once for each stream. */
    public StreamMeter streams(String transport, String protocol, Direction direction) {
        String known = among(protocols, protocol, MAX_PROTOCOLS);
        return meters.computeIfAbsent(new Kind(transport, known, direction), kind -> new StreamMeter());
    }

    private static String among(Set<String> known, String value, int max) {
        if (known.contains(value) || known.size() < max && known.add(value)) {
            return value;
        }
        return OTHER;
    }

    private List<Sample> streams(ToLongFunction<StreamMeter> figure) {
        return sums(kind -> List.of(kind.protocol, label(kind.direction)), figure);
    }

    private List<Sample> bytes(ToLongFunction<StreamMeter> figure) {
        return sums(kind -> List.of(kind.transport, kind.protocol), figure);
    }

    private List<Sample> sums(Function<Kind, List<String>> by, ToLongFunction<StreamMeter> figure) {
        Map<List<String>, Long> sums = new LinkedHashMap<>();
        meters.forEach((kind, meter) -> sums.merge(by.apply(kind), figure.applyAsLong(meter), Long::sum));
        return samples(sums);
    }

    private static List<Sample> samples(Map<List<String>, Long> values) {
        List<Sample> samples = new ArrayList<>();
        values.forEach((labels, value) -> samples.add(new Sample(value, labels)));
        return samples;
    }

    /** A connection was taken in. */
    public void opened(ConnectionInfo info) {
        opened.increment(info.transport(), info.security(), label(info.direction()));
    }

    /**
     * This host refused a connection or a stream.
     *
     * @param limit the name of the limit, or the rule in words: one of a few that this program has
     */
    public void refused(String limit) {
        String known = limits.contains(limit) ? limit : among(limits, label(limit), MAX_LIMITS);
        refused.increment(known);
    }

    private static String label(String words) {
        return words.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]+", "_");
    }

    /**
     * A handshake ended.
     *
     * @param security what it ended with
     * @param start in {@link System#nanoTime}
     */
    public void handshake(String transport, String security, Direction direction, long start) {
        handshakes.observe(secondsSince(start), transport, security, label(direction), Result.OK.label());
    }

    /**
     * A handshake failed.
     *
     * @param start in {@link System#nanoTime}
     */
    public void handshakeFailed(String transport, Direction direction, Result result, long start) {
        String security = transport.equals(QUIC_TRANSPORT) ? QUIC : UNKNOWN;
        handshakes.observe(secondsSince(start), transport, security, label(direction), result.label());
    }

    /** An address was not dialled. */
    public void notDialled(String transport, Result why) {
        dials.increment(transport, why.label());
    }

    /**
     * An address was dialled.
     *
     * @param start in {@link System#nanoTime}
     */
    public void dialled(String transport, Result result, long start) {
        dials.increment(transport, result.label());
        dialTimes.observe(secondsSince(start), transport, result.label());
        if (transport.equals(QUIC_TRANSPORT)) {
            handshakes.observe(secondsSince(start), transport, QUIC, label(Direction.OUTBOUND), result.label());
        }
    }

    public void pinged(Duration roundTrip) {
        pings.observe(roundTrip.toNanos() / 1e9);
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static String label(Direction direction) {
        return direction == Direction.INBOUND ? "in" : "out";
    }
}
