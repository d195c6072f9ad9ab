package network.guts.gossip.shell;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions to the core, whose answers come as effects with the same token.
 *
 * @param <T> what is answered
 */
final class Answers<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    /** The core answers within microseconds; only a full mailbox takes longer. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Map<Long, CompletableFuture<T>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong tokens = new AtomicLong();

    /**
     * Asks, and waits for the answer; empty if the core is closed or does not answer.
     *
     * @param ask submits the question with its token; false if the core is closed
     */
    Optional<T> ask(LongPredicate ask) {
        long token = tokens.incrementAndGet();
        CompletableFuture<T> answer = new CompletableFuture<>();
        waiting.put(token, answer);
        try {
            return ask.test(token)
                    ? Optional.of(answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS))
                    : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("gossip does not answer", e);
        } finally {
            waiting.remove(token);
        }
        return Optional.empty();
    }

    void answer(long token, T answer) {
        CompletableFuture<T> asked = waiting.get(token);
        if (asked != null) {
            asked.complete(answer);
        }
    }
}
