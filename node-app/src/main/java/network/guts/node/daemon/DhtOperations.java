package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import network.guts.core.Multihash;
import network.guts.core.PeerInfo;
import network.guts.dht.Dht;
import network.guts.dht.Dht.LookupEvent;
import network.guts.dht.LookupException;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** Kademlia by hand: {@code dht.closest}, {@code dht.find-peer}, {@code dht.find-providers}, {@code dht.provide}, {@code dht.table}. */
final class DhtOperations {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int MAX_PROVIDERS = 1_000;

    private final Node node;

    DhtOperations(Node node) {
        this.node = node;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("dht.closest", this::closest);
        operations.put("dht.find-peer", this::findPeer);
        operations.put("dht.find-providers", this::findProviders);
        operations.put("dht.provide", this::provide);
        operations.put("dht.table", this::table);
    }

    /** The steps of a look-up as events, if they are wanted. */
    static Consumer<LookupEvent> trace(Request request, Reply reply) {
        if (!request.truth("trace")) {
            return step -> {};
        }
        return step -> send(
                reply,
                Event.of("query")
                        .with("peer", step.peer())
                        .with("hops", step.hops())
                        .with("seconds", step.elapsed())
                        .with("outcome", step.outcome()));
    }

    /** For callbacks, which throw nothing checked. */
    static void send(Reply reply, Event event) {
        try {
            reply.send(event);
        } catch (IOException clientIsGone) {
            Thread.currentThread().interrupt();
        }
    }

    private void closest(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        List<PeerInfo> peers = node.dht().closest(Arguments.key(request.text("key")), TIMEOUT, trace(request, reply));
        for (PeerInfo peer : peers) {
            reply.send(Event.of("closest").with("peer", peer.peer()).with("addresses", peer.addresses()));
        }
        reply.send(done(begin).with("peers", peers.size()));
    }

    private static Event done(Instant begin) {
        return Event.of("done").with("seconds", Duration.between(begin, Instant.now()));
    }

    private void findPeer(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        PeerInfo wanted = Arguments.peer(request.text("key"));
        try {
            PeerInfo found = node.dht().findPeer(wanted.peer(), TIMEOUT, trace(request, reply));
            reply.send(Event.of("peer").with("peer", found.peer()).with("addresses", found.addresses()));
        } catch (LookupException e) {
            throw new Failure(
                    ExitCode.NOT_FOUND,
                    "peer " + wanted.peer() + " was not found: " + e.getMessage(),
                    "--trace shows who was asked and what each said",
                    e);
        }
        reply.send(done(begin));
    }

    private void findProviders(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        Multihash key = Arguments.multihash(request.text("key"));
        int limit = (int) request.number("first", 1, MAX_PROVIDERS, MAX_PROVIDERS);
        int found = node.dht()
                .findProviders(key, limit, TIMEOUT, provider -> send(reply, provider(provider)), trace(request, reply));
        if (found == 0) {
            throw new Failure(
                    ExitCode.NOT_FOUND,
                    "no provider of " + request.text("key") + " was found",
                    "--trace shows who was asked; guts status shows whether this node is in the network");
        }
        reply.send(done(begin).with("providers", found));
    }

    static Event provider(Dht.FoundProvider found) {
        return Event.of("provider")
                .with("peer", found.provider().peer())
                .with("addresses", found.provider().addresses())
                .with("from", found.from())
                .with("hops", found.hops())
                .with("seconds", found.elapsed());
    }

    private void provide(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        Multihash key = Arguments.multihash(request.text("key"));
        int peers = node.dht().provide(key, TIMEOUT, trace(request, reply));
        reply.send(done(begin).with("key", key).with("peers", peers));
    }

    private void table(Request request, Reply reply) throws IOException {
        List<Dht.TableEntry> table = node.dht().table();
        for (Dht.TableEntry entry : table) {
            reply.send(Event.of("peer")
                    .with("peer", entry.peer().peer())
                    .with("bucket", entry.bucket())
                    .with("addresses", entry.peer().addresses())
                    .with("added", entry.added())
                    .with("proved", entry.proved()));
        }
        reply.send(Event.of("done")
                .with("peers", table.size())
                .with("mode", node.dht().mode().name().toLowerCase(java.util.Locale.ROOT)));
    }
}
