package network.guts.libp2p.limits;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The limits of a host. {@link #scaled} gives what suits a machine, {@code with} changes one of them.
 *
 * @param values the value of each limit, for any peer, protocol and service
 * @param services the protocols that belong together: a protocol belongs to the first that has it
 */
public record Limits(Map<Limit, Long> values, List<Service> services) {
    /**
     * The part of the heap that connections may fill by default. Yamux's windows lie on the heap, and as many bytes
     * beside it are all that the JVM lets direct buffers have; so the heap, and not the machine's memory, is what runs
     * out first. A quarter leaves room for what protocols do with the bytes.
     */
    private static final int HEAP_SHARE = 4;

    /** The smallest memory that the limits are made for: a heap of 64 MiB. */
    private static final long LEAST_MEMORY = 16L << 20;

    private static final double GIB = 1L << 30;

    /**
     * How a limit follows the memory.
     *
     * @param base without any memory
     * @param perGib added for each GiB
     */
    private record Scale(Level level, Resource resource, long base, long perGib) {
        long at(long memory) {
            return base + (long) (perGib * (memory / GIB));
        }
    }

    /** With 128 MiB, the memory of a node with a heap of 512 MiB, these are the limits in docs/protocols/limits.md. */
    private static final List<Scale> SCALES = List.of(
            new Scale(Level.SYSTEM, Resource.CONNECTIONS_INBOUND, 512, 4096),
            new Scale(Level.SYSTEM, Resource.CONNECTIONS_OUTBOUND, 256, 2048),
            new Scale(Level.SYSTEM, Resource.CONNECTIONS, 640, 5120),
            new Scale(Level.SYSTEM, Resource.STREAMS_INBOUND, 1024, 24_576),
            new Scale(Level.SYSTEM, Resource.STREAMS_OUTBOUND, 1024, 24_576),
            new Scale(Level.SYSTEM, Resource.STREAMS, 2048, 49_152),
            new Scale(Level.SYSTEM, Resource.MEMORY, 0, 1 << 30),
            // A handshake takes a few round trips; in all 128, as many dials again.
            new Scale(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND, 64, 512),
            new Scale(Level.TRANSIENT, Resource.CONNECTIONS_OUTBOUND, 128, 1024),
            new Scale(Level.TRANSIENT, Resource.CONNECTIONS, 192, 1536),
            new Scale(Level.TRANSIENT, Resource.STREAMS_INBOUND, 256, 2048),
            new Scale(Level.TRANSIENT, Resource.STREAMS_OUTBOUND, 256, 2048),
            new Scale(Level.TRANSIENT, Resource.STREAMS, 512, 4096),
            new Scale(Level.TRANSIENT, Resource.MEMORY, 0, 1 << 28),
            // Two dials that cross, over two transports; more memory does not make one peer need more connections.
            new Scale(Level.PEER, Resource.CONNECTIONS_INBOUND, 4, 0),
            new Scale(Level.PEER, Resource.CONNECTIONS_OUTBOUND, 4, 0),
            new Scale(Level.PEER, Resource.CONNECTIONS, 4, 0),
            new Scale(Level.PEER, Resource.STREAMS_INBOUND, 128, 1024),
            new Scale(Level.PEER, Resource.STREAMS_OUTBOUND, 128, 1024),
            new Scale(Level.PEER, Resource.STREAMS, 256, 2048),
            // One peer behind a fast and long path fills a window of 16 MiB.
            new Scale(Level.PEER, Resource.MEMORY, 0, 1 << 29),
            new Scale(Level.PROTOCOL, Resource.STREAMS_INBOUND, 512, 12_288),
            new Scale(Level.PROTOCOL, Resource.STREAMS_OUTBOUND, 512, 12_288),
            new Scale(Level.PROTOCOL, Resource.STREAMS, 1024, 24_576),
            new Scale(Level.PROTOCOL, Resource.MEMORY, 0, 1 << 29),
            new Scale(Level.PROTOCOL_PEER, Resource.STREAMS_INBOUND, 128, 1024),
            new Scale(Level.PROTOCOL_PEER, Resource.STREAMS_OUTBOUND, 128, 1024),
            new Scale(Level.PROTOCOL_PEER, Resource.STREAMS, 256, 2048),
            new Scale(Level.PROTOCOL_PEER, Resource.MEMORY, 0, 1 << 27),
            new Scale(Level.SERVICE, Resource.STREAMS_INBOUND, 512, 14_336),
            new Scale(Level.SERVICE, Resource.STREAMS_OUTBOUND, 512, 14_336),
            new Scale(Level.SERVICE, Resource.STREAMS, 1024, 28_672),
            new Scale(Level.SERVICE, Resource.MEMORY, 0, 1 << 29),
            new Scale(Level.SERVICE_PEER, Resource.STREAMS_INBOUND, 128, 1024),
            new Scale(Level.SERVICE_PEER, Resource.STREAMS_OUTBOUND, 128, 1024),
            new Scale(Level.SERVICE_PEER, Resource.STREAMS, 256, 2048),
            new Scale(Level.SERVICE_PEER, Resource.MEMORY, 0, 1 << 27));

    /**
     * @throws IllegalArgumentException if a limit has no value, or a negative one, or two services share a name
     */
    public Limits {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        services = List.copyOf(services);
        for (Limit limit : Limit.all()) {
            Long value = values.get(limit);
            if (value == null || value < 0) {
                throw new IllegalArgumentException("the limit " + limit.name() + " has no value, or a negative one");
            }
        }
        if (services.stream().map(Service::name).distinct().count() < services.size()) {
            throw new IllegalArgumentException("two services have one name");
        }
    }

    /** What suits this process: a quarter of the heap that it may have is for connections. */
    public static Limits ofThisProcess() {
        return scaled(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    /**
     * What suits a host whose connections may fill {@code memory} bytes.
     *
     * @param memory less than 16 MiB counts as 16 MiB
     */
    public static Limits scaled(long memory) {
        Map<Limit, Long> values = new LinkedHashMap<>();
        for (Scale scale : SCALES) {
            values.put(new Limit(scale.level, scale.resource), scale.at(Math.max(LEAST_MEMORY, memory)));
        }
        return new Limits(values, Service.LIBP2P);
    }

    /** The same with another value of one limit. */
    public Limits with(Level level, Resource resource, long value) {
        Map<Limit, Long> changed = new LinkedHashMap<>(values);
        changed.put(new Limit(level, resource), value);
        return new Limits(changed, services);
    }

    /** The same with another value for both directions of connections or streams, and for both together. */
    public Limits with(Level level, Resource inbound, Resource outbound, Resource total, long value) {
        return with(level, inbound, value).with(level, outbound, value).with(level, total, value);
    }

    /** The same with more services beside libp2p's own; one of a name that is there replaces it. */
    public Limits with(List<Service> more) {
        Map<String, Service> all = new LinkedHashMap<>();
        services.forEach(service -> all.put(service.name(), service));
        more.forEach(service -> all.put(service.name(), service));
        return new Limits(values, new ArrayList<>(all.values()));
    }

    public long get(Level level, Resource resource) {
        return values.getOrDefault(new Limit(level, resource), Long.MAX_VALUE);
    }

    /** The value of each limit, by its name. */
    public Map<String, Long> byName() {
        Map<String, Long> all = new LinkedHashMap<>();
        values.forEach((limit, value) -> all.put(limit.name(), value));
        return all;
    }

    /** The service that {@code protocol} belongs to, if it belongs to any. */
    Optional<Service> serviceOf(String protocol) {
        return services.stream().filter(service -> service.has(protocol)).findFirst();
    }
}
