package network.guts.dht.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.core.metrics.Metrics;
import network.guts.dht.Dht;
import network.guts.dht.Kademlia;
import network.guts.dht.KademliaConfig;
import network.guts.dht.LookupException;
import network.guts.dht.core.ProviderRecord;
import network.guts.dht.core.ProviderRecords;
import network.guts.dht.core.Request;
import network.guts.dht.core.Response;
import network.guts.dht.wire.Messages;
import network.guts.runtime.Database;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KademliaDhtTest {
    private static final String PROTOCOL = "/guts/kad/1.0.0";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Multihash KEY = Multihash.sha256(new byte[] {42});

    @TempDir
    private Path folder;

    private final MemoryNetwork network = new MemoryNetwork();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();

    private record Node(MemoryNetwork.MemoryHost host, Database database, Dht dht) {
        PeerInfo info() {
            return host.info();
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : open.reversed()) {
            resource.close();
        }
    }

    private MemoryNetwork.MemoryHost host(int number) throws MalformedException {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        seed[0] = (byte) number;
        return network.host(PrivateKey.fromSeed(seed), Multiaddr.parse("/ip4/10.0.0." + number + "/tcp/4001"));
    }

    private Node start(int number, Dht.Mode mode, Node... bootstrap) throws IOException {
        Node node = start(host(number), "node" + number, mode, bootstrap);
        nodes.add(node);
        return node;
    }

    private Node start(MemoryNetwork.MemoryHost host, String name, Dht.Mode mode, Node... bootstrap)
            throws IOException {
        Database database = Database.open(folder.resolve(name + ".db"));
        open.add(database);
        List<PeerInfo> seeds = new ArrayList<>();
        for (Node node : bootstrap) {
            seeds.add(node.info());
        }
        Dht dht = Kademlia.create(
                host,
                database,
                new KademliaConfig(PROTOCOL, mode, seeds, true),
                InstantSource.system(),
                new SplittableRandom(name.hashCode()));
        open.add(dht);
        dht.start();
        return new Node(host, database, dht);
    }

    /** The first node and those that join through it. */
    private List<Node> network(int count) throws IOException {
        Node first = start(1, Dht.Mode.SERVER);
        for (int number = 2; number <= count; number++) {
            start(number, Dht.Mode.SERVER, first);
        }
        for (Node node : nodes) {
            await(() -> node.dht().table().size() >= Math.min(3, count - 1));
        }
        return nodes;
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited " + TIMEOUT).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static List<PeerId> find(Node node, Multihash key) throws LookupException {
        List<PeerId> found = new ArrayList<>();
        int count = node.dht()
                .findProviders(key, 20, TIMEOUT, f -> found.add(f.provider().peer()), step -> {});
        assertThat(found).hasSize(count);
        return found;
    }

    @Test
    void what_one_provides_all_others_find() throws IOException {
        List<Node> all = network(8);
        assertThat(all.get(3).dht().provide(KEY, TIMEOUT, step -> {})).isEqualTo(7);
        for (Node node : all) {
            if (!node.equals(all.get(3))) {
                assertThat(find(node, KEY)).containsExactly(all.get(3).host().peerId());
            }
        }
        assertThat(all.get(3).dht().provided()).containsExactly(KEY);
        assertThat(all.get(0).dht().records()).isEqualTo(1);
    }

    @Test
    void a_trace_tells_every_step_and_a_provider_comes_with_its_source() throws IOException {
        List<Node> all = network(4);
        all.get(1).dht().provide(KEY, TIMEOUT, step -> {});
        List<Dht.LookupEvent> steps = new ArrayList<>();
        List<Dht.FoundProvider> found = new ArrayList<>();
        Multihash unknown = Multihash.sha256(new byte[] {43});
        assertThat(all.get(2).dht().findProviders(unknown, 5, TIMEOUT, found::add, steps::add))
                .isZero();
        assertThat(steps)
                .extracting(Dht.LookupEvent::outcome)
                .contains("asked")
                .anyMatch(s -> s.startsWith("answered: "));
        assertThat(all.get(2).dht().findProviders(KEY, 1, TIMEOUT, found::add, steps::add))
                .isEqualTo(1);
        assertThat(found.getFirst().provider()).isEqualTo(all.get(1).info());
    }

    @Test
    void finds_a_peer_and_says_so_when_nobody_knows_it() throws IOException {
        List<Node> all = network(5);
        assertThat(all.get(4).dht().findPeer(all.get(2).host().peerId(), TIMEOUT, step -> {}))
                .isEqualTo(all.get(2).info());
        PeerId nobody = PeerId.parse(Multihash.sha256(new byte[] {1}).toBytes());
        assertThatThrownBy(() -> all.get(4).dht().findPeer(nobody, TIMEOUT, step -> {}))
                .isInstanceOfSatisfying(
                        LookupException.class,
                        e -> assertThat(e.asked())
                                .hasSize(4)
                                .allSatisfy((peer, said) -> assertThat(said).startsWith("answered")));
        assertThat(all.get(4).dht().closest(Bytes.of(KEY.toBytes()), TIMEOUT, step -> {}))
                .hasSize(4);
    }

    @Test
    void a_lookup_that_nobody_answers_says_whom_it_asked() throws IOException {
        List<Node> all = network(3);
        network.down(all.get(1).host());
        network.down(all.get(2).host());
        assertThatThrownBy(() -> all.get(0).dht().closest(Bytes.of(KEY.toBytes()), TIMEOUT, step -> {}))
                .isInstanceOfSatisfying(
                        LookupException.class,
                        e -> assertThat(e.asked())
                                .isNotEmpty()
                                .allSatisfy((peer, said) -> assertThat(said).contains("connection refused")));
    }

    @Test
    void a_lone_node_says_that_it_knows_nobody() throws IOException {
        Node alone = start(1, Dht.Mode.SERVER);
        assertThatThrownBy(() -> alone.dht().provide(KEY, TIMEOUT, step -> {}))
                .isInstanceOf(LookupException.class)
                .hasMessageContaining("no peer is known");
        assertThat(alone.dht().provided()).containsExactly(KEY);
    }

    @Test
    void a_restarted_node_rejoins_without_bootstrap_peers_and_still_serves_its_records() throws Exception {
        List<Node> all = network(4);
        all.get(1).dht().provide(KEY, TIMEOUT, step -> {});
        Node stopped = all.get(2);
        assertThat(stopped.dht().records()).isEqualTo(1);
        stopped.dht().close();
        stopped.database().close();
        network.down(stopped.host());
        network.up(stopped.host());

        Node again = start(stopped.host(), "node3", Dht.Mode.SERVER);
        await(() -> !again.dht().table().isEmpty());
        assertThat(again.dht().records()).isEqualTo(1);
        try (Stream stream = all.get(0).host().open(again.host().peerId(), List.of(PROTOCOL), TIMEOUT)) {
            assertThat(ask(stream, new Request.GetProviders(Bytes.of(KEY.toBytes())))
                            .providers())
                    .containsExactly(all.get(1).info());
        }
    }

    @Test
    void a_key_to_be_provided_later_is_announced_and_announced_again_after_a_restart() throws Exception {
        List<Node> all = network(3);
        all.get(0).dht().provideLater(KEY);
        await(() -> all.get(1).dht().records() == 1 && all.get(2).dht().records() == 1);

        all.get(0).dht().close();
        all.get(1).database().transaction(sql -> {
            try (Statement statement = sql.createStatement()) {
                return statement.executeUpdate("DELETE FROM dht_record");
            }
        });
        all.get(0).database().transaction(sql -> {
            try (Statement statement = sql.createStatement()) {
                return statement.executeUpdate("UPDATE dht_provided SET announced = 0");
            }
        });
        Node again = start(all.get(0).host(), "node1", Dht.Mode.SERVER);
        await(() -> all.get(1).dht().records() == 1);
        again.dht().unprovide(KEY);
        assertThat(again.dht().provided()).isEmpty();
    }

    @Test
    void a_client_is_in_no_table_and_a_server_that_becomes_one_leaves() throws IOException {
        List<Node> all = network(3);
        Node client = start(9, Dht.Mode.CLIENT, all.get(0));
        await(() -> client.dht().table().size() == 3);
        all.get(0).dht().provide(KEY, TIMEOUT, step -> {});
        assertThat(find(client, KEY)).containsExactly(all.get(0).host().peerId());
        assertThat(peers(all.get(0))).doesNotContain(client.host().peerId());

        client.dht().mode(Dht.Mode.SERVER);
        await(() -> peers(all.get(0)).contains(client.host().peerId()));
        client.dht().mode(Dht.Mode.CLIENT);
        await(() -> !peers(all.get(0)).contains(client.host().peerId()));
        assertThat(client.dht().mode()).isEqualTo(Dht.Mode.CLIENT);
    }

    private static List<PeerId> peers(Node node) {
        return node.dht().table().stream().map(entry -> entry.peer().peer()).toList();
    }

    @Test
    void an_interrupt_ends_a_search() throws Exception {
        List<Node> all = network(2);
        // A peer that takes the stream and says nothing.
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        all.get(1).host().handle(PROTOCOL, stream -> {
            asked.countDown();
            try {
                never.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        AtomicBoolean flag = new AtomicBoolean();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                all.get(0).dht().findProviders(KEY, 5, TIMEOUT, found -> {}, step -> {});
                flag.set(Thread.currentThread().isInterrupted());
            } catch (LookupException e) {
                flag.set(false);
            }
        });
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        caller.interrupt();
        assertThat(caller.join(TIMEOUT)).isTrue();
        assertThat(flag).isTrue();
        never.countDown();
    }

    private Response ask(Stream stream, Request request) throws IOException {
        Frames.write(stream, Messages.encode(request));
        return Messages.decodeResponse(request, Frames.readRequired(stream, Messages.MAX_RESPONSE));
    }

    /** A peer that speaks the protocol by hand. */
    private Stream stranger(Node to) throws IOException {
        MemoryNetwork.MemoryHost host = host(99);
        host.connect(to.host().peerId(), List.of(), TIMEOUT);
        return host.open(to.host().peerId(), List.of(PROTOCOL), TIMEOUT);
    }

    @Test
    void several_requests_share_a_stream() throws IOException {
        List<Node> all = network(3);
        Bytes key = Bytes.of(KEY.toBytes());
        try (Stream stream = stranger(all.get(0))) {
            PeerInfo itself = host(99).info();
            assertThat(ask(stream, new Request.Ping())).isEqualTo(Response.EMPTY);
            Frames.write(stream, Messages.encode(new Request.AddProvider(key, List.of(itself))));
            assertThat(ask(stream, new Request.GetProviders(key)).providers()).containsExactly(itself);
            // Who asks for this node gets its addresses first, and its neighbours: so others see that it knows some.
            assertThat(ask(
                                    stream,
                                    new Request.FindNode(
                                            all.get(0).host().peerId().bytes()))
                            .closer())
                    .startsWith(all.get(0).info())
                    .hasSizeGreaterThan(1);
        }
    }

    @Test
    void an_announcer_speaks_for_itself_only() throws IOException {
        Node server = start(1, Dht.Mode.SERVER);
        for (PeerInfo wrong : List.of(server.info(), new PeerInfo(host(99).peerId(), List.of()))) {
            try (Stream stream = stranger(server)) {
                Frames.write(stream, Messages.encode(new Request.AddProvider(Bytes.of(KEY.toBytes()), List.of(wrong))));
                assertReset(stream);
            }
        }
        assertThat(server.dht().records()).isZero();
    }

    @Test
    void malformed_and_oversized_requests_reset_their_stream_alone() throws IOException {
        Node server = start(1, Dht.Mode.SERVER);
        for (String hex : List.of("01ff", "020804", "020809", "ffffffff0f", "ffffffffffffffffffff01")) {
            try (Stream stream = stranger(server)) {
                stream.write(Bytes.fromHex(hex).toArray());
                assertReset(stream);
            }
        }
        try (Stream stream = stranger(server)) {
            assertThat(ask(stream, new Request.Ping())).isEqualTo(Response.EMPTY);
        }
    }

    private static void assertReset(Stream stream) throws IOException {
        stream.readTimeout(TIMEOUT);
        assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
    }

    @Test
    void a_record_that_cannot_be_stored_fails_alone() throws IOException {
        List<Node> all = network(3);
        all.get(1).database().transaction(sql -> {
            try (Statement statement = sql.createStatement()) {
                return statement.execute("CREATE TRIGGER full BEFORE INSERT ON dht_record BEGIN "
                        + "SELECT RAISE(ABORT, 'database or disk is full'); END");
            }
        });
        List<String> outcomes = new ArrayList<>();
        assertThat(all.get(0).dht().provide(KEY, TIMEOUT, step -> outcomes.add(step.outcome())))
                .isEqualTo(1);
        assertThat(outcomes).anyMatch(outcome -> outcome.startsWith("did not keep the record: "));
        assertThat(all.get(1).dht().records()).isZero();
        assertThat(find(all.get(1), KEY)).containsExactly(all.get(0).host().peerId());
    }

    @Test
    void closing_ends_lookups_that_are_under_way() throws Exception {
        Node node = start(1, Dht.Mode.SERVER);
        node.dht().close();
        node.dht().close();
        assertThatThrownBy(() -> node.dht().closest(Bytes.of(KEY.toBytes()), TIMEOUT, step -> {}))
                .isInstanceOf(LookupException.class);
    }

    @Test
    void records_are_bounded_for_each_key_and_renewed_when_full() throws IOException {
        try (Database database = Database.open(folder.resolve("store.db"))) {
            ProviderStore store = new ProviderStore(database, new DhtMetrics(Metrics.none()));
            Bytes key = Bytes.of(KEY.toBytes());
            Instant now = Instant.parse("2026-01-01T00:00:00Z");
            Multiaddr address = Multiaddr.parse("/ip4/10.0.0.1/tcp/1");
            List<ProviderRecord> records = new ArrayList<>();
            for (int i = 0; i <= ProviderRecords.MAX_PER_KEY; i++) {
                PeerId peer = PeerId.parse(
                        Multihash.sha256(new byte[] {(byte) i, (byte) (i >> 8)}).toBytes());
                records.add(new ProviderRecord(key, new PeerInfo(peer, List.of(address)), now.plusSeconds(i)));
            }
            for (var record : records.subList(0, records.size() - 1)) {
                assertThat(store.put(record)).isEmpty();
            }
            assertThat(store.put(records.getLast())).contains("as many providers as are kept");
            assertThat(store.put(records.getFirst())).isEmpty();
            assertThat(store.records(key)).hasSize(records.size() - 1).doesNotContain(records.getLast());
            assertThat(store.kept()).isEqualTo(store.size()).isEqualTo(records.size() - 1);
            assertThat(store.sweep(now.plusSeconds(9))).isEqualTo(10);
            assertThat(store.kept()).isEqualTo(store.size()).isEqualTo(records.size() - 11);
            store.provide(key);
            store.provide(key);
            assertThat(store.providedKeys()).isEqualTo(1);
            assertThat(new ProviderStore(database, new DhtMetrics(Metrics.none())).providedKeys())
                    .isEqualTo(1);
            store.unprovide(key);
            store.unprovide(key);
            assertThat(store.providedKeys()).isZero();
            assertThat(store.records(key)).hasSize(records.size() - 11);
        }
    }
}
