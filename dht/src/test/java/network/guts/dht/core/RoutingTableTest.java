package network.guts.dht.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RoutingTableTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant LATER = NOW.plusSeconds(60);
    private final RoutingTable table = new RoutingTable(Tiny.key(0b0000_0000), 2, RoutingTable.GroupLimits.DEFAULT);

    @Test
    void an_entry_lies_in_the_bucket_of_its_common_prefix() {
        table.proved(Tiny.contact(0b1000_0000), NOW);
        table.proved(Tiny.contact(0b0010_0000), NOW);
        assertThat(table.rows()).extracting(RoutingTable.TableRow::bucket).containsExactly(0, 2);
        assertThat(table.deepest()).isEqualTo(2);
    }

    @Test
    void a_node_is_not_in_its_own_table() {
        assertThat(table.proved(Tiny.contact(0), NOW)).isFalse();
        assertThat(table.size()).isZero();
    }

    @Test
    void a_full_bucket_keeps_who_lives_and_takes_the_newcomer_when_one_dies() {
        Contact first = Tiny.contact(0b1000_0001);
        table.proved(first, NOW);
        table.proved(Tiny.contact(0b1000_0010), NOW);
        Contact newcomer = Tiny.contact(0b1000_0011);
        assertThat(table.hasRoom(newcomer)).isFalse();
        assertThat(table.proved(newcomer, NOW)).isFalse();
        assertThat(table.find(first)).isPresent();

        assertThat(table.remove(first)).containsExactly(newcomer);
        assertThat(table.proved(newcomer, LATER)).isTrue();
        assertThat(table.size()).isEqualTo(2);
    }

    @Test
    void waiting_newcomers_are_bounded() {
        table.proved(Tiny.contact(0b1000_0001), NOW);
        table.proved(Tiny.contact(0b1000_0010), NOW);
        for (int i = 0b1000_0011; i < 0b1100_0000; i++) {
            table.proved(Tiny.contact(i), NOW);
        }
        assertThat(table.remove(Tiny.contact(0b1000_0001))).hasSize(2);
    }

    @Test
    void proof_of_life_is_renewed_and_third_parties_do_not_move_an_entry() {
        table.proved(Tiny.contact(9), NOW);
        table.proved(Tiny.contact(9, "/ip4/10.9.9.9/tcp/1"), LATER);
        RoutingTable.TableRow row = table.rows().getFirst();
        assertThat(row.added()).isEqualTo(NOW);
        assertThat(row.proved()).isEqualTo(LATER);
        assertThat(row.contact().addresses()).containsExactly(Tiny.address("/ip4/10.0.0.9/tcp/4001"));

        table.moved(Tiny.contact(9, "/ip4/10.9.9.9/tcp/1"));
        assertThat(table.rows().getFirst().contact().addresses()).containsExactly(Tiny.address("/ip4/10.9.9.9/tcp/1"));
    }

    @Test
    void public_addresses_of_one_group_are_limited_in_a_bucket_and_in_all() {
        RoutingTable large = new RoutingTable(Tiny.key(0), 20, RoutingTable.GroupLimits.DEFAULT);
        assertThat(large.proved(Tiny.contact(0b1000_0000, "/ip4/5.6.0.1/tcp/1"), NOW))
                .isTrue();
        assertThat(large.proved(Tiny.contact(0b1000_0001, "/ip4/5.6.9.9/tcp/1"), NOW))
                .isTrue();
        assertThat(large.proved(Tiny.contact(0b1000_0010, "/ip4/5.6.0.3/tcp/1"), NOW))
                .isFalse();
        assertThat(large.proved(Tiny.contact(0b1000_0011, "/ip4/5.7.0.3/tcp/1"), NOW))
                .isTrue();
        assertThat(large.proved(Tiny.contact(0b0100_0000, "/ip4/5.6.0.4/tcp/1"), NOW))
                .isTrue();
        assertThat(large.proved(Tiny.contact(0b0010_0000, "/ip4/5.6.0.5/tcp/1"), NOW))
                .isFalse();
        assertThat(large.proved(Tiny.contact(0b0010_0001, "/ip6/2a00:1::1/tcp/1"), NOW))
                .isTrue();
        assertThat(large.proved(Tiny.contact(0b0010_0010, "/ip6/2a00:1:5::1/tcp/1"), NOW))
                .isTrue();
        assertThat(large.proved(Tiny.contact(0b0010_0011, "/ip6/2a00:1:6::1/tcp/1"), NOW))
                .isFalse();
    }

    @Test
    void private_and_loopback_addresses_are_not_limited() {
        RoutingTable large = new RoutingTable(Tiny.key(0), 64, RoutingTable.GroupLimits.DEFAULT);
        List<String> hosts = List.of(
                "/ip4/127.0.0.1",
                "/ip4/10.1.2.3",
                "/ip4/172.17.0.2",
                "/ip4/192.168.1.1",
                "/ip6/::1",
                "/ip6/fd00::1",
                "/ip6/fe80::1");
        for (int i = 0; i < 42; i++) {
            String address = hosts.get(i % hosts.size()) + "/tcp/" + (1000 + i);
            assertThat(large.proved(Tiny.contact(128 + i, address), NOW))
                    .as(address)
                    .isTrue();
        }
    }

    @Test
    void the_closest_are_those_that_sorting_everything_would_give() {
        for (int seed = 0; seed < 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            RoutingTable large = new RoutingTable(Tiny.key(random.nextInt(256)), 8, RoutingTable.GroupLimits.DEFAULT);
            for (int i = 0; i < 60; i++) {
                large.proved(Tiny.contact(random.nextInt(256)), NOW);
            }
            Key target = Tiny.key(random.nextInt(256));
            List<Contact> all = new ArrayList<>();
            large.rows().forEach(row -> all.add(row.contact()));
            Comparator<Contact> byDistance = (a, b) -> target.compareDistances(a.key(), b.key());
            all.sort(byDistance);
            assertThat(large.closest(target, 7)).as("seed " + seed).isEqualTo(all.subList(0, Math.min(7, all.size())));
        }
    }
}
