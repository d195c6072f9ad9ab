package network.guts.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limit;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.Resource;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.sync.SyncSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
    private static final String PEER = "QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN";

    @TempDir
    Path folder;

    private Config load(String toml) throws Failure, IOException {
        Files.writeString(folder.resolve("config.toml"), toml);
        return ConfigLoader.load(folder.resolve("config.toml"), Map.of(), Map.of())
                .config();
    }

    @Test
    void defaultsWithoutAFile() throws Failure {
        Config config = ConfigLoader.load(folder.resolve("none.toml"), Map.of(), Map.of())
                .config();
        assertThat(config.network()).isEqualTo("public");
        assertThat(config.kademliaProtocol()).isEqualTo("/ipfs/kad/1.0.0");
        assertThat(config.listen())
                .extracting(Object::toString)
                .containsExactly(
                        "/ip4/0.0.0.0/tcp/9000",
                        "/ip4/0.0.0.0/udp/9000/quic-v1",
                        "/ip6/::/tcp/9000",
                        "/ip6/::/udp/9000/quic-v1");
        assertThat(config.bootstrap()).isNotEmpty();
        assertThat(config.maxConnections()).isEqualTo(50);
        assertThat(config.connectionTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.keepaliveInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.members()).isEmpty();
    }

    @Test
    void theRouterIsAskedInThePublicNetworkOnlyUnlessTheConfigurationSaysSo() throws Exception {
        assertThat(load("").portMapping()).isTrue();
        assertThat(load("").autonat()).isEqualTo(NatConfig.Autonat.AUTO);
        assertThat(load("network = \"private\"").portMapping()).isFalse();
        Config config = load("network = \"own\"\nport_mapping = true\nautonat = \"on\"");
        assertThat(config.portMapping()).isTrue();
        assertThat(config.autonat()).isEqualTo(NatConfig.Autonat.ON);
        assertThat(load("port_mapping = false").portMapping()).isFalse();
        Config fetching = load("").fetching();
        assertThat(fetching.portMapping()).isFalse();
        assertThat(fetching.autonat()).isEqualTo(NatConfig.Autonat.OFF);
    }

    @Test
    void everyKindOfValue() throws Exception {
        Config config = load("""
                listen = ["/ip4/127.0.0.1/tcp/9001"]
                network = "private"
                max_connections = 7
                connection_timeout = "500ms"
                [seeding]
                policy = "all"
                signer_quota = "1MiB"
                group_quota = 7
                peer_rate = "5MB"
                peer_requests = 9
                via = ["members"]
                disk_quota = "2GiB"
                max_repository_size = 1000
                """);
        assertThat(config.kademliaProtocol()).isEqualTo("/guts/kad/1.0.0");
        assertThat(config.bootstrap())
                .as("only the public network has a list of its own")
                .isEmpty();
        assertThat(config.maxConnections()).isEqualTo(7);
        assertThat(config.connectionTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.seeding().policy()).isEqualTo(Config.SeedingPolicy.ALL);
        assertThat(config.fetching().seeding().policy()).isEqualTo(Config.SeedingPolicy.FOLLOWED);
        assertThat(config.seeding().signerQuota()).isEqualTo(1 << 20);
        assertThat(config.seeding().groupQuota()).isEqualTo(7);
        assertThat(config.seeding().peerRate()).isEqualTo(5_000_000);
        assertThat(config.seeding().peerRequests()).isEqualTo(9);
        assertThat(config.seeding().via().who()).isEqualTo(SyncSettings.Via.Who.MEMBERS);
        assertThat(config.fetching().seeding().via()).isEqualTo(SyncSettings.Via.NONE);
        assertThat(config.seeding().diskQuota()).isEqualTo(2L << 30);
        assertThat(config.seeding().maxRepositorySize()).isEqualTo(1000);
    }

    @Test
    void flagsOverrideTheEnvironmentWhichOverridesTheFile() throws Exception {
        Files.writeString(
                folder.resolve("config.toml"), "network = \"one\"\nmax_connections = 1\nkeepalive_interval = \"1s\"\n");
        ConfigLoader.Loaded loaded = ConfigLoader.load(
                folder.resolve("config.toml"),
                Map.of("GUTS_NETWORK", "two", "GUTS_MAX_CONNECTIONS", "2"),
                Map.of(Key.NETWORK, List.of("three")));
        assertThat(loaded.config().network()).isEqualTo("three");
        assertThat(loaded.config().maxConnections()).isEqualTo(2);
        assertThat(loaded.config().keepaliveInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(loaded.sources())
                .containsEntry(Key.NETWORK, "--network")
                .containsEntry(Key.MAX_CONNECTIONS, "GUTS_MAX_CONNECTIONS");
        assertThat(loaded.sources().get(Key.KEEPALIVE_INTERVAL)).endsWith("config.toml:3:1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "listen = 3                              | config.toml:1:1 | list of strings",
                "networc = 'x'                           | config.toml:1:1 | unknown key",
                "[seeding]\\npolicies = 'all'            | config.toml:2:1 | unknown key",
                "network = 'Über'                        | config.toml:1:1 | no name",
                "max_connections = 0                     | config.toml:1:1 | not between",
                "max_connections = 'many'                | config.toml:1:1 | whole number",
                "connection_timeout = '10 parsecs'       | config.toml:1:1 | no time",
                "connection_timeout = 10                 | config.toml:1:1 | a string such as",
                "listen = ['/ip4/999.0.0.1/tcp/1']       | config.toml:1:1 | no multiaddr",
                "bootstrap = ['/ip4/127.0.0.1/tcp/1']    | config.toml:1:1 | who is there",
                "members = ['nobody']                    | config.toml:1:1 | no peer id",
                "[seeding]\\nvia = ['all', 'x']        | config.toml:2:1 | no peer id",
                "[seeding]\\n  policy = 'everything'     | config.toml:2:3 | none of none, followed, all",
                "[seeding]\\ndisk_quota = '5 elephants'  | config.toml:2:1 | no size",
                "metrics = '0.0.0.0:9100'                | config.toml:1:1 | no loopback address",
                "metrics = 'example.org:9100'            | config.toml:1:1 | neither an IP address nor localhost",
                "metrics = '127.0.0.1'                   | config.toml:1:1 | no address such as",
                "metrics = '127.0.0.1:70000'             | config.toml:1:1 | no address such as",
                "deny = ['10.0.0.1/8']                   | config.toml:1:1 | neither a peer id nor a network",
                "\\nallow = ['somebody']                 | config.toml:2:1 | neither a peer id nor a network",
                "[limits.peer]\\nstreams = -1            | config.toml:2:1 | not between",
                "[limits.peer]\\n streams_inbund = 1     | config.toml:2:2 | unknown key",
                "[limits.protocol]\\nconnections = 1     | config.toml:2:1 | unknown key",
                "[limits]\\nmemory = '1MiB'              | config.toml:2:1 | less than 16MiB",
                "[limits.system]\\nmemory = 'much'       | config.toml:2:1 | no size",
                "network = 'a                            | config.toml:1:  | ",
                "\\n\\nlisten = [                        | config.toml:3:  | ",
            })
    void mistakesAreNamedWithLineAndColumn(String toml, String where, String what) {
        Failure failure = catchThrowableOfType(Failure.class, () -> load(toml.replace("\\n", "\n")));
        assertThat(failure.code()).isEqualTo(ExitCode.USAGE);
        assertThat(failure.message()).contains(where.strip());
        if (what != null) {
            assertThat(failure.message()).contains(what.strip());
        }
        assertThat(failure.hint()).isNotBlank();
    }

    @Test
    void limitsFollowTheMemoryUnlessTheyAreSet() throws Exception {
        Limits scaled = load("limits.memory = \"64MiB\"").limits().scaled();
        assertThat(scaled).isEqualTo(Limits.scaled(64 << 20));
        assertThat(load("network = \"private\"").limits().scaled()).isEqualTo(Limits.ofThisProcess());
        Files.writeString(
                folder.resolve("config.toml"),
                "[limits]\nmemory = \"64MiB\"\n[limits.peer]\nstreams_inbound = 3\n[limits.address]\nper_minute = 120\n");
        Config config = ConfigLoader.load(
                        folder.resolve("config.toml"),
                        Map.of("GUTS_LIMITS_SERVICE_PEER_MEMORY", "1MiB"),
                        Map.of(Key.LIMITS_SYSTEM_CONNECTIONS, List.of("7")))
                .config();
        assertThat(config.limits().scaled())
                .isEqualTo(scaled.with(Level.PEER, Resource.STREAMS_INBOUND, 3)
                        .with(Level.SERVICE_PEER, Resource.MEMORY, 1 << 20)
                        .with(Level.SYSTEM, Resource.CONNECTIONS, 7));
        assertThat(config.limits().addressRate()).isEqualTo(new InboundRate(2, InboundRate.DEFAULT.burst()));
        assertThat(config.limits().addressConnections()).isEqualTo(HostConfig.DEFAULT_PER_IP);
    }

    @Test
    void everyLimitHasAKey() {
        assertThat(Stream.of(Key.values()).flatMap(key -> key.limit().stream()).toList())
                .containsExactlyInAnyOrderElementsOf(Limit.all());
    }

    @Test
    void whoIsDeniedAndAllowed() throws Exception {
        Config config =
                load("deny = [\"192.0.2.0/24\", \"" + PEER + "\"]\nallow = [\"2001:db8::/32\"]\ngate_file = \"gate\"");
        assertThat(config.gate().deny())
                .containsExactlyInAnyOrder(GateEntry.parse("192.0.2.0/24"), GateEntry.parse(PEER));
        assertThat(config.gate().allow()).containsExactly(GateEntry.parse("2001:db8::/32"));
        assertThat(config.gate().file()).contains(folder.resolve("gate"));
    }

    @Test
    void mistakesOfFlagsNameTheFlag() {
        Failure failure = catchThrowableOfType(
                Failure.class,
                () -> ConfigLoader.load(
                        folder.resolve("none"), Map.of(), Map.of(Key.LISTEN, List.of("/ip4/127.0.0.1/udp/1/quic"))));
        assertThat(failure.message()).startsWith("--listen: listen: ");
    }

    @Test
    void relaysAreNamedWithTheirPeers() throws Exception {
        assertThat(load("").relayServer()).isEqualTo(Config.RelayServer.AUTO);
        assertThat(load("relay_server = \"on\"").relayServer()).isEqualTo(Config.RelayServer.ON);
        assertThat(load("relay_server = \"on\"").fetching().relayServer()).isEqualTo(Config.RelayServer.OFF);
        String relay = "/ip4/192.0.2.7/tcp/9000/p2p/12D3KooWBXiYF8pympQiJLQGbV4mD5e5ngX2iRu98QK4v1KwLa4K";
        assertThat(load("relays = [\"" + relay + "\"]").relays())
                .extracting(Object::toString)
                .containsExactly(relay);
        for (String wrong : new String[] {"/ip4/192.0.2.7/tcp/9000", relay + "/p2p-circuit"}) {
            Failure failure = catchThrowableOfType(Failure.class, () -> load("relays = [\"" + wrong + "\"]"));
            assertThat(failure.getMessage()).contains("relays: " + wrong + " is no address of a relay");
        }
    }

    @Test
    void perfIsOffUnlessAllowed() throws Exception {
        assertThat(load("network = \"private\"").allowPerf()).isFalse();
        assertThat(load("allow_perf = true").allowPerf()).isTrue();
        assertThat(load("allow_perf = true").fetching().allowPerf()).isFalse();
        Failure failure = catchThrowableOfType(Failure.class, () -> load("allow_perf = \"yes\""));
        assertThat(failure.message()).contains("config.toml:1:").contains("true or false");
    }

    @Test
    void metricsAreOffUnlessAnAddressIsGiven() throws Exception {
        assertThat(load("network = \"private\"").metrics()).isEmpty();
        Config config = load("metrics = \"[::1]:9100\"");
        assertThat(config.metrics().orElseThrow().getAddress().isLoopbackAddress())
                .isTrue();
        assertThat(config.metrics().orElseThrow().getPort()).isEqualTo(9100);
        assertThat(load("metrics = \"localhost:0\"").metrics()).isPresent();
        assertThat(config.fetching().metrics()).isEmpty();
    }

    @Test
    void aNodeThatOnlyFetchesDoesNotListen() throws Exception {
        Config config = load("network = \"private\"").fetching();
        assertThat(config.listen()).isEmpty();
        assertThat(config.dht()).isEqualTo(Config.DhtMode.CLIENT);
    }
}
