package network.guts.node.config;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.limits.Limit;
import network.guts.node.config.ConfigLoader.Raw;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Printable;
import network.guts.sync.SyncSettings;
import network.guts.sync.model.RepositoryId;
import org.jspecify.annotations.Nullable;

/** Turns the values of a configuration, as they were written, into a {@link Config}; says where a wrong one stands. */
final class ConfigValues {
    /** Of the host: more connections than this no process keeps. */
    private static final int MAX_MAX_CONNECTIONS = 10_000;

    /** More requests in a second than any peer gets answered. */
    private static final int MAX_PEER_REQUESTS = 1_000_000;

    /** More than any process has of anything that is counted. */
    private static final int MAX_LIMIT = 10_000_000;

    /** With less, a node could not keep a hundred connections. */
    private static final long LEAST_MEMORY = 16L << 20;

    /** In a minute. */
    private static final int SECONDS = 60;

    private static final int MAX_PORT = 65_535;

    /** Those that stand for somebody without naming him. */
    private static final List<SyncSettings.Via.Who> WORDS_OF_VIA =
            List.of(SyncSettings.Via.Who.NONE, SyncSettings.Via.Who.MEMBERS, SyncSettings.Via.Who.ALL);

    private static final Duration LONGEST_DURATION = Duration.ofDays(1);
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18}(?:\\.\\d{1,3})?)\\s*([kMGT]i?B|KB|B)?");
    private static final Pattern ENDPOINT = Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([^:\\[\\]]+)):(\\d{1,5})");
    private static final Pattern NETWORK = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

    private final Map<Key, Raw> raw;
    private final @Nullable Path folder;

    ConfigValues(Map<Key, Raw> raw, @Nullable Path folder) {
        this.raw = raw;
        this.folder = folder;
    }

    private static boolean isTcp(Multiaddr address) {
        return address.has(Part.TCP);
    }

    private static boolean isQuic(Multiaddr address) {
        return address.has(Part.UDP) && address.has(Part.QUIC_V1);
    }

    Config config() throws Failure {
        String network = network();
        List<Multiaddr> bootstrap =
                addresses(Key.BOOTSTRAP, network.equals(Config.PUBLIC) ? Defaults.PUBLIC_BOOTSTRAP : List.of());
        for (Multiaddr address : bootstrap) {
            if (address.peerId().isEmpty()) {
                throw wrong(Key.BOOTSTRAP, address + " does not say who is there: it must end in /p2p/<peer id>");
            }
        }
        List<Multiaddr> listen = addresses(Key.LISTEN, Defaults.LISTEN);
        for (Multiaddr address : listen) {
            if (address.ip().isEmpty() || !isTcp(address) && !isQuic(address)) {
                throw wrong(Key.LISTEN, address + " is no /ip4|ip6/…/tcp/… or /ip4|ip6/…/udp/…/quic-v1 address");
            }
        }
        return new Config(
                listen,
                addresses(Key.ANNOUNCE, List.of()),
                network,
                bootstrap,
                choice(Key.DHT, Config.DhtMode.values(), Config.DhtMode.AUTO),
                number(Key.MAX_CONNECTIONS, 1, MAX_MAX_CONNECTIONS, 50),
                duration(Key.CONNECTION_TIMEOUT, Duration.ofSeconds(10)),
                duration(Key.KEEPALIVE_INTERVAL, Duration.ofSeconds(30)),
                members(),
                file(Key.MEMBERS_FILE),
                new Config.Seeding(
                        choice(Key.SEEDING_POLICY, Config.SeedingPolicy.values(), Config.SeedingPolicy.FOLLOWED),
                        size(Key.SEEDING_MAX_REPOSITORY, Defaults.MAX_REPOSITORY),
                        size(Key.SEEDING_QUOTA, Defaults.DISK_QUOTA),
                        size(Key.SEEDING_SIGNER_QUOTA, SyncSettings.Shares.DEFAULT.signerBytes()),
                        size(Key.SEEDING_GROUP_QUOTA, SyncSettings.Shares.DEFAULT.groupBytes()),
                        via(),
                        size(Key.SEEDING_UPLINK, 0),
                        size(Key.SEEDING_PEER_RATE, SyncSettings.PeerRate.DEFAULT.bytesPerSecond()),
                        number(
                                Key.SEEDING_PEER_REQUESTS,
                                0,
                                MAX_PEER_REQUESTS,
                                Math.toIntExact(SyncSettings.PeerRate.DEFAULT.requestsPerSecond())),
                        block()),
                size(Key.SYNC_MEMORY, Defaults.SYNC_MEMORY),
                metrics(),
                choice(Key.RELAY_SERVER, Config.RelayServer.values(), Config.RelayServer.AUTO),
                relays(),
                truth(Key.ALLOW_PERF, false),
                choice(Key.AUTONAT, NatConfig.Autonat.values(), NatConfig.Autonat.AUTO),
                truth(Key.PORT_MAPPING, network.equals(Config.PUBLIC)),
                new Config.Gate(entries(Key.DENY), entries(Key.ALLOW), file(Key.GATE_FILE)),
                limits());
    }

    private List<Multiaddr> relays() throws Failure {
        List<Multiaddr> relays = addresses(Key.RELAYS, List.of());
        for (Multiaddr relay : relays) {
            if (relay.peerId().isEmpty() || relay.withoutPeerId().isEmpty() || relay.has(Part.P2P_CIRCUIT)) {
                throw wrong(Key.RELAYS, relay + " is no address of a relay: /…/p2p/<peer id>");
            }
        }
        return relays;
    }

    private String network() throws Failure {
        String network = single(Key.NETWORK).orElse(Config.PUBLIC);
        if (!NETWORK.matcher(network).matches()) {
            throw wrong(Key.NETWORK, "\"" + network + "\" is no name: lower-case letters, digits, '.', '-' and '_'");
        }
        return network;
    }

    private List<Multiaddr> addresses(Key key, List<String> byDefault) throws Failure {
        Raw value = raw.get(key);
        List<Multiaddr> addresses = new ArrayList<>();
        for (String text : value == null ? byDefault : value.values()) {
            try {
                addresses.add(Multiaddr.parse(text));
            } catch (MalformedException e) {
                throw wrong(key, "\"" + text + "\" is no multiaddr: " + e.getMessage());
            }
        }
        return addresses;
    }

    private Set<PeerId> members() throws Failure {
        Set<PeerId> members = new LinkedHashSet<>();
        for (String text : list(Key.MEMBERS)) {
            try {
                members.add(PeerId.parse(text));
            } catch (MalformedException e) {
                throw wrong(Key.MEMBERS, "\"" + text + "\" is no peer id: " + e.getMessage());
            }
        }
        return members;
    }

    private Set<GateEntry> entries(Key key) throws Failure {
        Set<GateEntry> entries = new LinkedHashSet<>();
        for (String text : list(key)) {
            try {
                entries.add(GateEntry.parse(text));
            } catch (MalformedException e) {
                throw wrong(key, "\"" + text + "\" is neither a peer id nor a network: " + e.getMessage());
            }
        }
        if (entries.size() > GateRules.MAX_ENTRIES) {
            throw wrong(key, "more than " + GateRules.MAX_ENTRIES + " entries");
        }
        return entries;
    }

    private Config.HostLimits limits() throws Failure {
        Map<Limit, Long> values = new LinkedHashMap<>();
        for (Key key : Key.values()) {
            if (key.limit().isPresent() && raw.containsKey(key)) {
                values.put(
                        key.limit().get(), key.kind() == Key.Kind.SIZE ? size(key, 0) : number(key, 0, MAX_LIMIT, 0));
            }
        }
        OptionalLong memory = OptionalLong.empty();
        if (raw.containsKey(Key.LIMITS_MEMORY)) {
            memory = OptionalLong.of(size(Key.LIMITS_MEMORY, 0));
            if (memory.getAsLong() < LEAST_MEMORY) {
                throw wrong(Key.LIMITS_MEMORY, "less than 16MiB does for no node");
            }
        }
        InboundRate usual = InboundRate.DEFAULT;
        int perMinute = number(Key.LIMITS_ADDRESS_PER_MINUTE, 1, MAX_LIMIT, (int) (usual.perSecond() * SECONDS));
        return new Config.HostLimits(
                memory,
                values,
                number(Key.LIMITS_ADDRESS_CONNECTIONS, 1, MAX_LIMIT, HostConfig.DEFAULT_PER_IP),
                new InboundRate(
                        perMinute / (double) SECONDS, number(Key.LIMITS_ADDRESS_BURST, 1, MAX_LIMIT, usual.burst())));
    }

    /** One of the words, or ids. */
    private SyncSettings.Via via() throws Failure {
        List<String> texts = list(Key.SEEDING_VIA);
        for (SyncSettings.Via.Who word : WORDS_OF_VIA) {
            if (texts.equals(List.of(word.name().toLowerCase(Locale.ROOT)))) {
                return new SyncSettings.Via(word, Set.of());
            }
        }
        Set<PeerId> ids = new LinkedHashSet<>();
        for (String text : texts) {
            try {
                ids.add(PeerId.parse(text));
            } catch (MalformedException e) {
                throw wrong(
                        Key.SEEDING_VIA,
                        "\"" + text + "\" is none of none, members, all, and no peer id: " + e.getMessage());
            }
        }
        return ids.isEmpty() ? SyncSettings.Via.NONE : new SyncSettings.Via(SyncSettings.Via.Who.LISTED, ids);
    }

    private List<RepositoryId> block() throws Failure {
        List<RepositoryId> block = new ArrayList<>();
        for (String text : list(Key.SEEDING_BLOCK)) {
            try {
                block.add(RepositoryId.parse(text));
            } catch (MalformedException e) {
                throw wrong(Key.SEEDING_BLOCK, "\"" + text + "\" is no repository: " + e.getMessage());
            }
        }
        return block;
    }

    private Optional<Path> file(Key key) throws Failure {
        Optional<String> text = single(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            Path path = Path.of(text.get());
            return Optional.of(folder == null ? path : folder.resolve(path));
        } catch (InvalidPathException e) {
            throw wrong(key, "\"" + text.get() + "\" is no path");
        }
    }

    private <E extends Enum<E>> E choice(Key key, E[] choices, E byDefault) throws Failure {
        Optional<String> text = single(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        List<String> names = new ArrayList<>();
        for (E choice : choices) {
            String name = choice.name().toLowerCase(Locale.ROOT);
            if (name.equals(text.get())) {
                return choice;
            }
            names.add(name);
        }
        throw wrong(key, "\"" + text.get() + "\" is none of " + String.join(", ", names));
    }

    /** Off by default. What is served there is for this machine: nobody asks who is asking. */
    private Optional<InetSocketAddress> metrics() throws Failure {
        Optional<String> text = single(Key.METRICS);
        if (text.isEmpty() || text.get().isEmpty()) {
            return Optional.empty();
        }
        Matcher match = ENDPOINT.matcher(text.get());
        if (!match.matches() || Integer.parseInt(match.group(3)) > MAX_PORT) {
            throw wrong(Key.METRICS, "\"" + text.get() + "\" is no address such as 127.0.0.1:9100 or [::1]:9100");
        }
        InetAddress address = ip(match.group(1) != null ? match.group(1) : match.group(2));
        if (!address.isLoopbackAddress()) {
            throw wrong(
                    Key.METRICS,
                    "\"" + text.get()
                            + "\" is no loopback address: figures are served to this machine alone, and a collector"
                            + " elsewhere needs a proxy or a tunnel of its own");
        }
        return Optional.of(new InetSocketAddress(address, Integer.parseInt(match.group(3))));
    }

    private InetAddress ip(String text) throws Failure {
        if (text.equals("localhost")) {
            return InetAddress.getLoopbackAddress();
        }
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw wrong(Key.METRICS, "\"" + text + "\" is neither an IP address nor localhost");
        }
    }

    private boolean truth(Key key, boolean byDefault) throws Failure {
        String text = single(key).orElse(Boolean.toString(byDefault));
        if (!text.equals("true") && !text.equals("false")) {
            throw wrong(key, "\"" + text + "\" is neither true nor false");
        }
        return text.equals("true");
    }

    private int number(Key key, int least, int most, int byDefault) throws Failure {
        Optional<String> text = single(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        try {
            long value = Long.parseLong(text.get());
            if (value >= least && value <= most) {
                return (int) value;
            }
        } catch (NumberFormatException e) {
            throw wrong(key, "\"" + text.get() + "\" is no whole number");
        }
        throw wrong(key, text.get() + " is not between " + least + " and " + most);
    }

    private Duration duration(Key key, Duration byDefault) throws Failure {
        Optional<String> text = single(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        Matcher match = DURATION.matcher(text.get());
        if (!match.matches()) {
            throw wrong(key, "\"" + text.get() + "\" is no time such as \"500ms\", \"10s\", \"5m\" or \"2h\"");
        }
        long count = Long.parseLong(match.group(1));
        Duration value = switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
        };
        if (value.isZero() || value.compareTo(LONGEST_DURATION) > 0) {
            throw wrong(key, "\"" + text.get() + "\" is not between 1ms and 24h");
        }
        return value;
    }

    private long size(Key key, long byDefault) throws Failure {
        Optional<String> text = single(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        Matcher match = SIZE.matcher(text.get());
        if (!match.matches()) {
            throw wrong(key, "\"" + text.get() + "\" is no size such as 1048576, \"64MiB\" or \"10GB\"");
        }
        String unit = match.group(2) == null ? "B" : match.group(2);
        int power = "BKMGT".indexOf(Character.toUpperCase(unit.charAt(0)));
        BigDecimal step = BigDecimal.valueOf(unit.contains("i") ? 1024 : 1000);
        BigDecimal bytes = new BigDecimal(match.group(1)).multiply(step.pow(power));
        if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw wrong(key, "\"" + text.get() + "\" is more than can be counted");
        }
        return bytes.longValue();
    }

    private List<String> list(Key key) {
        Raw value = raw.get(key);
        return value == null ? List.of() : value.values();
    }

    private Optional<String> single(Key key) throws Failure {
        Raw value = raw.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.values().size() != 1) {
            throw wrong(key, "wants one value, not " + value.values().size());
        }
        return Optional.of(value.values().getFirst());
    }

    private Failure wrong(Key key, String message) {
        Raw value = raw.get(key);
        String source = value == null ? "the default" : value.source();
        return new Failure(
                ExitCode.USAGE,
                source + ": " + key.path() + ": " + Printable.line(message),
                "what it is for: " + key.description());
    }
}
