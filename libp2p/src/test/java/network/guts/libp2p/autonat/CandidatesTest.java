package network.guts.libp2p.autonat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import network.guts.core.Multiaddr;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.host.Reachability;
import network.guts.libp2p.Keys;
import network.guts.libp2p.NatConfig.Scope;
import network.guts.libp2p.autonat.Candidates.Observation;
import network.guts.libp2p.tcp.IpClass;
import org.junit.jupiter.api.Test;

class CandidatesTest {
    private static final Multiaddr HOME = Keys.address("/ip4/192.168.1.7/tcp/9000");
    private static final Multiaddr HOME_QUIC = Keys.address("/ip4/192.168.1.7/udp/9000/quic-v1");
    private static final List<Multiaddr> LISTENING =
            List.of(HOME, HOME_QUIC, Keys.address("/ip4/127.0.0.1/tcp/9000"), Keys.address("/ip6/::1/tcp/9000"));

    private Instant now = Instant.parse("2026-06-01T12:00:00Z");

    private Observation seen(String observed, String from, Direction direction) {
        Multiaddr address = Keys.address(from);
        return new Observation(
                Keys.address(observed),
                new ConnectionInfo(1, Keys.peer(from.hashCode()), address, direction, "t", "s", "m", now));
    }

    private List<Multiaddr> all(Candidates candidates, Observation... observations) {
        return candidates.all(LISTENING, LISTENING, List.of(observations), now);
    }

    @Test
    void a_host_behind_a_router_guesses_that_its_ports_are_forwarded() {
        Candidates candidates = new Candidates(IpClass.PUBLIC);
        Observation one = seen("/ip4/198.51.100.7/tcp/33333", "/ip4/203.0.113.1/tcp/4001", Direction.OUTBOUND);
        Observation other = seen("/ip4/198.51.100.7/tcp/44444", "/ip4/203.0.113.2/tcp/4001", Direction.OUTBOUND);
        assertThat(all(candidates, one)).isEmpty();
        assertThat(all(candidates, one, other))
                .containsExactly(
                        Keys.address("/ip4/198.51.100.7/tcp/9000"), Keys.address("/ip4/198.51.100.7/udp/9000/quic-v1"));
        now = now.plus(Candidates.TTL).minusSeconds(1);
        assertThat(all(candidates)).hasSize(2);
        now = now.plusSeconds(1);
        assertThat(all(candidates)).isEmpty();
    }

    @Test
    void where_quic_leaves_the_router_others_may_come_in() {
        Candidates candidates = new Candidates(IpClass.PUBLIC);
        String mapped = "/ip4/198.51.100.7/udp/33333/quic-v1";
        assertThat(all(
                        candidates,
                        seen(mapped, "/ip4/203.0.113.1/udp/4001/quic-v1", Direction.OUTBOUND),
                        seen(mapped, "/ip4/203.0.113.2/udp/4001/quic-v1", Direction.OUTBOUND)))
                .contains(Keys.address(mapped));
    }

    @Test
    void a_liar_or_one_who_stands_nearby_does_not_make_a_public_address() {
        Candidates candidates = new Candidates(IpClass.LOOPBACK);
        assertThat(all(
                        candidates,
                        seen("/ip4/198.51.100.7/tcp/9000", "/ip4/192.168.1.1/tcp/4001", Direction.INBOUND),
                        seen("/ip4/198.51.100.7/tcp/9000", "/ip4/192.168.1.2/tcp/4001", Direction.INBOUND)))
                .containsExactlyElementsOf(LISTENING);
    }

    @Test
    void the_scope_says_which_addresses_are_worth_asking_about() {
        assertThat(all(new Candidates(IpClass.PUBLIC))).isEmpty();
        assertThat(all(new Candidates(IpClass.PRIVATE))).containsExactly(HOME, HOME_QUIC);
        assertThat(all(new Candidates(IpClass.LOOPBACK))).containsExactlyElementsOf(LISTENING);
    }

    @Test
    void inventions_of_many_liars_are_bounded() {
        Candidates candidates = new Candidates(IpClass.PUBLIC);
        List<Observation> lies = new ArrayList<>();
        for (int port = 1; port <= 500; port++) {
            lies.add(seen("/ip4/198.51.100.7/tcp/" + port, "/ip4/203.0.113.1/tcp/4001", Direction.INBOUND));
            lies.add(seen("/ip4/198.51.100.7/tcp/" + port, "/ip4/203.0.113.2/tcp/4001", Direction.INBOUND));
        }
        assertThat(all(candidates, lies.toArray(Observation[]::new))).hasSize(Candidates.MAX_SEEN);
    }

    @Test
    void what_is_known_to_be_unreachable_is_not_told_on_the_public_network() {
        Multiaddr announced = Keys.address("/ip4/198.51.100.7/tcp/1");
        Multiaddr bad = Keys.address("/ip4/198.51.100.7/tcp/2");
        Multiaddr open = Keys.address("/ip4/198.51.100.7/tcp/3");
        Multiaddr guessed = Keys.address("/ip4/198.51.100.7/tcp/4");
        Map<Multiaddr, Reachability> verdicts = Map.of(
                announced, Reachability.PRIVATE,
                bad, Reachability.PRIVATE,
                open, Reachability.UNKNOWN,
                guessed, Reachability.PUBLIC);
        assertThat(ToldAddresses.of(Scope.PUBLIC, List.of(announced), List.of(bad, open, HOME), verdicts))
                .containsExactly(announced, open, HOME, guessed);
        assertThat(ToldAddresses.of(Scope.PRIVATE, List.of(announced), List.of(bad, open, HOME), verdicts))
                .containsExactly(announced, bad, open, HOME, guessed);
    }
}
