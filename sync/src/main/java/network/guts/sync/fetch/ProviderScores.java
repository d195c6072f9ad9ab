package network.guts.sync.fetch;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import network.guts.core.PeerId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is remembered of providers, over restarts: who delivered and how fast, who failed, who was silent, who lied. It
 * fades with time ({@link ProviderScore}). Thread-safe, bounded.
 */
public final class ProviderScores {
    /** More peers than a node fetches from in the weeks that it remembers them. */
    static final int MAX_PEERS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(ProviderScores.class);

    private final ProviderScoreTable table;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PeerId, ProviderScore> scores = new LinkedHashMap<>();
    /** What the table does not know yet. */
    private final Set<PeerId> changed = new LinkedHashSet<>();

    /**
     * @throws IOException if the database cannot be read
     */
    public ProviderScores(ProviderScoreTable table, InstantSource clock) throws IOException {
        this.table = table;
        this.clock = clock;
        scores.putAll(table.load());
        forget();
    }

    /** 0 for a stranger; higher is better. */
    public int score(PeerId peer) {
        return (int) Math.round(points(peer));
    }

    /** True of a provider that lied not long ago: it is asked when nobody else is left. */
    public boolean isDisgraced(PeerId peer) {
        return points(peer) <= ProviderScore.DISGRACE;
    }

    private double points(PeerId peer) {
        return find(peer).map(score -> score.pointsAt(clock.instant())).orElse(0.0);
    }

    /** How fast it delivered; 0 if it never did. */
    public double bytesPerSecond(PeerId peer) {
        return find(peer).map(ProviderScore::bytesPerSecond).orElse(0.0);
    }

    private Optional<ProviderScore> find(PeerId peer) {
        lock.lock();
        try {
            return Optional.ofNullable(scores.get(peer));
        } finally {
            lock.unlock();
        }
    }

    /** Verified chunks came from it. */
    public void delivered(PeerId peer, long bytes, Duration took) {
        change(peer, (score, now) -> score.delivered(bytes, took, now));
    }

    /** It could not be reached, or its stream ended. */
    public void failed(PeerId peer) {
        change(peer, (score, now) -> score.weakened(ProviderScore.FAILURE, now));
    }

    /** It was asked and said nothing. */
    public void silent(PeerId peer) {
        change(peer, (score, now) -> score.weakened(ProviderScore.SILENCE, now));
    }

    /** It sent what it must not. */
    public void lied(PeerId peer) {
        change(peer, ProviderScore::lied);
    }

    private void change(PeerId peer, BiFunction<ProviderScore, Instant, ProviderScore> what) {
        Instant now = clock.instant();
        lock.lock();
        try {
            scores.put(peer, what.apply(scores.getOrDefault(peer, ProviderScore.stranger(now)), now));
            changed.add(peer);
            if (scores.size() > MAX_PEERS) {
                forget();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets go of what has faded. If that is not enough, those go first of whom there is least to say: so a crowd of new
     * peer ids does not wash a liar's away.
     */
    private void forget() {
        Instant now = clock.instant();
        List<PeerId> faded = scores.entrySet().stream()
                .filter(one -> one.getValue().isForgotten(now))
                .map(Map.Entry::getKey)
                .toList();
        faded.forEach(this::forget);
        if (scores.size() > MAX_PEERS) {
            // A tenth at once, so that not every new peer costs a look at all.
            List<PeerId> least = scores.entrySet().stream()
                    .sorted(Comparator.comparingDouble(
                            one -> Math.abs(one.getValue().pointsAt(now))))
                    .limit(scores.size() - MAX_PEERS * 9 / 10)
                    .map(Map.Entry::getKey)
                    .toList();
            least.forEach(this::forget);
        }
    }

    private void forget(PeerId peer) {
        scores.remove(peer);
        changed.add(peer);
    }

    /** Writes what has changed. A database that fails costs the memory of it, not the fetch. */
    public void save() {
        Map<PeerId, Optional<ProviderScore>> rows = new LinkedHashMap<>();
        lock.lock();
        try {
            changed.forEach(peer -> rows.put(peer, Optional.ofNullable(scores.get(peer))));
            changed.clear();
        } finally {
            lock.unlock();
        }
        try {
            table.save(rows);
        } catch (IOException e) {
            LOG.warn("cannot keep what {} providers did: {}", rows.size(), e.getMessage());
        }
    }
}
