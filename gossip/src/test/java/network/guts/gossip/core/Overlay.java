package network.guts.gossip.core;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.Protocol;
import network.guts.gossip.Gossip.Verdict;
import network.guts.gossip.core.GossipEffect.Deliver;
import network.guts.gossip.core.GossipEffect.Inspected;
import network.guts.gossip.core.GossipEffect.Published;
import network.guts.gossip.core.GossipEffect.Send;
import network.guts.gossip.core.GossipEffect.Snapshot;
import network.guts.gossip.core.GossipEffect.Validate;
import network.guts.gossip.core.GossipInput.Inspect;
import network.guts.gossip.core.GossipInput.OutboundOpened;
import network.guts.gossip.core.GossipInput.PeerGone;
import network.guts.gossip.core.GossipInput.Publish;
import network.guts.gossip.core.GossipInput.Received;
import network.guts.gossip.core.GossipInput.Subscribe;
import network.guts.gossip.core.GossipInput.Validated;
import network.guts.simulation.NetworkModel;
import network.guts.simulation.SimulatedNode;
import network.guts.simulation.Simulation;

/** Nodes that run the core in virtual time; who is connected to whom is the test's business. */
final class Overlay {
    static final String TOPIC = "/guts/1/repo/test";
    /** Data that begins with this byte is rejected by every honest validator. */
    static final byte BAD = 'X';

    final Simulation<PeerId, Rpc, GossipInput, GossipEffect> simulation;
    final List<PeerId> ids = new ArrayList<>();
    /** How often each node delivered each message. */
    final Map<PeerId, Map<Bytes, Integer>> delivered = new TreeMap<>();

    final Map<PeerId, Snapshot> snapshots = new TreeMap<>();
    final Map<PeerId, Integer> blamed = new TreeMap<>();
    final Map<PeerId, Integer> rejected = new TreeMap<>();
    final SplittableRandom random;
    long rpcs;
    long badForwarded;

    private final Map<PeerId, Set<PeerId>> links = new HashMap<>();
    private final GossipParameters parameters;
    private long tokens;

    Overlay(long seed, int nodes, GossipParameters parameters) {
        this.parameters = parameters;
        simulation = new Simulation<>(seed, NetworkModel.CALM);
        random = simulation.random();
        for (int i = 0; i < nodes; i++) {
            ids.add(id(i));
            start(id(i));
        }
    }

    static PeerId id(int number) {
        try {
            return PeerId.parse(Multihash.sha256(("node " + number).getBytes(StandardCharsets.UTF_8))
                    .toBytes());
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    static SignedMessage message(PeerId from, String text) {
        return message(from, TOPIC, text);
    }

    static SignedMessage message(PeerId from, String topic, String text) {
        Bytes data = Bytes.of(text.getBytes(StandardCharsets.UTF_8));
        return new SignedMessage(topic, from, data, SignedMessage.idOf(topic, data), Bytes.EMPTY);
    }

    void start(PeerId id) {
        simulation.start(id, new Node(id));
        links.put(id, new TreeSet<>());
    }

    /** Ends a node; its neighbours notice. */
    void kill(PeerId id) {
        simulation.kill(id);
        for (PeerId other : neighbours(id)) {
            neighbours(other).remove(id);
            simulation.input(other, new PeerGone(id));
        }
        links.remove(id);
    }

    void connect(PeerId one, PeerId other) {
        if (one.equals(other) || !neighbours(one).add(other)) {
            return;
        }
        neighbours(other).add(one);
        // Both know each other before the first hello arrives.
        simulation.input(one, new GossipInput.InboundOpened(other));
        simulation.input(other, new GossipInput.InboundOpened(one));
        simulation.input(one, new OutboundOpened(other, ProtocolVersion.V1_1));
        simulation.input(other, new OutboundOpened(one, ProtocolVersion.V1_1));
    }

    void disconnect(PeerId one, PeerId other) {
        if (neighbours(one).remove(other)) {
            neighbours(other).remove(one);
            simulation.input(one, new PeerGone(other));
            simulation.input(other, new PeerGone(one));
        }
    }

    /** Connects each node with {@code degree} others by lot. */
    void connectAll(int degree) {
        ids.forEach(id -> connectSome(id, degree));
    }

    void connectSome(PeerId id, int degree) {
        List<PeerId> running = new ArrayList<>(simulation.running());
        running.remove(id);
        for (int i = 0; i < degree && !running.isEmpty(); i++) {
            connect(id, running.remove(random.nextInt(running.size())));
        }
    }

    void subscribeAll() {
        ids.forEach(id -> simulation.input(id, new Subscribe(TOPIC)));
    }

    SignedMessage publish(PeerId from, String text) {
        SignedMessage message = message(from, text);
        simulation.input(from, new Publish(++tokens, message));
        return message;
    }

    Snapshot inspect(PeerId id) {
        simulation.input(id, new Inspect(++tokens));
        return Objects.requireNonNull(snapshots.get(id));
    }

    int deliveries(PeerId id, SignedMessage message) {
        return counts(id).getOrDefault(message.id(), 0);
    }

    boolean allHave(SignedMessage message) {
        return simulation.running().stream().allMatch(id -> deliveries(id, message) == 1);
    }

    Set<PeerId> mesh(PeerId id) {
        return inspect(id).meshes().getOrDefault(TOPIC, Set.of());
    }

    Set<PeerId> followers(PeerId seenBy) {
        return inspect(seenBy).subscribers().getOrDefault(TOPIC, Set.of());
    }

    private Set<PeerId> neighbours(PeerId id) {
        return links.computeIfAbsent(id, key -> new TreeSet<>());
    }

    private Map<Bytes, Integer> counts(PeerId id) {
        return delivered.computeIfAbsent(id, key -> new TreeMap<>());
    }

    void run(int seconds) {
        simulation.run(Duration.ofSeconds(seconds));
    }

    private final class Node implements SimulatedNode<PeerId, Rpc, GossipInput, GossipEffect> {
        private final PeerId self;
        private final GossipSubCore core;

        Node(PeerId self) {
            this.self = self;
            PeerScore score = new PeerScore() {
                @Override
                public double score(PeerId peer) {
                    return 0;
                }

                @Override
                public void misbehaved(PeerId peer, int count) {
                    blamed.merge(peer, count, Integer::sum);
                }

                @Override
                public void rejected(PeerId peer, String topic) {
                    rejected.merge(peer, 1, Integer::sum);
                }
            };
            this.core = new GossipSubCore(self, parameters, score, simulation.random());
        }

        @Override
        public Protocol<GossipInput, GossipEffect> core() {
            return core;
        }

        @Override
        public GossipInput received(PeerId from, Rpc rpc) {
            return new Received(from, rpc.subscriptions(), rpc.messages(), List.of(), 0, rpc.control());
        }

        @Override
        public GossipInput undelivered(PeerId to, Rpc rpc) {
            // A shell whose stream breaks reports that; the message itself does not come back.
            return new GossipInput.OutboundLost(to);
        }

        @Override
        public void perform(GossipEffect effect, Port<PeerId, Rpc, GossipInput> port) {
            switch (effect) {
                case Send(PeerId peer, Rpc rpc) -> {
                    rpcs++;
                    badForwarded += rpc.messages().stream()
                            .filter(message -> isBad(message) && !message.from().equals(self))
                            .count();
                    port.send(peer, rpc);
                }
                case Validate(SignedMessage message, var _) ->
                    port.later(
                            Duration.ofMillis(2),
                            new Validated(message.id(), isBad(message) ? Verdict.REJECT : Verdict.ACCEPT));
                case Deliver(SignedMessage message, var _) -> counts(self).merge(message.id(), 1, Integer::sum);
                case Published(var _, var _) -> {}
                case Inspected(var _, Snapshot snapshot) -> snapshots.put(self, snapshot);
            }
        }
    }

    static boolean isBad(SignedMessage message) {
        return !message.data().isEmpty() && message.data().get(0) == BAD;
    }
}
