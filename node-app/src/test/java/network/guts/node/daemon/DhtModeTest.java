package network.guts.node.daemon;

import static network.guts.core.host.Reachability.PRIVATE;
import static network.guts.core.host.Reachability.PUBLIC;
import static network.guts.core.host.Reachability.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import network.guts.core.host.Reachability;
import network.guts.dht.Dht.Mode;
import network.guts.node.config.Config;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.output.Failure;
import org.junit.jupiter.api.Test;

class DhtModeTest {
    private static Config config(String network, String dht) throws Failure {
        return ConfigLoader.load(
                        Path.of("/nonexistent/config.toml"),
                        Map.of(),
                        Map.of(Key.NETWORK, List.of(network), Key.DHT, List.of(dht)))
                .config();
    }

    private static List<Mode> modes(Config config) {
        return List.of(DhtMode.of(config, UNKNOWN), DhtMode.of(config, PUBLIC), DhtMode.of(config, PRIVATE));
    }

    @Test
    void onThePublicNetworkANodeServesOnceItIsKnownToBeReachable() throws Failure {
        assertThat(modes(config("public", "auto"))).containsExactly(Mode.CLIENT, Mode.SERVER, Mode.CLIENT);
    }

    @Test
    void inANetworkOfOnesOwnANodeServesUntilItIsFoundToBeUnreachable() throws Failure {
        assertThat(modes(config("own", "auto"))).containsExactly(Mode.SERVER, Mode.SERVER, Mode.CLIENT);
        assertThat(DhtMode.of(config("own", "auto").fetching(), UNKNOWN)).isEqualTo(Mode.CLIENT);
    }

    @Test
    void whatTheConfigurationSaysStands() throws Failure {
        for (Reachability reachability : Reachability.values()) {
            assertThat(DhtMode.of(config("public", "server"), reachability)).isEqualTo(Mode.SERVER);
            assertThat(DhtMode.of(config("own", "client"), reachability)).isEqualTo(Mode.CLIENT);
        }
    }
}
