package network.guts.node.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limit;
import network.guts.libp2p.limits.Resource;
import org.jspecify.annotations.Nullable;

/** The keys of the configuration. Each is a key of {@code config.toml}, a variable {@code GUTS_…} and a flag. */
public enum Key {
    LISTEN("listen", Kind.LIST, "MULTIADDR", "where to accept connections"),
    ANNOUNCE("announce", Kind.LIST, "MULTIADDR", "addresses told to others, beside those that are found out"),
    NETWORK("network", Kind.TEXT, "NAME", "private, public, or a name of your own"),
    BOOTSTRAP("bootstrap", Kind.LIST, "MULTIADDR", "peers through which the network is entered"),
    DHT("dht", Kind.TEXT, "MODE", "server, client or auto"),
    MAX_CONNECTIONS("max_connections", Kind.NUMBER, "N", "connections that are kept"),
    CONNECTION_TIMEOUT("connection_timeout", Kind.DURATION, "TIME", "how long one dial may take"),
    KEEPALIVE_INTERVAL("keepalive_interval", Kind.DURATION, "TIME", "how often an idle connection is asked"),
    MEMBERS("members", Kind.LIST, "PEER", "if any, nobody else gets in"),
    MEMBERS_FILE("members_file", Kind.TEXT, "FILE", "a file of members, one peer id a line"),
    SEEDING_POLICY("seeding.policy", Kind.TEXT, "POLICY", "none, followed, or all that is announced"),
    SEEDING_MAX_REPOSITORY("seeding.max_repository_size", Kind.SIZE, "SIZE", "larger repositories are refused"),
    SEEDING_QUOTA("seeding.disk_quota", Kind.SIZE, "SIZE", "disk for all repositories"),
    SEEDING_SIGNER_QUOTA(
            "seeding.signer_quota", Kind.SIZE, "SIZE", "with the policy all: disk for what one delegate announces"),
    SEEDING_GROUP_QUOTA(
            "seeding.group_quota",
            Kind.SIZE,
            "SIZE",
            "with the policy all: disk for what comes from one group of public addresses"),
    SEEDING_VIA(
            "seeding.via",
            Kind.LIST,
            "WHO",
            "who may have a repository kept here (publish --via): none, members, all, or ids of peers and signing keys"),
    SEEDING_UPLINK("seeding.uplink", Kind.SIZE, "SIZE", "bytes a second served to all peers together; 0: no limit"),
    SEEDING_PEER_RATE("seeding.peer_rate", Kind.SIZE, "SIZE", "bytes a second served to one peer; 0: no limit"),
    SEEDING_PEER_REQUESTS("seeding.peer_requests", Kind.NUMBER, "N", "requests a second of one peer; 0: no limit"),
    SEEDING_BLOCK("seeding.block", Kind.LIST, "CID", "repositories that are never kept or served"),
    SYNC_MEMORY("sync.memory", Kind.SIZE, "SIZE", "memory for parsing packs"),
    RELAY_SERVER("relay_server", Kind.TEXT, "MODE", "whether this node relays for others: off, auto or on"),
    RELAYS("relays", Kind.LIST, "MULTIADDR", "relays through which this node is reached by others"),
    METRICS("metrics", Kind.TEXT, "ADDRESS", "a loopback address and port where figures are served: 127.0.0.1:9100"),
    ALLOW_PERF("allow_perf", Kind.TRUTH, "true|false", "lets anybody measure streams with this node: /perf/1.0.0"),
    AUTONAT(
            "autonat",
            Kind.TEXT,
            "MODE",
            "auto, on or off: asks others whether they can reach this node, and dials for them"),
    PORT_MAPPING(
            "port_mapping",
            Kind.TRUTH,
            "true|false",
            "asks the router to let others in (PCP, NAT-PMP, UPnP); true by default in the network public"),
    DENY("deny", Kind.LIST, "PEER|NETWORK", "peers and networks that are not let in or dialled"),
    ALLOW(
            "allow",
            Kind.LIST,
            "PEER|NETWORK",
            "peers and networks that are, whatever deny says, and as often as they come"),
    GATE_FILE("gate_file", Kind.TEXT, "FILE", "a file of such lines: deny or allow, and a peer or network"),
    LIMITS_MEMORY(
            "limits.memory",
            Kind.SIZE,
            "SIZE",
            "memory of all connections, which the other limits follow; by default a quarter of the heap"),
    LIMITS_ADDRESS_CONNECTIONS(
            "limits.address.connections", Kind.NUMBER, "N", "inbound connections from one public address"),
    LIMITS_ADDRESS_PER_MINUTE(
            "limits.address.per_minute", Kind.NUMBER, "N", "new inbound connections a minute from one public address"),
    LIMITS_ADDRESS_BURST("limits.address.burst", Kind.NUMBER, "N", "so many of them may come at once"),
    LIMITS_SYSTEM_CONNECTIONS_INBOUND(Level.SYSTEM, Resource.CONNECTIONS_INBOUND),
    LIMITS_SYSTEM_CONNECTIONS_OUTBOUND(Level.SYSTEM, Resource.CONNECTIONS_OUTBOUND),
    LIMITS_SYSTEM_CONNECTIONS(Level.SYSTEM, Resource.CONNECTIONS),
    LIMITS_SYSTEM_STREAMS_INBOUND(Level.SYSTEM, Resource.STREAMS_INBOUND),
    LIMITS_SYSTEM_STREAMS_OUTBOUND(Level.SYSTEM, Resource.STREAMS_OUTBOUND),
    LIMITS_SYSTEM_STREAMS(Level.SYSTEM, Resource.STREAMS),
    LIMITS_SYSTEM_MEMORY(Level.SYSTEM, Resource.MEMORY),
    LIMITS_TRANSIENT_CONNECTIONS_INBOUND(Level.TRANSIENT, Resource.CONNECTIONS_INBOUND),
    LIMITS_TRANSIENT_CONNECTIONS_OUTBOUND(Level.TRANSIENT, Resource.CONNECTIONS_OUTBOUND),
    LIMITS_TRANSIENT_CONNECTIONS(Level.TRANSIENT, Resource.CONNECTIONS),
    LIMITS_TRANSIENT_STREAMS_INBOUND(Level.TRANSIENT, Resource.STREAMS_INBOUND),
    LIMITS_TRANSIENT_STREAMS_OUTBOUND(Level.TRANSIENT, Resource.STREAMS_OUTBOUND),
    LIMITS_TRANSIENT_STREAMS(Level.TRANSIENT, Resource.STREAMS),
    LIMITS_TRANSIENT_MEMORY(Level.TRANSIENT, Resource.MEMORY),
    LIMITS_PEER_CONNECTIONS_INBOUND(Level.PEER, Resource.CONNECTIONS_INBOUND),
    LIMITS_PEER_CONNECTIONS_OUTBOUND(Level.PEER, Resource.CONNECTIONS_OUTBOUND),
    LIMITS_PEER_CONNECTIONS(Level.PEER, Resource.CONNECTIONS),
    LIMITS_PEER_STREAMS_INBOUND(Level.PEER, Resource.STREAMS_INBOUND),
    LIMITS_PEER_STREAMS_OUTBOUND(Level.PEER, Resource.STREAMS_OUTBOUND),
    LIMITS_PEER_STREAMS(Level.PEER, Resource.STREAMS),
    LIMITS_PEER_MEMORY(Level.PEER, Resource.MEMORY),
    LIMITS_PROTOCOL_STREAMS_INBOUND(Level.PROTOCOL, Resource.STREAMS_INBOUND),
    LIMITS_PROTOCOL_STREAMS_OUTBOUND(Level.PROTOCOL, Resource.STREAMS_OUTBOUND),
    LIMITS_PROTOCOL_STREAMS(Level.PROTOCOL, Resource.STREAMS),
    LIMITS_PROTOCOL_MEMORY(Level.PROTOCOL, Resource.MEMORY),
    LIMITS_PROTOCOL_PEER_STREAMS_INBOUND(Level.PROTOCOL_PEER, Resource.STREAMS_INBOUND),
    LIMITS_PROTOCOL_PEER_STREAMS_OUTBOUND(Level.PROTOCOL_PEER, Resource.STREAMS_OUTBOUND),
    LIMITS_PROTOCOL_PEER_STREAMS(Level.PROTOCOL_PEER, Resource.STREAMS),
    LIMITS_PROTOCOL_PEER_MEMORY(Level.PROTOCOL_PEER, Resource.MEMORY),
    LIMITS_SERVICE_STREAMS_INBOUND(Level.SERVICE, Resource.STREAMS_INBOUND),
    LIMITS_SERVICE_STREAMS_OUTBOUND(Level.SERVICE, Resource.STREAMS_OUTBOUND),
    LIMITS_SERVICE_STREAMS(Level.SERVICE, Resource.STREAMS),
    LIMITS_SERVICE_MEMORY(Level.SERVICE, Resource.MEMORY),
    LIMITS_SERVICE_PEER_STREAMS_INBOUND(Level.SERVICE_PEER, Resource.STREAMS_INBOUND),
    LIMITS_SERVICE_PEER_STREAMS_OUTBOUND(Level.SERVICE_PEER, Resource.STREAMS_OUTBOUND),
    LIMITS_SERVICE_PEER_STREAMS(Level.SERVICE_PEER, Resource.STREAMS),
    LIMITS_SERVICE_PEER_MEMORY(Level.SERVICE_PEER, Resource.MEMORY);

    /** The kinds of value. */
    public enum Kind {
        TEXT,
        NUMBER,
        /** A number with a unit: {@code "500ms"}, {@code "10s"}, {@code "5m"}, {@code "2h"}. */
        DURATION,
        /** Bytes, with or without a unit: {@code "64MiB"}, {@code "10GB"}. */
        SIZE,
        /** {@code true} or {@code false}; the flag alone is true. */
        TRUTH,
        LIST
    }

    private final String path;
    private final Kind kind;
    private final String placeholder;
    private final String description;
    private final @Nullable Level level;
    private final @Nullable Resource resource;

    Key(String path, Kind kind, String placeholder, String description) {
        this.path = path;
        this.kind = kind;
        this.placeholder = placeholder;
        this.description = description;
        this.level = null;
        this.resource = null;
    }

    /** One limit of the resource manager. */
    Key(Level level, Resource resource) {
        Limit named = new Limit(level, resource);
        this.path = "limits." + named.name();
        this.kind = resource == Resource.MEMORY ? Kind.SIZE : Kind.NUMBER;
        this.placeholder = resource == Resource.MEMORY ? "SIZE" : "N";
        this.description = "at most so " + (resource == Resource.MEMORY ? "much " : "many ")
                + resource.text().replace('_', ' ') + ": " + level.description();
        this.level = level;
        this.resource = resource;
    }

    /** Its name in {@code config.toml}, with its table. */
    public String path() {
        return path;
    }

    public Kind kind() {
        return kind;
    }

    public String placeholder() {
        return placeholder;
    }

    public String description() {
        return description;
    }

    /** {@code GUTS_MAX_CONNECTIONS}. Lists are separated by commas. */
    public String variable() {
        return "GUTS_" + path.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /** {@code --max-connections}. */
    public String flag() {
        return "--" + path.replace('.', '-').replace('_', '-');
    }

    /** The limit of the resource manager that it sets, if it sets one. */
    public Optional<Limit> limit() {
        return level == null || resource == null ? Optional.empty() : Optional.of(new Limit(level, resource));
    }

    static Optional<Key> of(String path) {
        return List.of(values()).stream().filter(key -> key.path.equals(path)).findFirst();
    }
}
