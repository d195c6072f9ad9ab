package network.guts.libp2p.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import network.guts.libp2p.Keys;
import network.guts.libp2p.RelayConfig.Limits;
import network.guts.libp2p.relay.wire.Status;
import org.junit.jupiter.api.Test;

class RelaySlotsTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00.75Z");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Optional<String> NEARBY = Optional.empty();

    private final RelaySlots slots = new RelaySlots(new Limits(4, 2, HOUR, 3, 2, Duration.ofMinutes(2), 1024));

    @Test
    void thereAreSoManyPlacesAndEachPeerHasOne() {
        for (int round = 0; round < 10; round++) {
            for (int peer = 1; peer <= 4; peer++) {
                assertThat(slots.reserve(Keys.peer(peer), NEARBY, NOW)).isEqualTo(Status.OK);
            }
        }
        assertThat(slots.reservations()).isEqualTo(4);
        for (int peer = 5; peer < 100; peer++) {
            assertThat(slots.reserve(Keys.peer(peer), NEARBY, NOW)).isEqualTo(Status.RESERVATION_REFUSED);
        }
        assertThat(slots.reservations()).isEqualTo(4);
        slots.gone(Keys.peer(1));
        assertThat(slots.reserve(Keys.peer(5), NEARBY, NOW)).isEqualTo(Status.OK);
    }

    @Test
    void onePublicAddressHasFewOfThem() {
        Optional<String> home = Optional.of("01020304");
        assertThat(slots.reserve(Keys.peer(1), home, NOW)).isEqualTo(Status.OK);
        assertThat(slots.reserve(Keys.peer(2), home, NOW)).isEqualTo(Status.OK);
        assertThat(slots.reserve(Keys.peer(3), home, NOW)).isEqualTo(Status.RESERVATION_REFUSED);
        assertThat(slots.reserve(Keys.peer(1), home, NOW)).as("renewed").isEqualTo(Status.OK);
        assertThat(slots.reserve(Keys.peer(3), Optional.of("05060708"), NOW)).isEqualTo(Status.OK);
    }

    @Test
    void whoIsRefusedElsewhereKeepsWhatItHas() {
        Optional<String> home = Optional.of("01020304");
        slots.reserve(Keys.peer(1), home, NOW);
        slots.reserve(Keys.peer(2), home, NOW);
        slots.reserve(Keys.peer(3), NEARBY, NOW);
        assertThat(slots.reserve(Keys.peer(3), home, NOW)).isEqualTo(Status.RESERVATION_REFUSED);
        assertThat(slots.connect(Keys.peer(9), Keys.peer(3), NOW)).isEqualTo(Status.OK);
    }

    @Test
    void placesExpire() {
        assertThat(slots.expires(NOW)).isEqualTo(Instant.parse("2026-06-01T13:00:00Z"));
        slots.reserve(Keys.peer(1), NEARBY, NOW);
        Instant late = slots.expires(NOW);
        assertThat(slots.connect(Keys.peer(2), Keys.peer(1), late.minusSeconds(1)))
                .isEqualTo(Status.OK);
        assertThat(slots.connect(Keys.peer(2), Keys.peer(1), late)).isEqualTo(Status.NO_RESERVATION);
        assertThat(slots.expired(late.minusSeconds(1))).isEmpty();
        assertThat(slots.expired(late)).containsExactly(Keys.peer(1));
        assertThat(slots.reservations()).isZero();
    }

    @Test
    void circuitsAreCountedForBothEndsAndInAll() {
        for (int peer = 1; peer <= 3; peer++) {
            slots.reserve(Keys.peer(peer), NEARBY, NOW);
        }
        assertThat(slots.connect(Keys.peer(8), Keys.peer(1), NOW)).isEqualTo(Status.OK);
        assertThat(slots.connect(Keys.peer(8), Keys.peer(1), NOW)).isEqualTo(Status.OK);
        assertThat(slots.connect(Keys.peer(8), Keys.peer(2), NOW)).isEqualTo(Status.RESOURCE_LIMIT_EXCEEDED);
        assertThat(slots.connect(Keys.peer(9), Keys.peer(1), NOW)).isEqualTo(Status.RESOURCE_LIMIT_EXCEEDED);
        assertThat(slots.connect(Keys.peer(9), Keys.peer(2), NOW)).isEqualTo(Status.OK);
        assertThat(slots.connect(Keys.peer(10), Keys.peer(3), NOW)).isEqualTo(Status.RESOURCE_LIMIT_EXCEEDED);
        slots.ended(Keys.peer(8), Keys.peer(1));
        assertThat(slots.circuits()).isEqualTo(2);
        assertThat(slots.connect(Keys.peer(10), Keys.peer(3), NOW)).isEqualTo(Status.OK);
    }

    @Test
    void nobodyIsConnectedToItselfOrToSomebodyWithoutAPlace() {
        slots.reserve(Keys.peer(1), NEARBY, NOW);
        assertThat(slots.connect(Keys.peer(1), Keys.peer(1), NOW)).isEqualTo(Status.PERMISSION_DENIED);
        assertThat(slots.connect(Keys.peer(1), Keys.peer(2), NOW)).isEqualTo(Status.NO_RESERVATION);
        assertThat(slots.circuits()).isZero();
    }
}
