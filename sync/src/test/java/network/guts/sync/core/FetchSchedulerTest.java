package network.guts.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import network.guts.sync.core.FetchScheduler.ChunkId;
import network.guts.sync.core.FetchScheduler.Drop;
import org.junit.jupiter.api.Test;

class FetchSchedulerTest {
    private static final int CHUNKS = 200;
    private static final long MIB = 1 << 20;

    @Test
    void fourEqualProvidersAreMoreThanThreeTimesAsFastAsOne() {
        Duration one = timeWith(1, MIB);
        Duration two = timeWith(2, MIB);
        Duration four = timeWith(4, MIB);
        assertThat(ratio(one, two)).isGreaterThan(1.8);
        assertThat(ratio(one, four)).isGreaterThan(3.2);
    }

    private static Duration timeWith(int providers, long rate) {
        FetchScenario scenario = new FetchScenario(7, CHUNKS);
        for (int at = 0; at < providers; at++) {
            scenario.provider(at, rate);
        }
        return scenario.finish();
    }

    private static double ratio(Duration slow, Duration fast) {
        return (double) slow.toMillis() / fast.toMillis();
    }

    @Test
    void providersOfDifferentSpeedsAreUsedByTheirSpeed() {
        FetchScenario scenario = new FetchScenario(1, CHUNKS);
        scenario.provider(0, MIB);
        scenario.provider(1, 3 * MIB);
        scenario.provider(2, 6 * MIB);
        Duration time = scenario.finish();
        // At 10 MiB/s the 200 MiB take 20 s; the start is slower, while nothing is measured.
        assertThat(time).isLessThan(Duration.ofSeconds(23));
        assertThat(scenario.verifiedFrom(2)).isGreaterThan(scenario.verifiedFrom(1));
        assertThat(scenario.verifiedFrom(1)).isGreaterThan(scenario.verifiedFrom(0));
        assertThat(scenario.duplicates()).isLessThan(8);
    }

    @Test
    void aVerySlowProviderDoesNotHoldTheEndUp() {
        FetchScenario scenario = new FetchScenario(3, 50);
        scenario.provider(0, MIB / 20);
        scenario.provider(1, 10 * MIB);
        assertThat(scenario.finish()).isLessThan(Duration.ofSeconds(12));
    }

    @Test
    void aLiarIsBlamedAndDroppedAndTheOthersFinish() {
        FetchScenario scenario = new FetchScenario(2, CHUNKS);
        scenario.provider(0, MIB);
        scenario.provider(1, MIB);
        scenario.provider(2, 5 * MIB).liesFrom(3);
        scenario.finish();
        assertThat(scenario.drops()).containsExactly(Map.entry(FetchScenario.peer(2), Drop.Reason.WRONG_CHUNK));
        assertThat(scenario.askedAfterDrop(2)).isZero();
        assertThat(scenario.verifiedFrom(0) + scenario.verifiedFrom(1)).isGreaterThanOrEqualTo(CHUNKS - 3);
    }

    @Test
    void aSilentProvidersChunksGoToOthersAndItIsDropped() {
        FetchScenario scenario = new FetchScenario(4, CHUNKS);
        scenario.provider(0, MIB);
        scenario.provider(1, MIB).silentFrom(10);
        Duration time = scenario.finish();
        assertThat(scenario.drops()).containsExactly(Map.entry(FetchScenario.peer(1), Drop.Reason.SILENT));
        assertThat(time).isLessThan(Duration.ofSeconds(200));
    }

    @Test
    void aSilentProviderIsNamedAlthoughTheOthersWereSooner() {
        FetchScenario scenario = new FetchScenario(4, 20);
        scenario.provider(0, MIB);
        scenario.provider(1, MIB).silentFrom(2);
        Duration time = scenario.finish();
        assertThat(time).isLessThan(FetchScheduler.SILENT);
        assertThat(scenario.drops()).containsExactly(Map.entry(FetchScenario.peer(1), Drop.Reason.SILENT));
    }

    @Test
    void aDeadProvidersChunksGoToOthersAtOnce() {
        FetchScenario scenario = new FetchScenario(5, 60);
        scenario.provider(0, MIB);
        scenario.provider(1, MIB);
        scenario.killAfter(Duration.ofSeconds(10), 1);
        Duration time = scenario.finish();
        assertThat(scenario.drops()).isEmpty();
        assertThat(time).isBetween(Duration.ofSeconds(45), Duration.ofSeconds(56));
    }

    @Test
    void aProviderThatJoinsMeanwhileTakesItsShare() {
        FetchScenario scenario = new FetchScenario(6, 100);
        scenario.provider(0, MIB);
        scenario.joinAfter(Duration.ofSeconds(20), 1, 4 * MIB);
        Duration time = scenario.finish();
        assertThat(time).isBetween(Duration.ofSeconds(35), Duration.ofSeconds(42));
        assertThat(scenario.verifiedFrom(1)).isGreaterThan(55);
    }

    @Test
    void holdersOfAPartGiveThatPart() {
        FetchScenario scenario = new FetchScenario(8, 100);
        scenario.provider(0, MIB);
        scenario.provider(1, MIB).holds(0, 40);
        scenario.provider(2, MIB).holds(20, 60);
        Duration time = scenario.finish();
        // The whole one gives the 40 chunks that nobody else has, the others 60 between them.
        assertThat(time).isLessThan(Duration.ofSeconds(50));
        assertThat(scenario.verifiedFrom(0)).isBetween(38L, 48L);
        assertThat(scenario.askedForWhatIsNotHeld()).isZero();
    }

    @Test
    void nothingThatWasVerifiedIsAskedForAgain() {
        BitSet held = new BitSet();
        held.set(0, 150);
        FetchScenario scenario = new FetchScenario(9, CHUNKS, held);
        scenario.provider(0, MIB);
        scenario.provider(1, 2 * MIB);
        scenario.finish();
        assertThat(scenario.asked()).noneMatch(chunk -> held.get(chunk.index()));
        assertThat(scenario.askedAfterVerified()).isZero();
    }

    @Test
    void aBusyProviderIsAskedAgainLater() {
        FetchScenario scenario = new FetchScenario(10, 20);
        scenario.provider(0, MIB).busyAt(2, Duration.ofSeconds(5));
        assertThat(scenario.finish()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(30));
    }

    @Test
    void whatNobodyHoldsIsKnown() {
        FetchScenario scenario = new FetchScenario(11, 20);
        scenario.provider(0, MIB).holds(0, 10);
        assertThat(scenario.runUntilStuck()).isTrue();
        assertThat(scenario.scheduler().unverified()).isEqualTo(10);
    }

    @Test
    void noProviderHasMoreUnderWayThanItsBound() {
        FetchScenario scenario = new FetchScenario(12, 1000);
        scenario.provider(0, 500 * MIB);
        scenario.provider(1, 50 * MIB);
        scenario.finish();
        assertThat(scenario.mostInFlight()).isLessThanOrEqualTo(FetchScheduler.MAX_IN_FLIGHT);
    }

    @Test
    void theSameSeedIsTheSameRun() {
        assertThat(digest(42)).isEqualTo(digest(42));
        assertThat(digest(42)).isNotEqualTo(digest(43));
    }

    private static long digest(long seed) {
        FetchScenario scenario = new FetchScenario(seed, 100);
        scenario.provider(0, MIB);
        scenario.provider(1, 2 * MIB).silentFrom(20);
        scenario.provider(2, 3 * MIB).liesFrom(9);
        scenario.finish();
        return scenario.digest();
    }

    @Test
    void somethingRandomGoesWrongAndTheFetchIsCompleteAllTheSame() {
        for (long seed = 0; seed < 60; seed++) {
            java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
            FetchScenario scenario = new FetchScenario(seed, 1 + random.nextInt(80));
            scenario.provider(0, MIB / 2 + random.nextLong(4 * MIB));
            int others = random.nextInt(5);
            for (int at = 1; at <= others; at++) {
                FetchScenario.ModelProvider provider = scenario.provider(at, MIB / 10 + random.nextLong(8 * MIB));
                switch (random.nextInt(5)) {
                    case 0 -> provider.liesFrom(random.nextInt(10));
                    case 1 -> provider.silentFrom(random.nextInt(10));
                    case 2 -> provider.busyAt(random.nextInt(10), Duration.ofSeconds(random.nextInt(8)));
                    case 3 -> scenario.killAfter(Duration.ofSeconds(random.nextInt(20)), at);
                    default -> provider.holds(random.nextInt(10), random.nextInt(40));
                }
            }
            scenario.finish("seed " + seed);
            assertThat(scenario.askedAfterVerified()).as("seed " + seed).isZero();
            List<ChunkId> asked = scenario.asked();
            assertThat(asked).as("seed " + seed).doesNotHaveDuplicates().hasSizeGreaterThan(0);
        }
    }
}
