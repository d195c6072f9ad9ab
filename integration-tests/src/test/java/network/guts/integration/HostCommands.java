package network.guts.integration;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Identified;
import network.guts.libp2p.AddressStatus;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.HostConfig.Security;
import network.guts.libp2p.Libp2pHost;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.NatConfig.Autonat;
import network.guts.libp2p.RelayConfig;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.perf.PerfServer;
import network.guts.runtime.Database;

/** A host of ours with the test protocols, and the commands that the scripted peers take. */
final class HostCommands implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** What the benchmarks ask for is far beyond what a node keeps. */
    private static final int MANY_CONNECTIONS = 20_000;

    /** Limits that no test but those of the limits comes near. */
    private static final long MANY_MEMORY = 8L << 30;

    private static final int MANY_STREAMS = 1024;

    /** A command of a scripted peer. */
    @FunctionalInterface
    interface Operation {
        Map<String, ?> run(Arguments arguments) throws Exception;
    }

    /** What a command was given. */
    record Arguments(Map<String, ?> values) {
        long number(String name, long byDefault) {
            return values.get(name) instanceof Number number ? number.longValue() : byDefault;
        }

        String text(String name) {
            return String.valueOf(values.get(name));
        }

        PeerId peer() throws MalformedException {
            return PeerId.parse(text("peer"));
        }

        Multiaddr address() throws MalformedException {
            return Multiaddr.parse(text("address"));
        }
    }

    private final Database database;
    private final Libp2pHost host;
    private final Map<String, Operation> operations = new LinkedHashMap<>();

    private HostCommands(Database database, HostConfig config) throws IOException {
        this.database = database;
        this.host = new Libp2pHost(config, database, InstantSource.system());
        PerfServer.serve(host);
        TestStreams streams = new TestStreams(host);
        streams.serve();
        streams.addTo(operations);
        host.allowLimited(TestStreams.ECHO);
        operations.put("dial", this::dial);
        operations.put("disconnect", this::disconnect);
        operations.put("connections", this::connections);
        operations.put("ping", this::ping);
        operations.put("dial-ping", this::dialPing);
        operations.put("identify", this::identify);
        operations.put("addresses", this::addresses);
        host.start();
    }

    /**
     * A host that listens on loopback.
     *
     * @param database its file
     * @param settings {@code transport} (tcp, quic), {@code security} (noise, tls), {@code autonat}, {@code relay} (server):
     *     as for the scripted peers; {@code relays}: the address of a relay at which to keep a place
     */
    static HostCommands start(Path database, Map<String, ?> settings) throws IOException, MalformedException {
        HostConfig.Builder config = HostConfig.of(PrivateKey.generate(new SecureRandom()))
                .listen(Multiaddr.parse(
                        "quic".equals(settings.get("transport"))
                                ? "/ip4/127.0.0.1/udp/0/quic-v1"
                                : "/ip4/127.0.0.1/tcp/0"))
                .relay(new RelayConfig(
                        "server".equals(settings.get("relay")) ? RelayConfig.Service.ON : RelayConfig.Service.OFF,
                        RelayConfig.Limits.DEFAULT,
                        settings.get("relays") instanceof String relay ? List.of(Multiaddr.parse(relay)) : List.of()))
                .security("tls".equals(settings.get("security")) ? Security.TLS : Security.NOISE)
                .nat(
                        Boolean.TRUE.equals(settings.get("autonat"))
                                ? NatConfig.DEFAULT.autonat(Autonat.ON).scope(NatConfig.Scope.LOOPBACK)
                                : NatConfig.DEFAULT)
                .maxConnections(MANY_CONNECTIONS)
                .water(MANY_CONNECTIONS, MANY_CONNECTIONS)
                .limits(Limits.scaled(MANY_MEMORY)
                        .with(Level.PEER, Resource.STREAMS_INBOUND, MANY_STREAMS)
                        .with(Level.PEER, Resource.STREAMS_OUTBOUND, MANY_STREAMS)
                        .with(Level.PEER, Resource.STREAMS, 2 * MANY_STREAMS));
        return new HostCommands(Database.open(database), config.build());
    }

    String peer() {
        return host.peerId().toString();
    }

    /** Where it listens, with {@code /p2p/…}. */
    String address() {
        return host.addresses().getFirst().withPeerId(host.peerId()).toString();
    }

    /** Runs one command to its end. */
    Map<String, ?> run(String what, Map<String, ?> arguments) throws Exception {
        Operation operation = operations.get(what);
        if (operation == null) {
            throw new IllegalArgumentException("no command \"" + what + "\"");
        }
        return operation.run(new Arguments(arguments));
    }

    private Map<String, ?> dial(Arguments arguments) throws IOException {
        PeerId peer = arguments.address().peerId().orElseThrow();
        host.connect(peer, List.of(arguments.address().withoutPeerId().orElseThrow()), TIMEOUT);
        return Map.of("peer", peer.toString());
    }

    private Map<String, ?> disconnect(Arguments arguments) throws IOException {
        disconnect(arguments.peer());
        return Map.of();
    }

    private void disconnect(PeerId peer) {
        host.disconnect(peer, "asked by the test");
        Eventually.eventually("the connection ends", () -> host.isConnected(peer), connected -> !connected);
    }

    private Map<String, ?> connections(Arguments arguments) {
        List<Map<String, ?>> all = new ArrayList<>();
        for (ConnectionInfo connection : host.connections()) {
            all.add(Map.of(
                    "peer", connection.peer().toString(),
                    "direction", connection.direction().name(),
                    "transport", connection.transport(),
                    "relayed", connection.address().has(Multiaddr.Part.P2P_CIRCUIT),
                    "encryption", connection.security(),
                    "multiplexer", connection.muxer()));
        }
        return Map.of("connections", all);
    }

    private Map<String, ?> ping(Arguments arguments) throws IOException {
        List<Double> seconds = new ArrayList<>();
        for (long i = 0; i < arguments.number("count", 1); i++) {
            seconds.add(host.ping(arguments.peer(), TIMEOUT).toNanos() / 1e9);
        }
        return Map.of("seconds", seconds);
    }

    /** From the dial to the first answered ping, each time on a new connection. */
    private Map<String, ?> dialPing(Arguments arguments) throws IOException {
        PeerId peer = arguments.address().peerId().orElseThrow();
        List<Multiaddr> address = List.of(arguments.address().withoutPeerId().orElseThrow());
        List<Double> seconds = new ArrayList<>();
        for (long i = 0; i < arguments.number("count", 1); i++) {
            disconnect(peer);
            long start = System.nanoTime();
            host.connect(peer, address, TIMEOUT);
            host.ping(peer, TIMEOUT);
            seconds.add((System.nanoTime() - start) / 1e9);
        }
        return Map.of("seconds", seconds);
    }

    private Map<String, ?> identify(Arguments arguments) throws IOException {
        PeerId peer = arguments.peer();
        Identified said = Eventually.eventually(
                        "identify of " + peer, () -> host.identified(peer), java.util.Optional::isPresent)
                .orElseThrow();
        return Map.of(
                "agent", said.agentVersion(),
                "protocols", said.protocols().stream().sorted().toList(),
                "addresses", said.addresses().stream().map(Multiaddr::toString).toList(),
                "signed", host.addressBook().record(peer).isPresent());
    }

    /** What is known of its addresses. */
    private Map<String, ?> addresses(Arguments arguments) {
        List<Map<String, ?>> all = new ArrayList<>();
        for (AddressStatus status : host.addressStatus()) {
            all.add(Map.of(
                    "address", status.address().toString(),
                    "reachability", status.reachability().name()));
        }
        return Map.of("reachability", host.reachability().name(), "addresses", all);
    }

    @Override
    public void close() throws IOException {
        host.close();
        database.close();
    }
}
