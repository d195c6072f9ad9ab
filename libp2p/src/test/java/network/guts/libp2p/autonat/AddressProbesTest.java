package network.guts.libp2p.autonat;

import static network.guts.core.host.Reachability.PRIVATE;
import static network.guts.core.host.Reachability.PUBLIC;
import static network.guts.core.host.Reachability.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.host.Reachability;
import network.guts.libp2p.Keys;
import network.guts.libp2p.autonat.AddressProbes.Outcome;
import network.guts.libp2p.autonat.AddressProbes.Probe;
import network.guts.libp2p.autonat.AddressProbes.Server;
import network.guts.libp2p.tcp.IpClass;
import org.junit.jupiter.api.Test;

class AddressProbesTest {
    private static final Multiaddr TCP = Keys.address("/ip4/198.51.100.7/tcp/9000");
    private static final Multiaddr QUIC = Keys.address("/ip4/198.51.100.7/udp/9000/quic-v1");
    private static final Multiaddr HOME = Keys.address("/ip4/192.168.1.7/tcp/9000");

    private final AddressProbes probes = new AddressProbes();
    private Instant now = Instant.parse("2026-06-01T12:00:00Z");

    private static Server server(int number) {
        return new Server(Keys.key(number).peerId(), "network " + number, IpClass.PUBLIC);
    }

    private static List<Server> servers(int count) {
        List<Server> servers = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            servers.add(server(number));
        }
        return servers;
    }

    private Probe next(List<Server> servers) {
        return probes.next(servers, now).orElseThrow();
    }

    private void answer(Probe probe, boolean reached) {
        probes.done(probe, new Outcome.Dialled(probe.addresses().getFirst(), reached), now);
    }

    /** Has as many answers given as are asked for. */
    private int answerAll(List<Server> servers, boolean reached) {
        int asked = 0;
        for (Optional<Probe> probe = probes.next(servers, now); probe.isPresent(); probe = probes.next(servers, now)) {
            answer(probe.get(), reached);
            asked++;
        }
        return asked;
    }

    private Reachability verdict(Multiaddr address) {
        return probes.verdicts(now).getOrDefault(address, UNKNOWN);
    }

    @Test
    void an_address_is_what_two_different_servers_say_and_a_third_is_asked() {
        probes.addresses(List.of(TCP));
        answer(next(servers(5)), true);
        assertThat(verdict(TCP)).isEqualTo(UNKNOWN);
        assertThat(probes.host(now)).isEqualTo(UNKNOWN);
        answer(next(servers(5)), true);
        assertThat(verdict(TCP)).isEqualTo(PUBLIC);
        assertThat(probes.host(now)).isEqualTo(PUBLIC);
        answer(next(servers(5)), true);
        assertThat(probes.next(servers(5), now)).isEmpty();
    }

    @Test
    void peers_of_one_network_have_one_vote() {
        probes.addresses(List.of(TCP));
        List<Server> crowd = new ArrayList<>();
        for (int number = 1; number <= 20; number++) {
            crowd.add(new Server(Keys.key(number).peerId(), "one network", IpClass.PUBLIC));
        }
        assertThat(answerAll(crowd, true)).isEqualTo(1);
        now = now.plus(AddressProbes.RETRY);
        assertThat(answerAll(crowd, true)).isEqualTo(1);
        assertThat(verdict(TCP)).isEqualTo(UNKNOWN);
    }

    @Test
    void a_single_answer_does_not_change_a_verdict_and_several_do() {
        probes.addresses(List.of(TCP));
        answerAll(servers(3), true);
        now = now.plus(AddressProbes.REFRESH);
        answer(next(servers(3)), false);
        assertThat(verdict(TCP)).isEqualTo(PUBLIC);
        // The contradiction is looked into at once, not after an hour.
        answer(next(servers(3)), false);
        assertThat(verdict(TCP)).isEqualTo(PUBLIC);
        answer(next(servers(3)), false);
        assertThat(verdict(TCP)).isEqualTo(PRIVATE);
        assertThat(probes.host(now)).isEqualTo(PRIVATE);
    }

    @Test
    void what_is_settled_is_looked_at_again_after_an_hour() {
        probes.addresses(List.of(TCP));
        answerAll(servers(3), true);
        now = now.plus(AddressProbes.REFRESH.minusSeconds(1));
        assertThat(probes.next(servers(3), now)).isEmpty();
        now = now.plusSeconds(1);
        assertThat(answerAll(servers(3), true)).isEqualTo(1);
    }

    @Test
    void old_answers_do_not_count() {
        probes.addresses(List.of(TCP));
        answerAll(servers(3), true);
        now = now.plus(AddressProbes.VOTE_TTL);
        assertThat(verdict(TCP)).isEqualTo(UNKNOWN);
        assertThat(probes.host(now)).isEqualTo(UNKNOWN);
    }

    @Test
    void only_who_is_as_far_away_as_the_address_reaches_is_asked() {
        probes.addresses(List.of(TCP, HOME));
        Server neighbour = new Server(Keys.key(1).peerId(), "neighbour", IpClass.PRIVATE);
        assertThat(next(List.of(neighbour)).addresses()).containsExactly(HOME);
        assertThat(next(List.of(server(2))).addresses()).containsExactly(TCP);
        Server here = new Server(Keys.key(3).peerId(), "here", IpClass.LOOPBACK);
        assertThat(probes.next(List.of(here), now)).isEmpty();
    }

    @Test
    void the_host_is_judged_by_its_addresses_that_reach_farthest() {
        probes.addresses(List.of(TCP, HOME));
        for (int number = 1; number <= 2; number++) {
            answer(next(List.of(new Server(Keys.key(10 + number).peerId(), "n" + number, IpClass.PRIVATE))), true);
        }
        assertThat(verdict(HOME)).isEqualTo(PUBLIC);
        assertThat(probes.host(now)).isEqualTo(UNKNOWN);
        answerAll(servers(3), false);
        assertThat(probes.host(now)).isEqualTo(PRIVATE);
    }

    @Test
    void a_request_names_the_others_too_and_the_one_that_was_dialled_gets_the_vote() {
        probes.addresses(List.of(TCP, QUIC));
        Probe probe = next(servers(1));
        assertThat(probe.addresses()).containsExactly(TCP, QUIC);
        probes.done(probe, new Outcome.Dialled(QUIC, true), now);
        answer(next(List.of(server(2))), true);
        answer(next(List.of(server(3))), true);
        assertThat(verdict(TCP)).isEqualTo(PUBLIC);
        assertThat(verdict(QUIC)).isEqualTo(UNKNOWN);
    }

    @Test
    void what_nobody_wants_to_dial_is_left_alone_for_a_while_and_does_not_hold_up_the_verdict() {
        Multiaddr six = Keys.address("/ip6/2001:db8::7/tcp/9000");
        probes.addresses(List.of(six, TCP));
        List<Server> many = servers(20);
        for (int i = 0; i < AddressProbes.MAX_REFUSALS; i++) {
            Probe probe = next(many);
            assertThat(probe.addresses().getFirst()).isEqualTo(six);
            probes.done(probe, new Outcome.Refused(), now);
        }
        answerAll(many, false);
        assertThat(verdict(TCP)).isEqualTo(PRIVATE);
        assertThat(probes.host(now)).isEqualTo(PRIVATE);
        now = now.plus(AddressProbes.RETRY);
        assertThat(next(many).addresses().getFirst()).isEqualTo(six);
    }

    @Test
    void an_unreachable_host_stays_so_while_a_new_address_is_looked_at() {
        probes.addresses(List.of(TCP));
        answerAll(servers(3), false);
        assertThat(probes.host(now)).isEqualTo(PRIVATE);
        probes.addresses(List.of(TCP, QUIC));
        assertThat(verdict(QUIC)).isEqualTo(UNKNOWN);
        assertThat(probes.host(now)).isEqualTo(PRIVATE);
        now = now.plus(AddressProbes.PAUSE);
        answerAll(servers(3), true);
        assertThat(verdict(QUIC)).isEqualTo(PUBLIC);
        assertThat(probes.host(now)).isEqualTo(PUBLIC);
    }

    @Test
    void a_server_pauses_between_requests_and_longer_after_a_failure() {
        probes.addresses(List.of(TCP, QUIC));
        Probe probe = next(servers(1));
        answer(probe, true);
        assertThat(probes.next(servers(1), now)).isEmpty();
        now = now.plus(AddressProbes.PAUSE);
        Probe second = next(servers(1));
        assertThat(second.addresses()).containsExactly(QUIC);
        probes.done(second, new Outcome.Failed(), now);
        now = now.plus(AddressProbes.PAUSE);
        assertThat(probes.next(servers(1), now)).isEmpty();
        now = now.plus(AddressProbes.FAILURE_PAUSE);
        assertThat(probes.next(servers(1), now)).isPresent();
        assertThat(verdict(QUIC)).isEqualTo(UNKNOWN);
    }

    @Test
    void few_requests_run_side_by_side_and_one_for_each_voter() {
        List<Multiaddr> many = new ArrayList<>();
        for (int port = 1; port <= 100; port++) {
            many.add(Keys.address("/ip4/198.51.100.7/tcp/" + port));
        }
        probes.addresses(many);
        assertThat(probes.verdicts(now)).hasSize(AddressProbes.MAX_ADDRESSES);
        assertThat(next(servers(1)).addresses()).hasSize(AddressProbes.MAX_PER_REQUEST);
        assertThat(probes.next(servers(1), now)).isEmpty();
        next(servers(5));
        next(servers(5));
        assertThat(probes.next(servers(5), now)).isEmpty();
    }

    @Test
    void an_answer_about_an_address_that_is_gone_changes_nothing() {
        probes.addresses(List.of(TCP));
        Probe probe = next(servers(1));
        probes.addresses(List.of(QUIC));
        answer(probe, true);
        assertThat(probes.verdicts(now)).containsOnlyKeys(QUIC);
        now = now.plus(Duration.ofMinutes(1));
        assertThat(next(servers(1)).addresses()).containsExactly(QUIC);
    }

    @Test
    void votes_that_contradict_each_other_are_bounded() {
        probes.addresses(List.of(TCP));
        List<Server> many = servers(40);
        int asked = 0;
        boolean reached = false;
        for (Optional<Probe> probe = probes.next(many, now);
                probe.isPresent() && asked < 40;
                probe = probes.next(many, now)) {
            answer(probe.get(), reached);
            reached = !reached;
            asked++;
        }
        assertThat(asked).isLessThanOrEqualTo(AddressProbes.MAX_RECENT);
        assertThat(verdict(TCP)).isEqualTo(UNKNOWN);
    }
}
