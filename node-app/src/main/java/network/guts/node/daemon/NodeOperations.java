package network.guts.node.daemon;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.host.Reachability;
import network.guts.libp2p.AddressStatus;
import network.guts.libp2p.RelayReservation;
import network.guts.libp2p.RelayStatus;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.node.Version;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.sync.Repositories.RepositoryState;

/** The requests about the node itself: {@code ready}, {@code status}, {@code stop}. */
final class NodeOperations {
    private final Node node;

    NodeOperations(Node node) {
        this.node = node;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("ready", (request, reply) -> reply.send(ready(node)));
        operations.put("status", this::status);
        operations.put("stop", this::stop);
    }

    /** The {@code ready} event. */
    static Event ready(Node node) {
        return Event.of("ready")
                .with("peer", node.host().peerId())
                .with("addresses", node.fullAddresses())
                .with("network", node.config().network())
                .with("home", node.home().path())
                .with("process", ProcessHandle.current().pid())
                .with("on_demand", node.onDemand());
    }

    private void status(Request request, Reply reply) throws IOException {
        List<RepositoryState> repositories = node.repositories().list();
        LimitsSnapshot limits = node.limits();
        Map<String, Object> dht = new LinkedHashMap<>();
        dht.put("mode", node.dht().mode().name().toLowerCase(java.util.Locale.ROOT));
        dht.put("protocol", node.config().kademliaProtocol());
        dht.put("table", node.dht().table().size());
        dht.put("records", node.dht().records());
        dht.put("provided", node.dht().provided().size());
        Map<String, Object> held = new LinkedHashMap<>();
        held.put("count", repositories.size());
        held.put("seeded", repositories.stream().filter(RepositoryState::seeded).count());
        held.put(
                "bytes",
                repositories.stream().mapToLong(RepositoryState::diskBytes).sum());
        Event status = Event.of("status")
                .with("peer", node.host().peerId())
                .with("version", Version.TEXT)
                .with("network", node.config().network())
                .with("home", node.home().path())
                .with("process", ProcessHandle.current().pid())
                .with("seconds", Duration.between(node.started(), Instant.now()))
                .with("addresses", addresses())
                .with("reachable", reachable(node.reachability()))
                .with("dht", dht)
                .with(
                        "peers",
                        node.host().connections().stream()
                                .map(c -> c.peer())
                                .distinct()
                                .count())
                .with("bootstrap", bootstrap())
                .with("relay", relay())
                .with("topics", node.gossip().topics().size())
                .with("repositories", held)
                .with("disk_bytes", diskBytes(node.home().path()))
                .with("memory_bytes", memoryBytes())
                .with("limits", LimitsReport.scopes(limits))
                .with("refused", limits.refusals());
        Optional<URI> metrics = node.metricsAddress();
        reply.send(metrics.isPresent() ? status.with("metrics", metrics.get().toString()) : status);
    }

    private List<Map<String, Object>> addresses() {
        List<Map<String, Object>> addresses = new ArrayList<>();
        for (AddressStatus status : node.addressStatus()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("address", status.address().withPeerId(node.host().peerId()));
            one.put("reach", reach(status.address()));
            one.put("reachable", reachable(status.reachability()));
            one.put("told", status.told());
            one.put("mapped", status.mapped());
            addresses.add(one);
        }
        return addresses;
    }

    private static String reachable(Reachability reachability) {
        return switch (reachability) {
            case PUBLIC -> "yes";
            case PRIVATE -> "no";
            case UNKNOWN -> "unknown";
        };
    }

    /** How far an address can be seen, as far as the address itself tells. */
    private static String reach(Multiaddr address) {
        if (address.has(Multiaddr.Part.P2P_CIRCUIT)) {
            return "relayed";
        }
        return address.ip()
                .map(ip -> ip.isLoopbackAddress()
                        ? "loopback"
                        : ip.isSiteLocalAddress() || ip.isLinkLocalAddress() ? "private" : "public")
                .orElse("unknown");
    }

    private Map<String, Object> relay() {
        RelayStatus status = node.relayStatus();
        Map<String, Object> relay = new LinkedHashMap<>();
        relay.put("server", status.serving());
        relay.put("reservations", status.reservations());
        relay.put("circuits", status.circuits());
        List<Map<String, Object>> relays = new ArrayList<>();
        for (RelayReservation reservation : status.relays()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("peer", reservation.relay());
            one.put("addresses", reservation.addresses());
            one.put("expires", reservation.expires());
            one.put("problem", reservation.problem());
            relays.add(one);
        }
        relay.put("relays", relays);
        return relay;
    }

    private List<Map<String, Object>> bootstrap() {
        List<Map<String, Object>> peers = new ArrayList<>();
        for (Bootstrapper.State state : node.bootstrap()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("address", state.address());
            one.put("connected", state.connected());
            if (!state.connected() && !state.problem().isEmpty()) {
                one.put("problem", state.problem());
            }
            peers.add(one);
        }
        return peers;
    }

    private static long memoryBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** All files of the home, each counted once. */
    private static long diskBytes(Path folder) throws IOException {
        long[] sum = {0};
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException vanished) {
                return FileVisitResult.CONTINUE;
            }
        });
        return sum[0];
    }

    private void stop(Request request, Reply reply) throws IOException {
        reply.send(Event.of("done").with("process", ProcessHandle.current().pid()));
        node.requestStop();
    }
}
