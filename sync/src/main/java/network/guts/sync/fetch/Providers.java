package network.guts.sync.fetch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The providers of one fetch: candidates as they are found, the best dialled first ({@link ProviderScores}), each with a
 * virtual thread that lives its life. One that lied before is dialled when nobody else is left. A squatter who announces a thousand times gains nothing: few are considered, fewer dialled at once,
 * and one network's addresses wait for the others'.
 */
final class Providers implements AutoCloseable {
    /** Candidates of one look-up; the rest is not looked at. */
    static final int MAX_CONSIDERED = 100;

    /** Dials under way at once. */
    static final int MAX_DIALLING = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Providers.class);

    /** What is done with one provider. */
    interface Life {
        /**
         * Connects and does all that there is to do, until the fetch ends or the provider fails.
         *
         * @param connected to be called once the dial is over
         */
        void live(PeerInfo provider, Runnable connected) throws IOException;
    }

    private record Candidate(PeerInfo peer, boolean hinted, int number) {}

    private final Life life;
    private final ProviderScores scores;
    private final int maxAlive;
    private final Monitor monitor;
    private final Set<PeerId> considered = new LinkedHashSet<>();
    private final List<Candidate> waiting = new ArrayList<>();
    private final Map<String, Integer> groups = new LinkedHashMap<>();
    private final Map<PeerId, Thread> alive = new LinkedHashMap<>();
    private final Map<PeerId, String> failures = new LinkedHashMap<>();
    private int dialling;
    private int dialled;
    private boolean searching = true;
    private boolean closed;

    /**
     * @param maxAlive lives at once
     * @param monitor of the fetch; told when a life ends
     */
    Providers(PeerId self, Life life, ProviderScores scores, int maxAlive, Monitor monitor) {
        this.life = life;
        this.scores = scores;
        this.maxAlive = maxAlive;
        this.monitor = monitor;
        considered.add(self);
    }

    /** A provider was found. */
    void offer(PeerInfo provider, boolean hinted) {
        monitor.change(() -> {
            if (!closed && considered.size() <= MAX_CONSIDERED && considered.add(provider.peer())) {
                waiting.add(new Candidate(provider, hinted, considered.size()));
                startLives();
            }
        });
    }

    /** No more will be found. */
    void searchEnded() {
        monitor.change(() -> {
            searching = false;
            startLives();
        });
    }

    /** Under the lock: everybody who was found so far and is worth it has been tried, and nobody is being dialled. */
    boolean idle() {
        return dialling == 0 && waiting.stream().allMatch(this::isLastResort);
    }

    /** Under the lock: the same, and nobody else will be found. */
    boolean exhausted() {
        return !searching && idle();
    }

    /** Under the lock: nobody is left, not even as a last resort, and nobody will come. */
    boolean allGone() {
        return !searching && dialling == 0 && waiting.isEmpty() && alive.isEmpty();
    }

    /** How many were dialled. */
    int dialled() {
        return monitor.locked(() -> dialled);
    }

    /** Who failed, and why. */
    Map<PeerId, String> failures() {
        return monitor.locked(() -> new LinkedHashMap<>(failures));
    }

    /** Whoever lied waits until nobody else is left, unless the user named it. */
    private boolean isLastResort(Candidate one) {
        return !one.hinted() && scores.isDisgraced(one.peer().peer());
    }

    private void startLives() {
        while (!closed && dialling < MAX_DIALLING && alive.size() < maxAlive && !waiting.isEmpty()) {
            boolean lastResort = !searching && dialling == 0 && alive.isEmpty();
            Optional<Candidate> next = waiting.stream()
                    .filter(one -> lastResort || !isLastResort(one))
                    .min(Comparator.comparing((Candidate one) -> !one.hinted())
                            .thenComparingInt(one -> -scores.score(one.peer().peer()))
                            .thenComparingInt(one -> IpGroup.of(one.peer())
                                    .map(group -> groups.getOrDefault(group, 0))
                                    .orElse(0))
                            .thenComparingDouble(
                                    one -> -scores.bytesPerSecond(one.peer().peer()))
                            .thenComparingInt(Candidate::number));
            if (next.isEmpty()) {
                return;
            }
            Candidate best = next.get();
            waiting.remove(best);
            IpGroup.of(best.peer()).ifPresent(group -> groups.merge(group, 1, Integer::sum));
            dialling++;
            dialled++;
            alive.put(
                    best.peer().peer(),
                    Thread.ofVirtual()
                            .name("provider " + best.peer().peer().abbreviated())
                            .start(() -> live(best.peer())));
        }
    }

    private void live(PeerInfo provider) {
        boolean[] dialOver = new boolean[1];
        Optional<String> failure = Optional.empty();
        try {
            life.live(provider, () -> dialEnded(dialOver));
        } catch (IOException e) {
            failure = Optional.of(String.valueOf(e.getMessage()));
            LOG.debug("provider {}: {}", provider.peer(), e.getMessage());
        } finally {
            dialEnded(dialOver);
            ended(provider.peer(), failure);
        }
    }

    private void dialEnded(boolean[] dialOver) {
        monitor.change(() -> {
            if (!dialOver[0]) {
                dialOver[0] = true;
                dialling--;
                startLives();
            }
        });
    }

    private void ended(PeerId peer, Optional<String> failure) {
        monitor.change(() -> {
            alive.remove(peer);
            if (!closed && failure.isPresent()) {
                failures.put(peer, failure.get());
                scores.failed(peer);
            }
            startLives();
        });
    }

    /** Interrupts every life. */
    @Override
    public void close() {
        monitor.change(() -> {
            closed = true;
            waiting.clear();
            alive.values().forEach(Thread::interrupt);
        });
    }
}
