package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Nodes of a public network, which find out whether they can be reached: the real program on machines of their own. */
class ReachabilityIT {
    @TempDir
    Path folder;

    private static GutsNode node(PublicNamespaces net, Path folder, int machine, String... arguments) {
        Guts guts = new Guts(folder.resolve("node-" + machine));
        List<String> words = Guts.words(
                "--json",
                "node",
                "start",
                "--network=public",
                "--port-mapping=false",
                "--listen=/ip4/" + net.address(machine) + "/tcp/9000");
        words.addAll(List.of(arguments));
        return GutsNode.start(guts, guts.command(folder).builder(net.words(machine, words)), line -> {});
    }

    private static JsonNode status(GutsNode node) {
        return node.guts().json("status").succeeded().event("status");
    }

    private static JsonNode whenKnown(GutsNode node, String reachable, String mode) {
        return eventually(
                "the node knows that it is reachable: " + reachable,
                () -> status(node),
                status -> status.path("reachable").asString().equals(reachable)
                        && status.path("dht").path("mode").asString().equals(mode));
    }

    @Test
    void the_dht_mode_auto_follows_what_others_find_out() {
        List<GutsNode> nodes = new ArrayList<>();
        try (PublicNamespaces net = new PublicNamespaces(4)) {
            // On the fourth machine nobody gets in.
            net.in(4, "iptables", "-A", "INPUT", "-p", "tcp", "--syn", "-j", "REJECT", "--reject-with", "tcp-reset");
            try {
                String nobody = "/ip4/203.0.113.99/tcp/9000/p2p/12D3KooWQeJPPhWTxdCTdngHTJH2hBxyohnafUvRZFZcMXHytt7v";
                GutsNode first = node(net, folder, 1, "--dht=server", "--autonat=on", "--bootstrap=" + nobody);
                nodes.add(first);
                GutsNode second =
                        node(net, folder, 2, "--dht=server", "--autonat=on", "--bootstrap=" + first.address());
                nodes.add(second);
                String both = "--bootstrap=" + first.address() + "," + second.address();
                GutsNode open = node(net, folder, 3, both);
                nodes.add(open);
                GutsNode closed = node(net, folder, 4, both);
                nodes.add(closed);

                JsonNode address =
                        whenKnown(open, "yes", "server").path("addresses").get(0);
                assertThat(address.path("reachable").asString()).isEqualTo("yes");
                assertThat(address.path("told").asBoolean()).isTrue();
                assertThat(open.guts().run("status").succeeded().out()).contains("(public, reachable)");

                JsonNode hidden = whenKnown(closed, "no", "client").path("addresses");
                assertThat(hidden).hasSize(1);
                assertThat(hidden.get(0).path("reachable").asString()).isEqualTo("no");
                assertThat(hidden.get(0).path("told").asBoolean()).isFalse();
                assertThat(closed.guts().run("status").succeeded().out())
                        .contains("(public, unreachable, not told to others)");
            } finally {
                nodes.reversed().forEach(GutsNode::close);
            }
        }
    }
}
