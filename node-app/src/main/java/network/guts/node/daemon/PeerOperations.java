package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.DoubleSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionLimit;
import network.guts.core.host.Identified;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.dht.LookupException;
import network.guts.libp2p.perf.Perf;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.sync.Progress;

/** The requests about peers: {@code peers}, {@code connect}, {@code disconnect}, {@code ping}, {@code perf}. */
final class PeerOperations {
    private static final Duration LOOK_UP_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PING_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PING_INTERVAL = Duration.ofSeconds(1);
    private static final int MAX_PINGS = 100_000;

    /** Enough to be past the start of every window, and a second or two on a fast network. */
    private static final long DEFAULT_PERF_BYTES = 64L << 20;

    /** A day at a gigabyte a second would end by the time-out long before. */
    private static final long MAX_PERF_BYTES = 1L << 40;

    /** For one direction. */
    private static final Duration PERF_TIMEOUT = Duration.ofMinutes(10);

    private final Node node;

    PeerOperations(Node node) {
        this.node = node;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("peers", this::peers);
        operations.put("connect", this::connect);
        operations.put("disconnect", this::disconnect);
        operations.put("ping", this::ping);
        operations.put("perf", this::perf);
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
                .with("relayed", connection.address().has(Part.P2P_CIRCUIT))
                .with("limit_seconds", connection.limit().map(ConnectionLimit::duration))
                .with("limit_bytes", connection.limit().flatMap(PeerOperations::bytes))
                .with("why_relayed", node.whyRelayed(peer))
                .with("since", connection.since())
                .with("seconds", Duration.between(connection.since(), Instant.now()));
    }

    private static Optional<Long> bytes(ConnectionLimit limit) {
        return limit.bytes().isPresent() ? Optional.of(limit.bytes().getAsLong()) : Optional.empty();
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
    PeerInfo resolve(PeerInfo peer) throws Failure {
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

    /** The peer that a request is about, connected. */
    private PeerInfo connected(Request request) throws Failure {
        PeerInfo peer = resolve(Arguments.peer(request.text("address")));
        refuseSelf(peer.peer());
        node.forgetFailures(peer.peer());
        try {
            node.host().connect(peer.peer(), peer.addresses(), node.config().connectionTimeout());
            return peer;
        } catch (IOException e) {
            throw unreachable(peer, e);
        }
    }

    private void perf(Request request, Reply reply) throws IOException, Failure {
        long up = request.number("upload", 0, MAX_PERF_BYTES, DEFAULT_PERF_BYTES);
        long down = request.number("download", 0, MAX_PERF_BYTES, DEFAULT_PERF_BYTES);
        PeerInfo peer = connected(request);
        Perf perf = new Perf(node.host());
        Event done = Event.of("done").with("peer", peer.peer());
        try (ProgressRelay relay = new ProgressRelay(reply)) {
            Duration upload = perf.upload(peer.peer(), up, PERF_TIMEOUT, told(relay, "upload", up));
            Duration download = perf.download(peer.peer(), down, PERF_TIMEOUT, told(relay, "download", down));
            done = done.with("upload_bytes", up)
                    .with("upload_seconds", upload)
                    .with("download_bytes", down)
                    .with("download_seconds", download);
        } catch (UnsupportedProtocolException e) {
            throw new Failure(
                    ExitCode.REFUSED,
                    peer.peer() + " does not serve " + Perf.ID,
                    "a node serves it only if its owner allows it: guts node start --allow-perf",
                    e);
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.FAILED,
                    "perf with " + peer.peer() + " failed: " + e.getMessage(),
                    "a server ends a stream that lasts too long or is one too many: ask for fewer bytes, or later",
                    e);
        }
        reply.send(done);
    }

    private static Perf.Progress told(ProgressRelay relay, String phase, long total) {
        long start = System.nanoTime();
        return bytes -> relay.update(
                new Progress.State(phase, bytes, total, 0, 0, 0, bytes * 1e9 / Math.max(1, System.nanoTime() - start)));
    }

    private void ping(Request request, Reply reply) throws IOException, Failure, InterruptedException {
        PeerInfo peer = connected(request);
        long count = request.number("count", 1, MAX_PINGS, 1);
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
