package network.guts.libp2p.muxer;

import static org.assertj.core.api.Assertions.assertThat;

import network.guts.libp2p.limits.MemoryBudget;
import network.guts.libp2p.limits.Priority;
import org.junit.jupiter.api.Test;

class ReceiveMemoryTest {
    private static final int MIB = 1 << 20;

    /** Half of it for what only makes things faster. */
    private static final class Counted implements MemoryBudget {
        private final long limit;
        private long used;

        Counted(long limit) {
            this.limit = limit;
        }

        @Override
        public boolean reserve(long bytes, Priority priority) {
            if (used + bytes > (priority == Priority.LOW ? limit / 2 : limit)) {
                return false;
            }
            used += bytes;
            return true;
        }

        @Override
        public void release(long bytes) {
            used -= bytes;
        }
    }

    private static ReceiveMemory memory(int maxGrowth, MemoryBudget budget) {
        ReceiveMemory memory = new ReceiveMemory(maxGrowth);
        memory.budget(budget);
        return memory;
    }

    @Test
    void littleCostsNothingAndMuchIsReservedInSteps() {
        Counted budget = new Counted(10 * MIB);
        ReceiveMemory memory = memory(0, budget);
        assertThat(memory.take((int) ReceiveMemory.FREE)).isTrue();
        assertThat(budget.used).isZero();
        assertThat(memory.take(1)).isTrue();
        assertThat(budget.used).isEqualTo(ReceiveMemory.STEP);
        assertThat(memory.take(3 * MIB)).isTrue();
        assertThat(budget.used).isGreaterThanOrEqualTo(3 * MIB);
        memory.give(3 * MIB);
        assertThat(budget.used).isLessThanOrEqualTo(ReceiveMemory.STEP);
        memory.give(1 + (int) ReceiveMemory.FREE);
        memory.settle();
        assertThat(budget.used).isZero();
    }

    @Test
    void whatThereIsNoMemoryForIsNotCounted() {
        Counted budget = new Counted(MIB);
        ReceiveMemory memory = memory(0, budget);
        assertThat(memory.take(MIB)).isTrue();
        assertThat(memory.take(MIB)).isFalse();
        assertThat(memory.hold(MIB)).as("counted all the same").isFalse();
        memory.give(2 * MIB);
        memory.settle();
        assertThat(budget.used).isZero();
    }

    @Test
    void windowsGrowWhileThereIsMemoryAndAreNotCountedTwice() {
        Counted budget = new Counted(8 * MIB);
        ReceiveMemory memory = memory(100 * MIB, budget);
        assertThat(memory.grow(3 * MIB)).isEqualTo(3 * MIB);
        assertThat(memory.take(3 * MIB)).isTrue();
        assertThat(budget.used).as("the window and what is in it").isEqualTo(3 * MIB);
        assertThat(memory.grow(2 * MIB)).as("beyond half").isZero();
        memory.give(3 * MIB);
        assertThat(budget.used).isEqualTo(3 * MIB);
        memory.shrink(3 * MIB);
        assertThat(budget.used).isZero();
        assertThat(memory(MIB, budget).grow(3 * MIB)).isEqualTo(MIB);
    }

    @Test
    void aWindowDoesNotGrowOutOfWhatOthersNeedAgainSoon() {
        Counted budget = new Counted(3 * ReceiveMemory.STEP / 2);
        ReceiveMemory memory = memory(100 * MIB, budget);
        int window = (int) ReceiveMemory.STEP;
        assertThat(memory.take(window)).isTrue();
        memory.give(window);
        assertThat(memory.grow(window)).as("more than half").isZero();
        assertThat(memory.take(window)).as("the window that there is").isTrue();
    }
}
