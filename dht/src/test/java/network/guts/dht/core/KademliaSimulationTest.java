package network.guts.dht.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.simulation.NetworkModel;
import org.junit.jupiter.api.Test;

/** Whole networks in virtual time. */
class KademliaSimulationTest {
    private static List<PeerId> peers(List<PeerInfo> infos) {
        return infos.stream().map(PeerInfo::peer).toList();
    }

    @Test
    void every_provided_key_is_found_from_everywhere() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(200, 11, NetworkModel.CALM);
        for (int i = 0; i < 10; i++) {
            DhtEffect.Finished provided = all.run(1 + 19 * i, new Goal.Provide(SimulatedKademlia.repository(i)));
            assertThat(provided.failure()).isEmpty();
            assertThat(provided.count()).isEqualTo(Parameters.K);
        }
        for (int asker = 1; asker <= 200; asker++) {
            int repository = asker % 10;
            int provider = 1 + 19 * repository;
            if (asker != provider) {
                assertThat(peers(all.providers(asker, SimulatedKademlia.repository(repository))))
                        .as("node %d asks for repository %d", asker, repository)
                        .containsExactly(Tiny.peer(provider));
            }
        }
    }

    @Test
    void a_lookup_finds_the_truly_closest() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(150, 12, NetworkModel.CALM);
        int right = 0;
        for (int i = 0; i < 20; i++) {
            Bytes key = SimulatedKademlia.repository(i);
            int asker = 1 + 7 * i;
            List<PeerId> expected = new ArrayList<>(all.trulyClosest(key, Parameters.K + 1));
            expected.remove(Tiny.peer(asker));
            List<PeerId> found = peers(all.run(asker, new Goal.Closest(key)).peers());
            assertThat(found).hasSize(Parameters.K);
            right += (int) found.stream()
                    .filter(expected.subList(0, Parameters.K)::contains)
                    .count();
        }
        assertThat(right).as("of 400").isGreaterThan(390);
    }

    @Test
    void keys_are_found_with_a_third_of_the_nodes_dead() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(120, 13, NetworkModel.CALM);
        all.run(1, new Goal.Provide(SimulatedKademlia.repository(1)));
        for (int number = 2; number <= 120; number++) {
            if (number % 10 < 3) {
                all.kill(number);
            }
        }
        int found = 0;
        int asked = 0;
        for (int asker = 3; asker <= 120; asker += 4) {
            if (asker % 10 >= 3) {
                asked++;
                found += all.providers(asker, SimulatedKademlia.repository(1)).size();
            }
        }
        assertThat(found).isEqualTo(asked).isGreaterThan(10);
    }

    @Test
    void keys_are_found_where_messages_are_lost() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(100, 14, NetworkModel.CALM.withLoss(0.1));
        assertThat(all.run(1, new Goal.Provide(SimulatedKademlia.repository(1))).count())
                .isGreaterThan(10);
        for (int asker = 2; asker <= 100; asker += 7) {
            assertThat(peers(all.providers(asker, SimulatedKademlia.repository(1))))
                    .as(
                            "node %d: %s, table of %d",
                            asker,
                            all.node(asker).finished.values(),
                            all.node(asker).core.table().size())
                    .containsExactly(Tiny.peer(1));
        }
    }

    @Test
    void keys_are_found_while_nodes_come_and_go() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(100, 15, NetworkModel.CALM);
        all.run(1, new Goal.Provide(SimulatedKademlia.repository(1)));
        SplittableRandom random = new SplittableRandom(15);
        int next = 101;
        for (int round = 0; round < 40; round++) {
            List<Integer> running = new ArrayList<>(all.simulation.running());
            int leaving = running.get(1 + random.nextInt(running.size() - 1));
            all.kill(leaving);
            running.remove(Integer.valueOf(leaving));
            all.start(next++, true, List.of(running.get(random.nextInt(running.size()))));
            all.simulation.run(Duration.ofMinutes(1));
            int asker = running.get(1 + random.nextInt(running.size() - 1));
            assertThat(peers(all.providers(asker, SimulatedKademlia.repository(1))))
                    .as("round %d, node %d", round, asker)
                    .containsExactly(Tiny.peer(1));
        }
    }

    @Test
    void the_dead_leave_the_tables() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(60, 16, NetworkModel.CALM);
        for (int number = 41; number <= 60; number++) {
            all.kill(number);
        }
        all.simulation.run(Duration.ofMinutes(25));
        for (int number = 1; number <= 40; number++) {
            assertThat(all.node(number).core.table().rows())
                    .as("table of " + number)
                    .isNotEmpty()
                    .allSatisfy(row -> assertThat(all.simulation.running())
                            .contains(all.numbers.get(row.contact().peer())));
        }
    }

    @Test
    void a_record_is_republished_after_22_hours_and_lives_on() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(24, 17, NetworkModel.CALM);
        Bytes key = SimulatedKademlia.repository(1);
        all.run(1, new Goal.Provide(key));
        all.simulation.run(Duration.ofHours(24));
        List<java.time.Instant> announcements = all.node(1).announcements;
        assertThat(announcements).hasSize(2);
        assertThat(Duration.between(announcements.get(0), announcements.get(1)))
                .isBetween(
                        Announcer.INTERVAL,
                        Announcer.INTERVAL.plus(Announcer.SPREAD).plusMinutes(1));
        all.simulation.run(Duration.ofHours(30));
        List<PeerInfo> found = all.providers(20, key);
        assertThat(found).containsExactly(Tiny.info(1));
    }

    @Test
    void a_dead_providers_addresses_expire_after_24_hours_and_its_record_after_48() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(24, 18, NetworkModel.CALM);
        Bytes key = SimulatedKademlia.repository(1);
        all.run(1, new Goal.Provide(key));
        all.kill(1);
        all.simulation.run(Duration.ofHours(23));
        assertThat(all.providers(20, key)).containsExactly(Tiny.info(1));
        all.simulation.run(Duration.ofHours(2));
        assertThat(all.providers(20, key)).containsExactly(new PeerInfo(Tiny.peer(1), List.of()));
        all.simulation.run(Duration.ofHours(24));
        assertThat(all.providers(20, key)).isEmpty();
        assertThat(all.nodes.values())
                .allSatisfy(node -> assertThat(node.records(key)).isEmpty());
    }

    @Test
    void a_provider_that_restarts_goes_on_providing() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(24, 19, NetworkModel.CALM);
        Bytes key = SimulatedKademlia.repository(1);
        all.run(1, new Goal.Provide(key));
        all.kill(1);
        all.simulation.run(Duration.ofHours(30));
        all.start(1, true, List.of(2, 3));
        all.simulation.run(Duration.ofMinutes(2));
        assertThat(all.node(1).announcements).hasSize(1);
        assertThat(all.providers(20, key)).containsExactly(Tiny.info(1));
    }

    @Test
    void a_client_asks_and_is_in_nobodys_table() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(40, 20, NetworkModel.CALM);
        all.start(100, false, List.of(1));
        all.simulation.run(Duration.ofMinutes(30));
        all.run(5, new Goal.Provide(SimulatedKademlia.repository(1)));
        assertThat(peers(all.providers(100, SimulatedKademlia.repository(1)))).containsExactly(Tiny.peer(5));
        assertThat(all.node(100).core.table().size()).isGreaterThan(20);
        all.nodes
                .values()
                .forEach(node -> assertThat(node.core.table().rows())
                        .extracting(row -> row.contact().peer())
                        .doesNotContain(Tiny.peer(100)));
    }

    @Test
    void a_network_that_lost_every_node_but_one_joins_again() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(10, 21, NetworkModel.CALM);
        for (int number = 2; number <= 10; number++) {
            all.kill(number);
        }
        all.simulation.run(Duration.ofMinutes(30));
        assertThat(all.node(1).core.table().size()).isZero();
        for (int number = 2; number <= 10; number++) {
            all.start(number, true, List.of(1));
        }
        all.simulation.run(Duration.ofMinutes(1));
        all.nodes
                .values()
                .forEach(node -> assertThat(node.core.table().size())
                        .as("table of " + node.number)
                        .isEqualTo(9));
    }

    @Test
    void a_failed_lookup_says_whom_it_asked_and_what_each_said() {
        SimulatedKademlia all = SimulatedKademlia.ofServers(5, 22, NetworkModel.CALM);
        for (int number = 2; number <= 5; number++) {
            all.kill(number);
        }
        DhtEffect.Finished finished = all.run(1, new Goal.Closest(SimulatedKademlia.repository(1)));
        assertThat(finished.failure()).isEqualTo("no peer answered");
        assertThat(finished.asked())
                .hasSize(4)
                .allSatisfy((peer, said) -> assertThat(said).isEqualTo("failed: connection refused"));
    }

    @Test
    void the_same_seed_replays_the_same_run() {
        assertThat(digest(23)).isEqualTo(digest(23)).isNotEqualTo(digest(24));
    }

    private static long digest(long seed) {
        SimulatedKademlia all = SimulatedKademlia.ofServers(40, seed, NetworkModel.CALM.withLoss(0.05));
        all.run(7, new Goal.Provide(SimulatedKademlia.repository(1)));
        all.providers(33, SimulatedKademlia.repository(1));
        return all.simulation.digest();
    }
}
