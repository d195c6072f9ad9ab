package network.guts.libp2p.identify;

import static network.guts.libp2p.Keys.address;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import network.guts.core.Multiaddr;
import org.junit.jupiter.api.Test;

class ObservedAddressesTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final Multiaddr OURS = address("/ip4/198.51.100.7/tcp/9000");
    private final ObservedAddresses observed = new ObservedAddresses();

    private boolean say(Multiaddr address, String observer, Instant now) {
        return observed.observed(address, InetAddress.ofLiteral(observer), true, now);
    }

    @Test
    void severalNetworksMustAgree() {
        assertThat(say(OURS, "203.0.113.1", NOW)).isFalse();
        assertThat(say(OURS, "203.0.113.1", NOW)).isFalse();
        assertThat(say(OURS, "203.0.113.2", NOW)).isFalse();
        assertThat(say(OURS, "2001:db8:0:1::1", NOW)).isFalse();
        assertThat(say(OURS, "2001:db8:0:2::1", NOW)).as("the same /56").isFalse();
        assertThat(observed.confirmed(NOW)).isEmpty();
        assertThat(say(OURS, "203.0.113.3", NOW)).isTrue();
        assertThat(observed.confirmed(NOW)).containsExactly(OURS);
        assertThat(say(OURS, "203.0.113.4", NOW)).as("nothing new").isFalse();
    }

    @Test
    void whatCannotBeUsedIsNotCounted() {
        for (int i = 1; i < 10; i++) {
            InetAddress observer = InetAddress.ofLiteral("203.0.113." + i);
            assertThat(observed.observed(OURS, observer, false, NOW)).isFalse();
            say(address("/ip4/192.168.1.1/tcp/9000"), "203.0.113." + i, NOW);
            say(address("/ip4/127.0.0.1/tcp/9000"), "203.0.113." + i, NOW);
            say(address("/dns4/example/tcp/9000"), "203.0.113." + i, NOW);
            say(OURS, "192.168.1." + i, NOW);
            say(OURS, "127.0.0." + i, NOW);
        }
        assertThat(observed.confirmed(NOW)).isEmpty();
    }

    @Test
    void isForgottenWhenNobodySaysItAnyMore() {
        for (int i = 1; i <= 5; i++) {
            say(OURS, "203.0.113." + i, NOW.plusSeconds(i));
        }
        Instant later = NOW.plus(ObservedAddresses.TTL).plusSeconds(2);
        assertThat(observed.confirmed(later.minusSeconds(1))).containsExactly(OURS);
        assertThat(observed.confirmed(later.plus(Duration.ofSeconds(1)))).isEmpty();
    }

    @Test
    void inventedAddressesDoNotPushAConfirmedOneOut() {
        for (int i = 1; i <= ObservedAddresses.CONFIRMATIONS; i++) {
            say(OURS, "203.0.113." + i, NOW);
        }
        for (int i = 0; i < 1000; i++) {
            say(address("/ip4/198.51.100.8/tcp/" + (i + 1)), "203.0.113.99", NOW.plusMillis(i));
        }
        assertThat(observed.confirmed(NOW)).containsExactly(OURS);
    }
}
