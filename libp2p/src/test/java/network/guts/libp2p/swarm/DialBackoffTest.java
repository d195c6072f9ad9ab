package network.guts.libp2p.swarm;

import static network.guts.libp2p.Keys.address;
import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import network.guts.core.Multiaddr;
import network.guts.libp2p.TestClock;
import org.junit.jupiter.api.Test;

class DialBackoffTest {
    private static final Multiaddr ADDRESS = address("/ip4/10.0.0.1/tcp/1");

    private final TestClock clock = new TestClock();
    private final DialBackoff backoff = new DialBackoff(clock);

    @Test
    void theWaitGrowsWithTheTriesUpToItsBound() {
        for (long expected : new long[] {5, 6, 9, 14, 21}) {
            assertThat(backoff.refusal(peer(1), ADDRESS)).isEmpty();
            backoff.failed(peer(1), ADDRESS, "refused");
            clock.advance(Duration.ofSeconds(expected).minusMillis(1));
            assertThat(backoff.refusal(peer(1), ADDRESS)).contains("refused (not tried again for 1 s)");
            clock.advance(Duration.ofMillis(1));
        }
        for (int i = 0; i < 1000; i++) {
            backoff.failed(peer(1), ADDRESS, "refused");
        }
        clock.advance(Duration.ofMinutes(5));
        assertThat(backoff.refusal(peer(1), ADDRESS)).isEmpty();
    }

    @Test
    void successAndNewsOfThePeerClearIt() {
        backoff.failed(peer(1), ADDRESS, "refused");
        assertThat(backoff.refusal(peer(2), ADDRESS)).isEmpty();
        backoff.worked(peer(1), ADDRESS);
        assertThat(backoff.refusal(peer(1), ADDRESS)).isEmpty();
        backoff.failed(peer(1), ADDRESS, "refused");
        backoff.clear(peer(1));
        assertThat(backoff.refusal(peer(1), ADDRESS)).isEmpty();
    }
}
