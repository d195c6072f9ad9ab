package network.guts.libp2p.autonat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import network.guts.libp2p.Keys;
import org.junit.jupiter.api.Test;

class RequestLimitsTest {
    private final RequestLimits limits = new RequestLimits(RequestLimits.Settings.DEFAULT);
    private Instant now = Instant.parse("2026-06-01T12:00:00Z");

    private boolean serve(int peer, String network) {
        boolean begun = limits.begin(Keys.peer(peer), network, now);
        if (begun) {
            limits.end(Keys.peer(peer));
        }
        return begun;
    }

    @Test
    void a_peer_is_served_twelve_times_a_minute() {
        for (int i = 0; i < 12; i++) {
            assertThat(serve(1, "a")).isTrue();
        }
        assertThat(serve(1, "b")).isFalse();
        assertThat(serve(2, "b")).isTrue();
        now = now.plusSeconds(60);
        assertThat(serve(1, "a")).isTrue();
    }

    @Test
    void many_ids_in_one_network_are_served_as_one() {
        for (int i = 0; i < 12; i++) {
            assertThat(serve(i, "a")).isTrue();
        }
        assertThat(serve(100, "a")).isFalse();
    }

    @Test
    void all_together_are_served_sixty_times_a_minute() {
        for (int i = 0; i < 60; i++) {
            assertThat(serve(i, "network " + i)).isTrue();
        }
        assertThat(serve(100, "another")).isFalse();
        now = now.plusSeconds(60);
        assertThat(serve(100, "another")).isTrue();
    }

    @Test
    void a_peer_has_two_requests_at_a_time_and_all_together_sixteen() {
        assertThat(limits.begin(Keys.peer(1), "a", now)).isTrue();
        assertThat(limits.begin(Keys.peer(1), "a", now)).isTrue();
        assertThat(limits.begin(Keys.peer(1), "a", now)).isFalse();
        limits.end(Keys.peer(1));
        assertThat(limits.begin(Keys.peer(1), "a", now)).isTrue();
        for (int i = 2; i < 16; i++) {
            assertThat(limits.begin(Keys.peer(i), "network " + i, now)).isTrue();
        }
        assertThat(limits.begin(Keys.peer(100), "another", now)).isFalse();
        limits.end(Keys.peer(2));
        assertThat(limits.begin(Keys.peer(100), "another", now)).isTrue();
    }

    @Test
    void data_is_asked_for_twelve_times_a_minute() {
        for (int i = 0; i < 12; i++) {
            assertThat(limits.data(now)).isTrue();
        }
        assertThat(limits.data(now)).isFalse();
        now = now.plusSeconds(60);
        assertThat(limits.data(now)).isTrue();
    }
}
