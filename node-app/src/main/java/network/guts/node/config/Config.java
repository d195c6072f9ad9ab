package network.guts.node.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.limits.Limit;
import network.guts.libp2p.limits.Limits;
import network.guts.sync.SyncSettings;
import network.guts.sync.model.RepositoryId;

/**
 * The configuration of a node, valid as a whole.
 *
 * @param network {@code public}, {@code private} or a name
 * @param metrics where figures are served, on this machine; empty: nowhere
 * @param relayServer whether this node relays for others
 * @param relays at which it keeps places for itself, each with {@code /p2p/…}
 * @param allowPerf whether strangers may measure streams with this node
 * @param autonat whether others are asked if they can reach this node, and dialled for
 * @param portMapping whether the router is asked to let others in
 * @param membersFile read in addition to {@code members}, and watched
 * @param gate who is let in and dialled beside that
 * @param limits of connections, streams and memory
 */
public record Config(
        List<Multiaddr> listen,
        List<Multiaddr> announce,
        String network,
        List<Multiaddr> bootstrap,
        DhtMode dht,
        int maxConnections,
        Duration connectionTimeout,
        Duration keepaliveInterval,
        Set<PeerId> members,
        Optional<Path> membersFile,
        Seeding seeding,
        long syncMemory,
        Optional<InetSocketAddress> metrics,
        RelayServer relayServer,
        List<Multiaddr> relays,
        boolean allowPerf,
        NatConfig.Autonat autonat,
        boolean portMapping,
        Gate gate,
        HostLimits limits) {
    public static final String PUBLIC = "public";
    public static final String PRIVATE = "private";

    /** Whether a node answers queries of the DHT. */
    public enum DhtMode {
        SERVER,
        CLIENT,
        /** Client until it is known to be reachable. */
        AUTO
    }

    /** Whether a node relays for peers that cannot be reached. */
    public enum RelayServer {
        OFF,
        /** As long as it is known to be reachable itself. */
        AUTO,
        ON
    }

    /** What a seeder keeps without being asked. */
    public enum SeedingPolicy {
        NONE,
        FOLLOWED,
        /** That, and what is announced to everybody. */
        ALL
    }

    /**
     * What a seeder allows.
     *
     * @param maxRepositorySize bytes
     * @param diskQuota bytes
     * @param signerQuota bytes of what one delegate announces, with the policy {@code all}
     * @param groupQuota bytes of what comes from one group of public addresses, with the policy {@code all}
     * @param via who may have a repository kept here by asking
     * @param uplink bytes a second, over all peers; 0: no limit
     * @param peerRate bytes a second for one peer; 0: no limit
     * @param peerRequests requests a second of one peer; 0: no limit
     */
    public record Seeding(
            SeedingPolicy policy,
            long maxRepositorySize,
            long diskQuota,
            long signerQuota,
            long groupQuota,
            SyncSettings.Via via,
            long uplink,
            long peerRate,
            int peerRequests,
            List<RepositoryId> block) {
        public Seeding {
            block = List.copyOf(block);
        }

        /** The same for a node that comes and goes: it keeps nothing that it was not asked for. */
        Seeding withoutAll() {
            return new Seeding(
                    policy == SeedingPolicy.ALL ? SeedingPolicy.FOLLOWED : policy,
                    maxRepositorySize,
                    diskQuota,
                    signerQuota,
                    groupQuota,
                    SyncSettings.Via.NONE,
                    uplink,
                    peerRate,
                    peerRequests,
                    block);
        }
    }

    /**
     * Who is let in and dialled.
     *
     * @param file read in addition, and watched
     */
    public record Gate(Set<GateEntry> deny, Set<GateEntry> allow, Optional<Path> file) {
        public Gate {
            deny = Set.copyOf(deny);
            allow = Set.copyOf(allow);
        }
    }

    /**
     * What of the host's limits is not left to the host.
     *
     * @param memory bytes for all connections, which the other limits follow; empty: as the heap is
     * @param values limits that are set one by one
     * @param addressConnections inbound connections from one public address
     * @param addressRate new ones
     */
    public record HostLimits(
            OptionalLong memory, Map<Limit, Long> values, int addressConnections, InboundRate addressRate) {
        public HostLimits {
            values = Map.copyOf(values);
        }

        /** All limits, for this process. */
        public Limits scaled() {
            Limits limits = memory.isPresent() ? Limits.scaled(memory.getAsLong()) : Limits.ofThisProcess();
            for (Map.Entry<Limit, Long> each : values.entrySet()) {
                limits = limits.with(each.getKey().level(), each.getKey().resource(), each.getValue());
            }
            return limits;
        }
    }

    public Config {
        listen = List.copyOf(listen);
        announce = List.copyOf(announce);
        bootstrap = List.copyOf(bootstrap);
        members = Set.copyOf(members);
        relays = List.copyOf(relays);
    }

    public boolean isPublic() {
        return network.equals(PUBLIC);
    }

    /** The DHT's protocol id: the network's name separates one network from another. */
    public String kademliaProtocol() {
        return switch (network) {
            case PUBLIC -> "/ipfs/kad/1.0.0";
            case PRIVATE -> "/guts/kad/1.0.0";
            default -> "/" + network + "/kad/1.0.0";
        };
    }

    /** This configuration for a node that only fetches: it does not listen and is a DHT client. */
    public Config fetching() {
        return new Config(
                List.of(),
                List.of(),
                network,
                bootstrap,
                DhtMode.CLIENT,
                maxConnections,
                connectionTimeout,
                keepaliveInterval,
                members,
                membersFile,
                seeding.withoutAll(),
                syncMemory,
                Optional.empty(),
                RelayServer.OFF,
                List.of(),
                false,
                NatConfig.Autonat.OFF,
                false,
                gate,
                limits);
    }
}
