package network.guts.dht.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import network.guts.core.Bytes;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import org.junit.jupiter.api.Test;

/** One core, with the test as the network. */
class KademliaCoreTest {
    private static final Bytes KEY = Bytes.of(Multihash.sha256(new byte[] {1}).toBytes());

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final KademliaCore core =
            new KademliaCore(Tiny.peer(0), true, RoutingTable.GroupLimits.DEFAULT, new SplittableRandom(1));

    KademliaCoreTest() {
        core.handle(new DhtInput.OwnAddresses(Tiny.info(0).addresses()), now);
        core.handle(new DhtInput.Start(List.of()), now);
    }

    private static <T> List<T> only(Class<T> kind, List<DhtEffect> effects) {
        return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** Puts peers 1 to {@code count} into the table. */
    private void know(int count) {
        for (int number = 1; number <= count; number++) {
            for (DhtEffect.Ask ask :
                    only(DhtEffect.Ask.class, core.handle(new DhtInput.PeerServes(Tiny.info(number)), now))) {
                if (ask.to().peer().equals(Tiny.peer(number))) {
                    Response answer = new Response(List.of(Tiny.info(1000)), List.of());
                    core.handle(new DhtInput.Answered(ask.ask(), answer, List.of()), now);
                }
            }
        }
    }

    private DhtEffect ask(int from, AddressScope scope, Request request) {
        List<DhtEffect> effects = core.handle(new DhtInput.Inbound(7, Tiny.peer(from), scope, request), now);
        return effects.getFirst();
    }

    private List<PeerInfo> closer(int from, Request request) {
        return ask(from, AddressScope.PRIVATE, request) instanceof DhtEffect.Reply reply
                ? reply.response().closer()
                : List.of();
    }

    @Test
    void a_peer_enters_the_table_once_it_has_answered_find_node_for_itself() {
        List<DhtEffect.Ask> asked = only(DhtEffect.Ask.class, core.handle(new DhtInput.PeerServes(Tiny.info(1)), now));
        assertThat(asked).hasSize(1);
        assertThat(asked.getFirst().request())
                .isEqualTo(new Request.FindNode(Tiny.peer(1).bytes()));
        assertThat(core.table().size()).isZero();
        core.handle(new DhtInput.Answered(asked.getFirst().ask(), Response.EMPTY, List.of()), now);
        assertThat(core.table().size()).isEqualTo(1);
    }

    @Test
    void a_peer_that_does_not_answer_stays_out() {
        core.handle(new DhtInput.PeerServes(Tiny.info(1)), now);
        now = now.plus(Parameters.REQUEST_TIMEOUT);
        assertThat(only(DhtEffect.Abandon.class, core.wake(now))).hasSize(1);
        assertThat(core.table().size()).isZero();
    }

    @Test
    void a_peer_that_no_longer_serves_leaves_at_once() {
        know(3);
        core.handle(new DhtInput.PeerStopped(Tiny.peer(2)), now);
        assertThat(core.table().rows())
                .extracting(row -> row.contact().peer())
                .containsExactlyInAnyOrder(Tiny.peer(1), Tiny.peer(3));
    }

    @Test
    void find_node_names_the_target_first_and_never_the_asker() {
        know(60);
        Bytes target = Tiny.peer(9).bytes();
        assertThat(closer(500, new Request.FindNode(target)))
                .hasSize(Parameters.K)
                .startsWith(Tiny.info(9))
                .doesNotHaveDuplicates();
        assertThat(closer(9, new Request.FindNode(target)))
                .hasSize(Parameters.K)
                .doesNotContain(Tiny.info(9));
    }

    @Test
    void who_asks_for_this_node_gets_its_neighbours_too() {
        know(5);
        assertThat(closer(500, new Request.FindNode(Tiny.peer(0).bytes())))
                .startsWith(Tiny.info(0))
                .hasSize(6);
    }

    @Test
    void addresses_that_the_asker_cannot_reach_are_left_out() {
        know(5);
        DhtEffect answer = ask(500, AddressScope.PUBLIC, new Request.FindNode(KEY));
        assertThat(answer).isEqualTo(new DhtEffect.Reply(7, Response.EMPTY));
    }

    @Test
    void a_ping_is_echoed_and_a_client_answers_nothing() {
        assertThat(ask(1, AddressScope.PRIVATE, new Request.Ping())).isEqualTo(new DhtEffect.Reply(7, Response.EMPTY));
        core.handle(new DhtInput.ModeChanged(false), now);
        assertThat(ask(1, AddressScope.PRIVATE, new Request.Ping())).isInstanceOf(DhtEffect.Refuse.class);
    }

    @Test
    void a_provider_announces_itself_with_an_address() {
        PeerInfo itself = Tiny.info(3);
        assertThat(ask(3, AddressScope.PRIVATE, new Request.AddProvider(KEY, List.of(itself))))
                .isEqualTo(new DhtEffect.Store(7, new ProviderRecord(KEY, itself, now)));
        assertThat(ask(4, AddressScope.PRIVATE, new Request.AddProvider(KEY, List.of(itself))))
                .isInstanceOf(DhtEffect.Refuse.class);
        PeerInfo nowhere = new PeerInfo(Tiny.peer(3), List.of());
        assertThat(ask(3, AddressScope.PRIVATE, new Request.AddProvider(KEY, List.of(nowhere))))
                .isInstanceOf(DhtEffect.Refuse.class);
    }

    @Test
    void what_this_node_provides_itself_it_names_itself_for() {
        core.handle(new DhtInput.ProvideLater(KEY), now);
        DhtEffect.Load load = (DhtEffect.Load) ask(3, AddressScope.PRIVATE, new Request.GetProviders(KEY));
        DhtEffect.Reply reply = only(DhtEffect.Reply.class, core.handle(new DhtInput.Loaded(load, List.of()), now))
                .getFirst();
        assertThat(reply.response().providers()).containsExactly(Tiny.info(0));
    }

    @Test
    void records_and_addresses_expire_when_they_are_read() {
        List<ProviderRecord> records = List.of(
                new ProviderRecord(KEY, Tiny.info(1), now.minus(Duration.ofHours(23))),
                new ProviderRecord(KEY, Tiny.info(2), now.minus(Duration.ofHours(25))),
                new ProviderRecord(KEY, Tiny.info(3), now.minus(Duration.ofHours(48))));
        DhtEffect.Load load = new DhtEffect.Load(7, KEY, Tiny.peer(9), AddressScope.PRIVATE);
        DhtEffect.Reply reply = only(DhtEffect.Reply.class, core.handle(new DhtInput.Loaded(load, records), now))
                .getFirst();
        assertThat(reply.response().providers())
                .containsExactlyInAnyOrder(Tiny.info(1), new PeerInfo(Tiny.peer(2), List.of()));
    }

    @Test
    void a_crowd_of_candidates_is_bounded() {
        int asked = 0;
        for (int number = 1; number <= 5_000; number++) {
            asked += only(DhtEffect.Ask.class, core.handle(new DhtInput.PeerServes(Tiny.info(number)), now))
                    .size();
        }
        assertThat(asked).isEqualTo(TableKeeper.MAX_PROBES);
    }

    @Test
    void a_flood_of_invented_peers_and_providers_ends_a_search_in_bounds() {
        know(20);
        SplittableRandom random = new SplittableRandom(5);
        List<DhtEffect.Ask> open = new ArrayList<>();
        List<DhtEffect> effects =
                core.handle(new DhtInput.StartQuery(1, new Goal.FindProviders(KEY, 30), Duration.ofMinutes(5)), now);
        effects = both(effects, core.handle(new DhtInput.LoadedOwn(1, List.of()), now));
        int asked = 0;
        int found = 0;
        while (true) {
            found += only(DhtEffect.Found.class, effects).size();
            only(DhtEffect.Ask.class, effects).stream()
                    .filter(ask -> ask.request() instanceof Request.GetProviders)
                    .forEach(open::add);
            if (!only(DhtEffect.Finished.class, effects).isEmpty()) {
                break;
            }
            DhtEffect.Ask next = open.removeFirst();
            asked++;
            List<PeerInfo> lies = IntStream.range(0, 40)
                    .mapToObj(i -> Tiny.info(random.nextInt()))
                    .toList();
            List<PeerInfo> squatters = asked < 3 ? List.of() : lies.subList(0, 2);
            effects = core.handle(new DhtInput.Answered(next.ask(), new Response(lies, squatters), List.of()), now);
        }
        assertThat(found).isEqualTo(30);
        assertThat(asked).isLessThanOrEqualTo(Lookup.MAX_ASKED);
    }

    private static List<DhtEffect> both(List<DhtEffect> one, List<DhtEffect> other) {
        List<DhtEffect> all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    @Test
    void look_ups_at_once_are_bounded() {
        know(20);
        for (int query = 1; query <= KademliaCore.MAX_QUERIES; query++) {
            core.handle(new DhtInput.StartQuery(query, new Goal.Closest(KEY), Duration.ofMinutes(1)), now);
        }
        List<DhtEffect> refused =
                core.handle(new DhtInput.StartQuery(999, new Goal.Closest(KEY), Duration.ofMinutes(1)), now);
        assertThat(only(DhtEffect.Finished.class, refused).getFirst().failure()).contains("too many");
    }

    @Test
    void a_look_up_ends_with_its_time_and_gives_up_what_is_under_way() {
        know(3);
        core.handle(new DhtInput.StartQuery(1, new Goal.Closest(KEY), Duration.ofSeconds(3)), now);
        now = now.plusSeconds(3);
        List<DhtEffect> effects = core.wake(now);
        assertThat(only(DhtEffect.Finished.class, effects).getFirst().failure())
                .isEqualTo("no peer answered before the time was over");
        assertThat(only(DhtEffect.Abandon.class, effects)).hasSize(3);
    }

    @Test
    void a_node_without_an_address_says_that_it_has_nothing_to_announce() {
        know(3);
        core.handle(new DhtInput.OwnAddresses(List.of()), now);
        List<DhtEffect> effects = new ArrayList<>(
                core.handle(new DhtInput.StartQuery(1, new Goal.Provide(KEY), Duration.ofMinutes(1)), now));
        for (int i = 0; i < effects.size(); i++) {
            if (effects.get(i) instanceof DhtEffect.Ask ask) {
                effects.addAll(core.handle(new DhtInput.Answered(ask.ask(), Response.EMPTY, List.of()), now));
            }
        }
        assertThat(only(DhtEffect.Finished.class, effects).getFirst().failure())
                .isEqualTo("this node has no address to announce");
    }

    @Test
    void a_refresh_key_shares_the_prefix_of_its_bucket_and_has_a_peers_form() throws Exception {
        Refresh refresh = new Refresh(Tiny.peer(0), new SplittableRandom(3));
        for (int bucket = 0; bucket <= Refresh.MAX_BUCKET; bucket++) {
            Bytes key = refresh.inBucket(bucket).orElseThrow();
            assertThat(Key.of(key).commonPrefix(Key.of(Tiny.peer(0)))).isEqualTo(bucket);
            assertThat(PeerId.parse(key.toArray()).bytes()).isEqualTo(key);
        }
    }

    @Test
    void announcements_are_spread_and_renewed_when_addresses_change() {
        Announcer announcer = new Announcer(new SplittableRandom(9));
        Bytes here = Bytes.fromHex("aa");
        announcer.addresses(here, now);
        for (int i = 0; i < 10; i++) {
            announcer.add(SimulatedKademlia.repository(i), now);
        }
        List<Instant> due = new ArrayList<>();
        for (List<Bytes> keys = announcer.start(now); !keys.isEmpty(); keys = announcer.start(now)) {
            assertThat(keys).hasSizeLessThanOrEqualTo(Announcer.MAX_RUNNING);
            keys.forEach(key -> announcer.done(key, 20, here, now));
            due.add(announcer.nextDeadline());
        }
        assertThat(due.getLast())
                .isBetween(
                        now.plus(Announcer.INTERVAL),
                        now.plus(Announcer.INTERVAL).plus(Announcer.SPREAD));
        assertThat(announcer.start(now)).isEmpty();
        announcer.addresses(Bytes.fromHex("bb"), now);
        assertThat(announcer.start(now)).hasSize(Announcer.MAX_RUNNING);
    }

    @Test
    void an_announcement_that_nobody_took_is_tried_again_later_and_later() {
        Announcer announcer = new Announcer(new SplittableRandom(9));
        announcer.add(KEY, now);
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            assertThat(announcer.start(now)).containsExactly(KEY);
            assertThat(announcer.done(KEY, 0, Bytes.EMPTY, now)).isEmpty();
            waits.add(Duration.between(now, announcer.nextDeadline()));
            now = announcer.nextDeadline();
        }
        assertThat(waits).containsExactly(Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofMinutes(2));
    }
}
