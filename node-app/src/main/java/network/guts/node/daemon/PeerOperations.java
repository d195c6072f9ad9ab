package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.DoubleSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Identified;
import network.guts.dht.LookupException;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** The requests about peers: {@code peers}, {@code connect}, {@code disconnect}, {@code ping}. */
final class PeerOperations {
    private static final Duration LOOK_UP_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PING_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PING_INTERVAL = Duration.ofSeconds(1);
    private static final int MAX_PINGS = 100_000;

    private final Node node;

    PeerOperations(Node node) {
        this.node = node;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("peers", this::peers);
        operations.put("connect", this::connect);
        operations.put("disconnect", this::disconnect);
        operations.put("ping", this::ping);
    }

    private void peers(Request request, Reply reply) throws IOException {
        int count = 0;
        for (ConnectionInfo connection : node.host().connections()) {
            reply.send(event(connection));
            count++;
        }
        reply.send(Event.of("done").with("peers", count));
    }

    private Event event(ConnectionInfo connection) {
        PeerId peer = connection.peer();
        Optional<Identified> identified = node.host().identified(peer);
        return Event.of("peer")
                .with("peer", peer)
                .with("address", connection.address())
                .with("transport", connection.transport())
                .with("security", connection.security())
                .with("muxer", connection.muxer())
                .with("agent", identified.map(Identified::agentVersion))
                .with("direction", connection.direction().name().toLowerCase(java.util.Locale.ROOT))
                .with("latency_seconds", node.host().latency(peer))
                .with("score", node.gossip().score(peer))
                .with("since", connection.since())
                .with("seconds", Duration.between(connection.since(), Instant.now()));
    }

    private void connect(Request request, Reply reply) throws IOException, Failure {
        PeerInfo peer = resolve(Arguments.peer(request.text("address")));
        refuseSelf(peer.peer());
        node.forgetFailures(peer.peer());
        Instant begin = Instant.now();
        try {
            ConnectionInfo connection = node.host()
                    .connect(peer.peer(), peer.addresses(), node.config().connectionTimeout());
            reply.send(event(connection));
        } catch (IOException e) {
            throw unreachable(peer, e);
        }
        reply.send(Event.of("done").with("seconds", Duration.between(begin, Instant.now())));
    }

    private static Failure unreachable(PeerInfo peer, IOException problem) {
        return new Failure(
                ExitCode.FAILED,
                "cannot connect to " + peer.peer() + ": " + problem.getMessage(),
                "check that the peer runs and that the address is its own: guts status there shows both",
                problem);
    }

    private void refuseSelf(PeerId peer) throws Failure {
        if (peer.equals(node.host().peerId())) {
            throw new Failure(ExitCode.USAGE, peer + " is this node itself", "give the address of another node");
        }
    }

    /** Finds addresses where none are given and none are known. */
    private PeerInfo resolve(PeerInfo peer) throws Failure {
        boolean known = !peer.addresses().isEmpty()
                || node.host().isConnected(peer.peer())
                || !node.host().addressBook().addresses(peer.peer()).isEmpty();
        if (known) {
            return peer;
        }
        try {
            return node.dht().findPeer(peer.peer(), LOOK_UP_TIMEOUT, event -> {});
        } catch (LookupException e) {
            throw new Failure(
                    ExitCode.NOT_FOUND,
                    "peer " + peer.peer() + " was not found: " + e.getMessage(),
                    "give its address: /ip4/…/tcp/…/p2p/" + peer.peer(),
                    e);
        }
    }

    private void disconnect(Request request, Reply reply) throws IOException, Failure {
        PeerId peer = Arguments.peer(request.text("peer")).peer();
        if (!node.host().disconnect(peer, "asked by the operator")) {
            throw new Failure(ExitCode.NOT_FOUND, "no connection to " + peer, "guts peers lists the connections");
        }
        reply.send(Event.of("done").with("peer", peer));
    }

    private void ping(Request request, Reply reply) throws IOException, Failure, InterruptedException {
        PeerInfo peer = resolve(Arguments.peer(request.text("address")));
        refuseSelf(peer.peer());
        node.forgetFailures(peer.peer());
        long count = request.number("count", 1, MAX_PINGS, 1);
        try {
            node.host().connect(peer.peer(), peer.addresses(), node.config().connectionTimeout());
        } catch (IOException e) {
            throw unreachable(peer, e);
        }
        DoubleSummaryStatistics seconds = new DoubleSummaryStatistics();
        String lastProblem = "";
        for (long sequence = 1; sequence <= count; sequence++) {
            try {
                double roundTrip = node.ping(peer.peer(), PING_TIMEOUT).toNanos() / 1e9;
                seconds.accept(roundTrip);
                reply.send(Event.of("ping")
                        .with("peer", peer.peer())
                        .with("sequence", sequence)
                        .with("latency_seconds", roundTrip));
            } catch (IOException e) {
                lastProblem = String.valueOf(e.getMessage());
                reply.send(Event.of("ping")
                        .with("peer", peer.peer())
                        .with("sequence", sequence)
                        .with("problem", lastProblem));
            }
            if (sequence < count) {
                Thread.sleep(PING_INTERVAL);
            }
        }
        if (seconds.getCount() == 0) {
            throw new Failure(
                    ExitCode.FAILED,
                    peer.peer() + " did not answer: " + lastProblem,
                    "guts peers shows whether it is connected");
        }
        reply.send(Event.of("done")
                .with("peer", peer.peer())
                .with("sent", count)
                .with("received", seconds.getCount())
                .with("least_seconds", seconds.getMin())
                .with("average_seconds", seconds.getAverage())
                .with("most_seconds", seconds.getMax()));
    }
}
