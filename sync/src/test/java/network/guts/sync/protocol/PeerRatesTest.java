package network.guts.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import org.junit.jupiter.api.Test;

class PeerRatesTest {
    private final PeerId peer = PrivateKey.generate(new SecureRandom()).peerId();
    private final PeerId other = PrivateKey.generate(new SecureRandom()).peerId();
    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(5);

    private int allowed(PeerRates rates, int asked) {
        int allowed = 0;
        for (int i = 0; i < asked; i++) {
            allowed += rates.request(peer).isEmpty() ? 1 : 0;
        }
        return allowed;
    }

    @Test
    void requestsAreLetThroughAtTheirRateAfterABurst() {
        PeerRates rates = new PeerRates(0, 10, () -> now);
        assertThat(allowed(rates, 100)).isEqualTo(21);
        PeerRates.Refusal refusal = rates.request(peer).orElseThrow();
        assertThat(refusal.limit()).isEqualTo("10 requests a second for a peer");
        assertThat(rates.request(other)).as("another peer has its own").isEmpty();
        now += refusal.retryAfter().toNanos();
        assertThat(rates.request(peer)).as("it came when it was told to").isEmpty();
        // The nano clock wraps round meanwhile.
        now += TimeUnit.SECONDS.toNanos(10);
        assertThat(allowed(rates, 100)).as("a pause gives one burst").isEqualTo(21);
    }

    @Test
    void bytesOfAnAnswerDelayTheNextRequest() {
        PeerRates rates = new PeerRates(1_000_000, 0, () -> now);
        assertThat(rates.request(peer)).isEmpty();
        rates.sent(peer, 5_000_000);
        PeerRates.Refusal refusal = rates.request(peer).orElseThrow();
        assertThat(refusal.limit()).isEqualTo("1000000 bytes a second for a peer");
        assertThat(refusal.retryAfter()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3001));
        assertThat(rates.request(other)).isEmpty();
        now += refusal.retryAfter().toNanos();
        assertThat(rates.request(peer)).isEmpty();
    }

    @Test
    void withoutLimitsEverythingGoes() {
        PeerRates rates = new PeerRates(0, 0, () -> now);
        rates.sent(peer, Integer.MAX_VALUE);
        assertThat(allowed(rates, 1000)).isEqualTo(1000);
    }
}
