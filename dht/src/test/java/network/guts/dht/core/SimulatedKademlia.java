package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import network.guts.core.Bytes;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.Protocol;
import network.guts.simulation.NetworkModel;
import network.guts.simulation.SimulatedNode;
import network.guts.simulation.Simulation;
import org.jspecify.annotations.Nullable;

/** A network of {@link KademliaCore}s in virtual time. A node's address in the simulation is its number. */
final class SimulatedKademlia {
    /** What travels: the first message to a peer makes a connection, on which both identify themselves. */
    sealed interface Message {
        record Ask(long ask, Request request, boolean senderServes) implements Message {}

        record Answer(long ask, Response response) implements Message {}

        record Refusal(long ask) implements Message {}

        record Identify(boolean serves) implements Message {}
    }

    /** A node: its core, and a store and a memory in place of the shell's. */
    final class Node implements SimulatedNode<Integer, Message, DhtInput, DhtEffect> {
        private record Inbound(int from, long ask) {}

        final int number;
        final KademliaCore core;
        final Map<Long, DhtEffect.Finished> finished = new TreeMap<>();
        final Map<Long, List<DhtEffect.Found>> found = new TreeMap<>();
        final Map<Long, List<DhtEffect.Step>> steps = new TreeMap<>();
        final Map<Bytes, Map<PeerId, ProviderRecord>> store;
        final Map<Bytes, ProvidedKey> provided;
        final List<Instant> announcements = new ArrayList<>();
        final List<Integer> seeds;
        private final Set<Integer> connected = new LinkedHashSet<>();
        private final Map<Long, Inbound> inbound = new LinkedHashMap<>();
        private long refs;
        boolean server;
        boolean storeBroken;

        Node(int number, boolean server, List<Integer> seeds, @Nullable Node before) {
            this.number = number;
            this.server = server;
            this.seeds = seeds;
            this.store = before == null ? new TreeMap<>() : before.store;
            this.provided = before == null ? new TreeMap<>() : before.provided;
            this.core =
                    new KademliaCore(Tiny.peer(number), server, RoutingTable.GroupLimits.DEFAULT, simulation.random());
        }

        @Override
        public Protocol<DhtInput, DhtEffect> core() {
            return core;
        }

        @Override
        public DhtInput received(Integer from, Message message) {
            return switch (message) {
                case Message.Ask(long ask, Request request, boolean serves) -> {
                    long ref = ++refs;
                    inbound.put(ref, new Inbound(from, ask));
                    yield new DhtInput.Inbound(ref, Tiny.peer(from), AddressScope.PRIVATE, request);
                }
                case Message.Answer(long ask, Response response) ->
                    new DhtInput.Answered(ask, response, Tiny.info(from).addresses());
                case Message.Refusal(long ask) -> new DhtInput.AskFailed(ask, "stream reset");
                case Message.Identify(boolean serves) -> {
                    connected.add(from);
                    yield serves ? new DhtInput.PeerServes(Tiny.info(from)) : new DhtInput.PeerStopped(Tiny.peer(from));
                }
            };
        }

        @Override
        public DhtInput undelivered(Integer to, Message message) {
            connected.remove(to);
            return message instanceof Message.Ask ask
                    ? new DhtInput.AskFailed(ask.ask(), "connection refused")
                    : new DhtInput.Snapshot(0);
        }

        @Override
        public void perform(DhtEffect effect, Port<Integer, Message, DhtInput> port) {
            switch (effect) {
                case DhtEffect.Ask(long ask, PeerInfo to, Request request) -> {
                    Integer number = numbers.get(to.peer());
                    if (number == null) {
                        port.later(Duration.ofSeconds(5), new DhtInput.AskFailed(ask, "dial timed out"));
                        return;
                    }
                    if (connected.add(number)) {
                        port.send(number, new Message.Identify(server));
                    }
                    port.send(number, new Message.Ask(ask, request, server));
                }
                case DhtEffect.Reply(long ref, Response response) -> answer(ref, response, port);
                case DhtEffect.Refuse(long ref, String reason) -> refuse(ref, port);
                case DhtEffect.Store(long ref, ProviderRecord record) -> {
                    if (storeBroken) {
                        refuse(ref, port);
                        return;
                    }
                    store.computeIfAbsent(record.key(), key -> new TreeMap<>())
                            .put(record.provider().peer(), record);
                    answer(ref, Response.EMPTY, port);
                }
                case DhtEffect.Load load ->
                    port.later(Duration.ofMillis(1), new DhtInput.Loaded(load, records(load.key())));
                case DhtEffect.LoadOwn(long query, Bytes key) ->
                    port.later(Duration.ofMillis(1), new DhtInput.LoadedOwn(query, records(key)));
                case DhtEffect.Sweep(Instant before) ->
                    store.values()
                            .forEach(records -> records.values()
                                    .removeIf(record -> !record.received().isAfter(before)));
                case DhtEffect.NeedSeeds() ->
                    port.later(
                            Duration.ofMillis(1),
                            new DhtInput.Seeds(seeds.stream().map(Tiny::info).toList()));
                case DhtEffect.Found found ->
                    this.found
                            .computeIfAbsent(found.query(), query -> new ArrayList<>())
                            .add(found);
                case DhtEffect.Finished finished -> this.finished.put(finished.query(), finished);
                case DhtEffect.Step step ->
                    steps.computeIfAbsent(step.query(), query -> new ArrayList<>())
                            .add(step);
                case DhtEffect.Announced(ProvidedKey key) -> {
                    provided.put(key.key(), key);
                    announcements.add(simulation.now());
                }
                case DhtEffect.Abandon abandon -> {}
                case DhtEffect.LookUpEnded ended -> {}
                case DhtEffect.TableSnapshot snapshot -> {}
            }
        }

        List<ProviderRecord> records(Bytes key) {
            return List.copyOf(store.getOrDefault(key, Map.of()).values());
        }

        private void answer(long ref, Response response, Port<Integer, Message, DhtInput> port) {
            Inbound to = inbound.remove(ref);
            if (to != null) {
                port.send(to.from(), new Message.Answer(to.ask(), response));
            }
        }

        private void refuse(long ref, Port<Integer, Message, DhtInput> port) {
            Inbound to = inbound.remove(ref);
            if (to != null) {
                port.send(to.from(), new Message.Refusal(to.ask()));
            }
        }
    }

    final Simulation<Integer, Message, DhtInput, DhtEffect> simulation;
    final TreeMap<Integer, Node> nodes = new TreeMap<>();
    final Map<PeerId, Integer> numbers = new TreeMap<>();
    final SplittableRandom random;
    private long queries;

    SimulatedKademlia(long seed, NetworkModel network) {
        simulation = new Simulation<>(seed, network);
        random = simulation.random();
    }

    /** Starts nodes 1 to {@code count}, each knowing one that was there before; they join within some minutes. */
    static SimulatedKademlia ofServers(int count, long seed, NetworkModel network) {
        SimulatedKademlia all = new SimulatedKademlia(seed, network);
        for (int number = 1; number <= count; number++) {
            List<Integer> seeds = number == 1 ? List.of() : List.of(1 + all.random.nextInt(number - 1));
            all.start(number, true, seeds);
            all.simulation.run(Duration.ofMillis(200));
        }
        all.simulation.run(Duration.ofMinutes(5));
        return all;
    }

    Node start(int number, boolean server, List<Integer> seeds) {
        Node node = new Node(number, server, seeds, nodes.get(number));
        numbers.put(Tiny.peer(number), number);
        nodes.put(number, node);
        simulation.start(number, node);
        simulation.input(number, new DhtInput.OwnAddresses(Tiny.info(number).addresses()));
        simulation.input(number, new DhtInput.Start(List.copyOf(node.provided.values())));
        return node;
    }

    void kill(int number) {
        simulation.kill(number);
    }

    Node node(int number) {
        Node node = nodes.get(number);
        if (node == null) {
            throw new AssertionError("no node " + number);
        }
        return node;
    }

    /** Runs a look-up to its end. */
    DhtEffect.Finished run(int number, Goal goal) {
        long query = ++queries;
        Node node = node(number);
        simulation.input(number, new DhtInput.StartQuery(query, goal, Duration.ofMinutes(2)));
        simulation.runUntil(() -> node.finished.containsKey(query), Duration.ofMinutes(3));
        DhtEffect.Finished finished = node.finished.get(query);
        if (finished == null) {
            throw new AssertionError("look-up " + goal + " of node " + number + " did not end");
        }
        return finished;
    }

    List<PeerInfo> providers(int number, Bytes key) {
        DhtEffect.Finished finished = run(number, new Goal.FindProviders(key, 100));
        return node(number).found.getOrDefault(finished.query(), List.of()).stream()
                .map(DhtEffect.Found::provider)
                .toList();
    }

    static Bytes repository(int number) {
        return Bytes.of(Multihash.sha256(new byte[] {'r', (byte) (number >> 8), (byte) number})
                .toBytes());
    }

    /** The running servers closest to {@code key}: what an all-knowing look-up would find. */
    List<PeerId> trulyClosest(Bytes key, int count) {
        Key target = Key.of(key);
        return simulation.running().stream()
                .filter(number -> node(number).server)
                .map(Tiny::peer)
                .sorted((a, b) -> target.compareDistances(Key.of(a), Key.of(b)))
                .limit(count)
                .toList();
    }
}
