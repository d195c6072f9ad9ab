package network.guts.libp2p.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.libp2p.Keys;
import org.junit.jupiter.api.Test;

class ReservationBookTest {
    private static final PeerId RELAY = Keys.peer(1);
    private static final Multiaddr ADDRESS = Keys.address("/ip4/192.0.2.7/tcp/9000");
    private static final Multiaddr CIRCUIT = CircuitAddress.through(ADDRESS, RELAY);
    private static final Duration HOUR = Duration.ofHours(1);

    private final ReservationBook book = new ReservationBook();
    private Instant now = Instant.parse("2026-06-01T12:00:00Z");

    private void wait(Duration time) {
        now = now.plus(time);
    }

    private List<PeerId> due() {
        return book.due(now).stream().map(ReservationBook.Relay::peer).toList();
    }

    private void grant(PeerId relay) {
        book.granted(relay, now.plus(HOUR), List.of(CIRCUIT), now);
    }

    @Test
    void aConfiguredRelayIsAskedAtOnceAndAgainBeforeItsPlaceExpires() {
        book.configure(RELAY, Optional.of(ADDRESS), now);
        assertThat(book.due(now)).containsExactly(new ReservationBook.Relay(RELAY, List.of(ADDRESS)));
        assertThat(due()).as("one request at a time").isEmpty();
        grant(RELAY);
        assertThat(book.circuits()).containsExactly(CIRCUIT);
        assertThat(book.holds(RELAY, now)).isTrue();
        wait(Duration.ofMinutes(44));
        assertThat(due()).isEmpty();
        wait(Duration.ofMinutes(1));
        assertThat(due()).containsExactly(RELAY);
        grant(RELAY);
        wait(Duration.ofMinutes(44));
        assertThat(book.expire(now)).isFalse();
    }

    @Test
    void aRelayThatDoesNotRenewIsAskedUntilThePlaceExpiresAndAfterwards() {
        book.configure(RELAY, Optional.of(ADDRESS), now);
        due();
        grant(RELAY);
        wait(Duration.ofMinutes(45));
        due();
        book.failed(RELAY, "no", now);
        assertThat(book.circuits()).as("still there").isNotEmpty();
        wait(Duration.ofMinutes(15));
        assertThat(book.expire(now)).isTrue();
        assertThat(book.circuits()).isEmpty();
        assertThat(book.holds(RELAY, now)).isFalse();
        assertThat(book.all().getFirst().problem()).contains("no");
        assertThat(due()).containsExactly(RELAY);
    }

    @Test
    void failuresDoubleThePauseUpToFiveMinutes() {
        book.configure(RELAY, Optional.of(ADDRESS), now);
        long seconds = ReservationBook.FIRST_BACK_OFF.toSeconds();
        for (int round = 0; round < 60; round++) {
            assertThat(due()).containsExactly(RELAY);
            book.failed(RELAY, "no", now);
            wait(Duration.ofSeconds(seconds - 1));
            assertThat(due()).isEmpty();
            wait(Duration.ofSeconds(1));
            seconds = Math.min(2 * seconds, ReservationBook.LONGEST_BACK_OFF.toSeconds());
        }
    }

    @Test
    void whenTheConnectionEndsAConfiguredRelayIsAskedAgain() {
        book.configure(RELAY, Optional.of(ADDRESS), now);
        due();
        grant(RELAY);
        assertThat(book.lost(RELAY, now)).isTrue();
        assertThat(book.circuits()).isEmpty();
        assertThat(book.lost(RELAY, now)).isFalse();
        assertThat(due()).containsExactly(RELAY);
    }

    @Test
    void otherRelaysAreTakenOnlyWhileTheHostCannotBeReachedAndOnlyAFew() {
        book.offer(Keys.peer(2), now);
        assertThat(due()).isEmpty();
        book.unreachable(true);
        for (int peer = 2; peer < 9; peer++) {
            book.offer(Keys.peer(peer), now);
        }
        assertThat(due()).hasSize(ReservationBook.WANTED);
        book.unreachable(false);
        assertThat(book.all()).isEmpty();
    }

    @Test
    void whoRefusesMakesRoomForAnotherAndIsLeftAloneForAWhile() {
        book.unreachable(true);
        book.offer(Keys.peer(2), now);
        due();
        book.failed(Keys.peer(2), "full", now);
        assertThat(book.isWanted(Keys.peer(2))).isFalse();
        book.offer(Keys.peer(2), now);
        assertThat(due()).isEmpty();
        book.offer(Keys.peer(3), now);
        assertThat(due()).containsExactly(Keys.peer(3));
        wait(ReservationBook.SET_ASIDE);
        book.offer(Keys.peer(2), now);
        assertThat(due()).containsExactly(Keys.peer(2));
    }

    @Test
    void aTakenRelayThatIsGoneIsForgotten() {
        book.unreachable(true);
        book.offer(Keys.peer(2), now);
        due();
        grant(Keys.peer(2));
        assertThat(book.lost(Keys.peer(2), now)).isTrue();
        assertThat(book.all()).isEmpty();
        assertThat(book.wantsCandidates()).isTrue();
    }

    @Test
    void anAnswerOfARelayThatIsNotWantedAnyMoreChangesNothing() {
        book.unreachable(true);
        book.offer(Keys.peer(2), now);
        due();
        book.unreachable(false);
        grant(Keys.peer(2));
        assertThat(book.circuits()).isEmpty();
    }
}
