package network.guts.libp2p.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class InboundRatesTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    @Test
    void aBurstAndThenTheRate() {
        InboundRates rates = new InboundRates(new InboundRate(0.5, 3));
        for (int i = 0; i < 3; i++) {
            assertThat(rates.take("a", 0)).isTrue();
        }
        assertThat(rates.take("a", SECOND)).isFalse();
        assertThat(rates.take("b", SECOND)).as("another address").isTrue();
        assertThat(rates.take("a", 2 * SECOND)).isTrue();
        assertThat(rates.take("a", 3 * SECOND)).isFalse();
        assertThat(rates.take("a", 100 * SECOND)).isTrue();
        assertThat(rates.take("a", 100 * SECOND)).isTrue();
        assertThat(rates.take("a", 100 * SECOND)).isTrue();
        assertThat(rates.take("a", 100 * SECOND)).isFalse();
    }

    @Test
    void theTableIsBounded() {
        InboundRates rates = new InboundRates(new InboundRate(0.001, 2));
        for (int i = 0; i < 3 * InboundRates.MAX_GROUPS; i++) {
            assertThat(rates.take("group " + i, i)).isTrue();
            assertThat(rates.take("often", i)).isEqualTo(i < 2);
        }
        assertThat(rates.groups()).isLessThanOrEqualTo(InboundRates.MAX_GROUPS);
    }

    @Test
    void whoStayedAwayIsForgotten() {
        InboundRates rates = new InboundRates(new InboundRate(1, 2));
        for (int i = 0; i < 100; i++) {
            assertThat(rates.take("group " + i, 0)).isTrue();
        }
        assertThat(rates.take("late", 10 * SECOND)).isTrue();
        assertThat(rates.groups()).isEqualTo(1);
    }
}
