package network.guts.libp2p.swarm;

import static network.guts.libp2p.Keys.address;
import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.core.Multiaddr;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.libp2p.Await;
import network.guts.libp2p.limits.ConnectionScope;
import network.guts.libp2p.limits.Limits;
import network.guts.libp2p.limits.ResourceManager;
import network.guts.libp2p.upgrade.Pair;
import network.guts.libp2p.upgrade.UpgradedConnection;
import org.junit.jupiter.api.Test;

class DialTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private static List<Multiaddr> ports(int count) {
        List<Multiaddr> addresses = new ArrayList<>();
        for (int port = 1; port <= count; port++) {
            addresses.add(address("/ip4/127.0.0.1/tcp/" + port));
        }
        return addresses;
    }

    private static void start(Dial dial) {
        Thread.ofVirtual().start(dial::run);
    }

    @Test
    void everyAddressIsNamedWithItsReason() {
        Dial dial = new Dial(peer(1), (address, claim) -> {
            throw new IOException("reason of " + address.port().orElseThrow());
        });
        assertThat(dial.join(ports(6))).isTrue();
        start(dial);
        assertThatThrownBy(() -> dial.await(LONG))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot connect to " + peer(1))
                .hasMessageContaining("/ip4/127.0.0.1/tcp/1: reason of 1")
                .hasMessageContaining("/ip4/127.0.0.1/tcp/6: reason of 6");
        assertThat(dial.join(ports(1))).isFalse();
    }

    /** Whoever dials at once after the end of a connection would be given that one again. */
    @Test
    void aDialWhoseConnectionHasEndedIsNotJoined() throws Exception {
        try (Pair pair = Pair.connect()) {
            UpgradedConnection upgraded = pair.dialer();
            ConnectionInfo info = new ConnectionInfo(
                    1,
                    upgraded.peer(),
                    ports(1).getFirst(),
                    Direction.OUTBOUND,
                    "tcp",
                    "noise",
                    "yamux",
                    Instant.EPOCH);
            Dial dial = new Dial(upgraded.peer(), (address, claim) -> {
                throw new IOException("not called");
            });
            ConnectionScope scope = new ResourceManager(Limits.scaled(1)).openConnection(Direction.OUTBOUND, false);
            dial.found(new Connection(info, upgraded, scope, InstantSource.system()), false);
            assertThat(dial.join(ports(1))).isTrue();
            pair.ours().close("over");
            assertThat(dial.join(ports(2))).isFalse();
        }
    }

    @Test
    void withoutAddressesThatIsTheReason() {
        Dial dial = new Dial(peer(1), (address, claim) -> {
            throw new IOException("not called");
        });
        start(dial);
        assertThatThrownBy(() -> dial.await(LONG)).hasMessageContaining("no address is known");
    }

    @Test
    void atMostFourAreTriedAtOnceAndWaitersKeepTheirOwnTimeout() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch open = new CountDownLatch(1);
        Dial dial = new Dial(peer(1), (address, claim) -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                if (!open.await(30, TimeUnit.SECONDS)) {
                    throw new IOException("late");
                }
                throw new IOException("refused");
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            } finally {
                now.decrementAndGet();
            }
        });
        dial.join(ports(9));
        start(dial);
        assertThatThrownBy(() -> dial.await(Duration.ofMillis(10)))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("/tcp/9: still trying");
        Await.until("four are tried", () -> now.get() == 4);
        open.countDown();
        assertThatThrownBy(() -> dial.await(LONG)).hasMessageContaining("/tcp/9: refused");
        assertThat(most).hasValue(4);
    }

    @Test
    void onlyOneAttemptMayClaimAndTheOthersAreGivenUp() throws Exception {
        AtomicInteger claims = new AtomicInteger();
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        Dial dial = new Dial(peer(1), (address, claim) -> {
            try {
                if (address.port().orElseThrow() == 1) {
                    assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();
                    new CountDownLatch(1).await();
                }
                second.countDown();
                assertThat(claim.getAsBoolean()).isTrue();
                claims.incrementAndGet();
                throw new IOException("refused after the handshake");
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw new IOException("interrupted", e);
            }
        });
        dial.join(ports(2));
        start(dial);
        assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> dial.await(LONG)).hasMessageContaining("refused after the handshake");
        assertThat(claims).hasValue(1);
    }
}
