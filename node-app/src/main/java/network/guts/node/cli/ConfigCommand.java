package network.guts.node.cli;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import network.guts.core.PeerId;
import network.guts.node.config.Config;
import network.guts.node.config.ConfigLoader.Loaded;
import network.guts.node.config.Key;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.sync.SyncSettings;
import picocli.CommandLine.Command;

@Command(
        name = "config",
        description = "Shows or checks the configuration.",
        subcommands = {ConfigCommand.Show.class, ConfigCommand.Check.class})
final class ConfigCommand extends CommandGroup {
    private static final String FOLLOWS_HEAP = "a quarter of the heap";
    private static final String FOLLOWS_MEMORY = "follows limits.memory";

    @Command(name = "show", description = "Shows every value and where it comes from.")
    static final class Show extends GutsCommand {
        @Override
        void run(Session session) throws Failure {
            Loaded loaded = session.configuration();
            Event event = Event.of("config").with("file", session.home().config());
            Map<String, Object> sources = new LinkedHashMap<>();
            for (Key key : Key.values()) {
                Object value = value(key, loaded.config());
                String source = loaded.sources().getOrDefault(key, "default");
                event = event.with(key.path(), value);
                sources.put(key.path(), source);
                session.output().result(key.path() + " = " + toml(value) + "    # " + source);
            }
            session.output().event(event.with("sources", sources));
        }
    }

    @Command(name = "check", description = "Looks at the configuration without starting a node.")
    static final class Check extends GutsCommand {
        @Override
        void run(Session session) throws Failure {
            Loaded loaded = session.configuration();
            session.done(
                    Event.of("done")
                            .with("file", session.home().config())
                            .with("values", loaded.sources().size()),
                    "the configuration is valid (" + session.home().config() + ")");
        }
    }

    private static Object value(Key key, Config config) {
        return switch (key) {
            case LISTEN -> config.listen();
            case ANNOUNCE -> config.announce();
            case NETWORK -> config.network();
            case BOOTSTRAP -> config.bootstrap();
            case DHT -> config.dht().name().toLowerCase(Locale.ROOT);
            case MAX_CONNECTIONS -> config.maxConnections();
            case CONNECTION_TIMEOUT -> config.connectionTimeout().toMillis() + "ms";
            case KEEPALIVE_INTERVAL -> config.keepaliveInterval().toMillis() + "ms";
            case MEMBERS -> config.members();
            case MEMBERS_FILE -> config.membersFile().map(Object::toString).orElse("");
            case SEEDING_POLICY -> config.seeding().policy().name().toLowerCase(Locale.ROOT);
            case SEEDING_MAX_REPOSITORY -> config.seeding().maxRepositorySize();
            case SEEDING_QUOTA -> config.seeding().diskQuota();
            case SEEDING_SIGNER_QUOTA -> config.seeding().signerQuota();
            case SEEDING_GROUP_QUOTA -> config.seeding().groupQuota();
            case SEEDING_VIA -> via(config.seeding().via());
            case SEEDING_PEER_RATE -> config.seeding().peerRate();
            case SEEDING_PEER_REQUESTS -> config.seeding().peerRequests();
            case SEEDING_UPLINK -> config.seeding().uplink();
            case SEEDING_BLOCK -> config.seeding().block();
            case SYNC_MEMORY -> config.syncMemory();
            case METRICS -> config.metrics().map(ConfigCommand::text).orElse("");
            case RELAY_SERVER -> config.relayServer().name().toLowerCase(Locale.ROOT);
            case RELAYS -> config.relays();
            case ALLOW_PERF -> config.allowPerf();
            case AUTONAT -> config.autonat().name().toLowerCase(Locale.ROOT);
            case PORT_MAPPING -> config.portMapping();
            case DENY -> config.gate().deny();
            case ALLOW -> config.gate().allow();
            case GATE_FILE -> config.gate().file().map(Object::toString).orElse("");
            case LIMITS_MEMORY ->
                config.limits().memory().isPresent() ? config.limits().memory().getAsLong() : FOLLOWS_HEAP;
            case LIMITS_ADDRESS_CONNECTIONS -> config.limits().addressConnections();
            case LIMITS_ADDRESS_PER_MINUTE ->
                Math.round(config.limits().addressRate().perSecond() * 60);
            case LIMITS_ADDRESS_BURST -> config.limits().addressRate().burst();
            default -> limit(key, config);
        };
    }

    /** What is not set follows the memory of the node's process, which is not this one. */
    private static Object limit(Key key, Config config) {
        Long value = config.limits().values().get(key.limit().orElseThrow());
        return value == null ? FOLLOWS_MEMORY : value;
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private static List<String> via(SyncSettings.Via via) {
        return via.listed().isEmpty()
                ? List.of(via.who().name().toLowerCase(Locale.ROOT))
                : via.listed().stream().map(PeerId::toString).sorted().toList();
    }

    private static String toml(Object value) {
        return switch (value) {
            case Number number -> number.toString();
            case Boolean truth -> truth.toString();
            case Collection<?> list -> {
                List<String> texts = new ArrayList<>();
                list.forEach(element -> texts.add("\"" + element + "\""));
                yield "[" + String.join(", ", texts) + "]";
            }
            default -> "\"" + value + "\"";
        };
    }
}
