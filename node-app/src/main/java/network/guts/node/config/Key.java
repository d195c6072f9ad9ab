package network.guts.node.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

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
            "asks the router to let others in (PCP, NAT-PMP, UPnP); true by default in the network public");

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

    Key(String path, Kind kind, String placeholder, String description) {
        this.path = path;
        this.kind = kind;
        this.placeholder = placeholder;
        this.description = description;
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

    static Optional<Key> of(String path) {
        return List.of(values()).stream().filter(key -> key.path.equals(path)).findFirst();
    }
}
