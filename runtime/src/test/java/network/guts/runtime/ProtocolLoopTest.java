package network.guts.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import network.guts.core.Protocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProtocolLoopTest {
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final int SECONDS = 30;

    private final AtomicReference<Instant> now = new AtomicReference<>(BEGIN);
    private final InstantSource clock = now::get;
    private final BlockingQueue<String> effects = new LinkedBlockingQueue<>();
    private final Echo core = new Echo();
    private final List<ProtocolLoop<String, String>> loops = new ArrayList<>();

    /** Answers each input with itself and the time; wakes once at its deadline. */
    private static final class Echo implements Protocol<String, String> {
        private volatile @Nullable Instant deadline;

        @Override
        public List<String> handle(String input, Instant at) {
            if (input.startsWith("wake in ")) {
                deadline = at.plusMillis(Long.parseLong(input.substring("wake in ".length())));
                return List.of();
            }
            return List.of(input + " at " + Duration.between(BEGIN, at).toSeconds());
        }

        @Override
        public List<String> wake(Instant at) {
            deadline = null;
            return List.of("woken");
        }

        @Override
        public @Nullable Instant nextDeadline() {
            return deadline;
        }
    }

    private ProtocolLoop<String, String> loop(InstantSource time, java.util.function.Consumer<String> handler) {
        ProtocolLoop<String, String> loop = new ProtocolLoop<>("test", core, handler, time, 2);
        loops.add(loop);
        return loop;
    }

    @AfterEach
    void close() {
        loops.forEach(ProtocolLoop::close);
    }

    private @Nullable String next() throws InterruptedException {
        return effects.poll(SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void inputsAreHandledInOrderAndThoseFromBeforeTheStartFirst() throws InterruptedException {
        ProtocolLoop<String, String> loop = loop(clock, effects::add);
        assertThat(loop.submit("one")).isTrue();
        assertThat(loop.offer("two")).isTrue();
        assertThat(loop.offer("the mailbox is full")).isFalse();
        loop.start();
        assertThat(next()).isEqualTo("woken");
        assertThat(next()).isEqualTo("one at 0");
        assertThat(next()).isEqualTo("two at 0");
        now.set(BEGIN.plusSeconds(5));
        assertThat(loop.submit("three")).isTrue();
        assertThat(next()).isEqualTo("three at 5");
    }

    @Test
    void timeNeverRunsBackwards() throws InterruptedException {
        ProtocolLoop<String, String> loop = loop(clock, effects::add).start();
        assertThat(next()).isEqualTo("woken");
        now.set(BEGIN.plusSeconds(9));
        loop.submit("late");
        assertThat(next()).isEqualTo("late at 9");
        now.set(BEGIN);
        loop.submit("set back");
        assertThat(next()).isEqualTo("set back at 9");
    }

    @Test
    void theCoreIsWokenAtItsDeadline() throws InterruptedException {
        ProtocolLoop<String, String> loop =
                loop(InstantSource.system(), effects::add).start();
        assertThat(next()).isEqualTo("woken");
        loop.submit("wake in 20");
        assertThat(next()).isEqualTo("woken");
    }

    @Test
    void anEffectThatFailsIsNotTheEndOfTheLoop() throws InterruptedException {
        ProtocolLoop<String, String> loop = loop(clock, effect -> {
                    if (effect.startsWith("bad")) {
                        throw new IllegalStateException("a bug in the shell");
                    }
                    effects.add(effect);
                })
                .start();
        assertThat(next()).isEqualTo("woken");
        loop.submit("bad");
        loop.submit("good");
        assertThat(next()).isEqualTo("good at 0");
    }

    @Test
    void aFullMailboxHoldsTheSenderBackUntilThereIsRoom() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        ProtocolLoop<String, String> loop = loop(clock, effect -> {
                    effects.add(effect);
                    if (effect.startsWith("slow")) {
                        awaitQuietly(busy);
                    }
                })
                .start();
        assertThat(next()).isEqualTo("woken");
        loop.submit("slow");
        assertThat(next()).isEqualTo("slow at 0");
        loop.submit("a");
        loop.submit("b");
        CompletableFuture<Boolean> third = CompletableFuture.supplyAsync(() -> loop.submit("c"));
        assertThat(third).isNotDone();
        busy.countDown();
        assertThat(third.get(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(next()).isEqualTo("a at 0");
        assertThat(next()).isEqualTo("b at 0");
        assertThat(next()).isEqualTo("c at 0");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void submittingFromAnEffectIsRefusedRatherThanADeadlock() throws Exception {
        CompletableFuture<Throwable> seen = new CompletableFuture<>();
        AtomicReference<ProtocolLoop<String, String>> self = new AtomicReference<>();
        ProtocolLoop<String, String> loop = loop(clock, effect -> {
            if (effect.startsWith("again")) {
                try {
                    self.get().submit("more");
                } catch (IllegalStateException e) {
                    seen.complete(e);
                }
            }
        });
        self.set(loop);
        loop.start().submit("again");
        assertThat(seen.get(SECONDS, TimeUnit.SECONDS)).hasMessageContaining("deadlock");
    }

    @Test
    void aClosedLoopTakesNothing() {
        ProtocolLoop<String, String> started = loop(clock, effects::add).start();
        started.close();
        started.close();
        assertThat(started.submit("late")).isFalse();
        assertThat(started.offer("late")).isFalse();
        ProtocolLoop<String, String> never = loop(clock, effects::add);
        never.close();
        assertThat(never.submit("late")).isFalse();
        assertThatThrownBy(() -> started.start()).isInstanceOf(IllegalThreadStateException.class);
    }
}
