package network.guts.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import network.guts.core.Protocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SimulationTest {
    /** Passes a number on to a random other node every second, and counts what it sees. */
    private static final class Gossiper
            implements Protocol<String, Integer>, SimulatedNode<Integer, String, String, Integer> {
        private final SplittableRandom random;
        private final int nodes;
        private final List<String> seen = new ArrayList<>();
        private Instant next = Simulation.START;

        Gossiper(SplittableRandom random, int nodes) {
            this.random = random;
            this.nodes = nodes;
        }

        @Override
        public List<Integer> handle(String input, Instant now) {
            seen.add(now + " " + input);
            return List.of();
        }

        @Override
        public List<Integer> wake(Instant now) {
            next = now.plusSeconds(1);
            return List.of(random.nextInt(nodes));
        }

        @Override
        public @Nullable Instant nextDeadline() {
            return next;
        }

        @Override
        public Protocol<String, Integer> core() {
            return this;
        }

        @Override
        public String received(Integer from, String message) {
            return message + " from " + from;
        }

        @Override
        public String undelivered(Integer to, String message) {
            return "undelivered to " + to;
        }

        @Override
        public void perform(Integer effect, Port<Integer, String, String> port) {
            port.send(effect, "hello");
        }
    }

    private static Simulation<Integer, String, String, Integer> run(long seed, List<Gossiper> nodes) {
        Simulation<Integer, String, String, Integer> simulation =
                new Simulation<>(seed, NetworkModel.CALM.withLoss(0.1));
        for (int address = 0; address < 5; address++) {
            Gossiper node = new Gossiper(simulation.random(), 5);
            nodes.add(node);
            simulation.start(address, node);
        }
        simulation.at(Duration.ofSeconds(20), "kill 3", () -> simulation.kill(3));
        simulation.at(Duration.ofSeconds(30), "cut", () -> simulation.cut(1, 2, true));
        simulation.run(Duration.ofMinutes(1));
        return simulation;
    }

    @Test
    void the_same_seed_replays_the_same_run_event_for_event() {
        List<Gossiper> once = new ArrayList<>();
        List<Gossiper> again = new ArrayList<>();
        long digest = run(1, once).digest();
        assertThat(run(1, again).digest()).isEqualTo(digest);
        for (int i = 0; i < once.size(); i++) {
            assertThat(again.get(i).seen).isEqualTo(once.get(i).seen).isNotEmpty();
        }
        assertThat(run(2, new ArrayList<>()).digest()).isNotEqualTo(digest);
    }

    @Test
    void the_clock_ends_where_the_run_does() {
        assertThat(run(1, new ArrayList<>()).now()).isEqualTo(Simulation.START.plusSeconds(60));
    }

    @Test
    void what_is_cut_off_or_dead_is_undelivered() {
        List<Gossiper> nodes = new ArrayList<>();
        run(3, nodes);
        assertThat(nodes.get(1).seen).anyMatch(line -> line.endsWith("undelivered to 2"));
        assertThat(nodes.get(0).seen).anyMatch(line -> line.endsWith("undelivered to 3"));
        String killed = Simulation.START.plusSeconds(20).toString();
        assertThat(nodes.get(3).seen).allMatch(line -> line.compareTo(killed) < 0);
    }

    @Test
    void a_lossy_network_loses_its_share() {
        assertThat(run(5, new ArrayList<>()).delivered()).isBetween(180L, 290L);
        assertThatThrownBy(() -> NetworkModel.CALM.withLoss(1.5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_address_runs_one_node() {
        Simulation<Integer, String, String, Integer> simulation = new Simulation<>(1, NetworkModel.CALM);
        simulation.start(1, new Gossiper(simulation.random(), 1));
        assertThatThrownBy(() -> simulation.start(1, new Gossiper(simulation.random(), 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> simulation.input(2, "x")).isInstanceOf(IllegalArgumentException.class);
    }
}
