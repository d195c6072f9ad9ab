package network.guts.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Keys;
import org.junit.jupiter.api.Test;

class DialRankingTest {
    private static final String TCP4 = "/ip4/198.51.100.1/tcp/1";
    private static final String OTHER_TCP4 = "/ip4/198.51.100.2/tcp/1";
    private static final String TCP6 = "/ip6/2001:db8::1/tcp/1";
    private static final String QUIC4 = "/ip4/198.51.100.1/udp/1/quic-v1";
    private static final String QUIC6 = "/ip6/2001:db8::1/udp/1/quic-v1";
    private static final String HOME_TCP = "/ip4/192.168.1.7/tcp/1";
    private static final String HOME_QUIC = "/ip4/192.168.1.7/udp/1/quic-v1";
    private static final String RELAYED = TCP4 + "/p2p/" + Keys.peer(9) + "/p2p-circuit";
    private static final List<String> ALL = List.of(TCP4, OTHER_TCP4, TCP6, QUIC4, QUIC6, HOME_TCP, HOME_QUIC, RELAYED);

    private static List<String> plan(String... addresses) {
        List<Multiaddr> parsed = Stream.of(addresses).map(Keys::address).toList();
        return DialRanking.rank(parsed).stream()
                .map(planned -> planned.delay().toMillis() + " " + planned.address())
                .toList();
    }

    @Test
    void anOnlyAddressNeedNotWait() {
        for (String each : ALL) {
            assertThat(plan(each)).containsExactly("0 " + each);
        }
    }

    @Test
    void quicIsBeforeTcpAndIpv6AndIpv4TakeTurns() {
        assertThat(plan(TCP4, TCP6, QUIC4, QUIC6))
                .containsExactly("0 " + QUIC6, "250 " + QUIC4, "250 " + TCP6, "500 " + TCP4);
        assertThat(plan(TCP4, OTHER_TCP4, TCP6)).containsExactly("0 " + TCP6, "250 " + TCP4, "500 " + OTHER_TCP4);
    }

    @Test
    void nearbyAndPublicAddressesBeginAtOnce() {
        assertThat(plan(TCP4, QUIC4, HOME_TCP, HOME_QUIC))
                .containsExactly("0 " + HOME_QUIC, "0 " + QUIC4, "30 " + HOME_TCP, "250 " + TCP4);
    }

    @Test
    void relaysComeLast() {
        assertThat(plan(RELAYED, TCP4)).containsExactly("0 " + TCP4, "500 " + RELAYED);
    }

    @Test
    void whatWorkedBeforeStaysFirst() {
        assertThat(plan(OTHER_TCP4, TCP4)).containsExactly("0 " + OTHER_TCP4, "250 " + TCP4);
        assertThat(plan(TCP4, OTHER_TCP4)).containsExactly("0 " + TCP4, "250 " + OTHER_TCP4);
    }

    @Test
    void everyAddressHasOneTurnWhateverTheOrder() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<String> some = new ArrayList<>(ALL);
            Collections.shuffle(some, random);
            some = some.subList(0, random.nextInt(some.size() + 1));
            List<Multiaddr> parsed = some.stream().map(Keys::address).toList();
            List<DialRanking.Planned> plan = DialRanking.rank(parsed);
            assertThat(plan)
                    .as("seed " + seed)
                    .extracting(DialRanking.Planned::address)
                    .containsExactlyInAnyOrderElementsOf(parsed);
            assertThat(plan)
                    .as("seed " + seed)
                    .extracting(DialRanking.Planned::delay)
                    .isSorted();
        }
        assertThat(DialRanking.rank(List.of())).isEmpty();
    }
}
