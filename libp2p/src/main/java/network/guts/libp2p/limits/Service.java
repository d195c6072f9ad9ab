package network.guts.libp2p.limits;

import java.util.List;
import java.util.Map;

/**
 * Protocols that belong together and share limits.
 *
 * @param name as people are told it, {@code dht} say
 * @param protocols their ids; one that ends in {@code /} stands for all that begin so
 * @param limits of {@link Level#SERVICE} and {@link Level#SERVICE_PEER} that differ from what other services have
 */
public record Service(String name, List<String> protocols, Map<Limit, Long> limits) {
    /** What libp2p itself has. */
    static final List<Service> LIBP2P = List.of(
            new Service("identify", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"),
            new Service("ping", "/ipfs/ping/1.0.0"),
            new Service("relay", "/libp2p/circuit/", "/libp2p/dcutr"),
            new Service("autonat", "/libp2p/autonat/"),
            new Service("perf", "/perf/"));

    public Service {
        protocols = List.copyOf(protocols);
        limits = Map.copyOf(limits);
        for (Map.Entry<Limit, Long> limit : limits.entrySet()) {
            Level level = limit.getKey().level();
            if (level != Level.SERVICE && level != Level.SERVICE_PEER || limit.getValue() < 0) {
                throw new IllegalArgumentException(limit + " is no limit of a service");
            }
        }
    }

    /** With the limits of any service. */
    public Service(String name, String... protocols) {
        this(name, List.of(protocols), Map.of());
    }

    /**
     * With a bound of its own for each peer.
     *
     * @param inbound streams that one peer may have open
     */
    public Service perPeer(int inbound) {
        return new Service(
                name, protocols, Map.of(new Limit(Level.SERVICE_PEER, Resource.STREAMS_INBOUND), (long) inbound));
    }

    boolean has(String protocol) {
        return protocols.stream().anyMatch(id -> id.endsWith("/") ? protocol.startsWith(id) : protocol.equals(id));
    }
}
