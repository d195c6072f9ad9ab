package network.guts.gossip.shell;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import network.guts.gossip.Gossip.Message;
import network.guts.gossip.Gossip.Validator;
import network.guts.gossip.Gossip.Verdict;
import network.guts.gossip.core.Limits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs validators, each on a virtual thread of its own with a time-out. */
final class Validation {
    private static final Logger LOG = LoggerFactory.getLogger(Validation.class);

    /** Twice what the core lets wait: a validator that does not heed its time-out still counts until it ends. */
    private final Semaphore running = new Semaphore(2 * Limits.MAX_PENDING);

    private final Duration timeout;

    Validation(Duration timeout) {
        this.timeout = timeout;
    }

    /** The strictest verdict of all validators; IGNORE where there is none. Blocks. */
    Verdict verdict(List<Validator> validators, Message message) {
        if (validators.isEmpty()) {
            return Verdict.IGNORE;
        }
        Verdict strictest = Verdict.ACCEPT;
        for (Validator validator : validators) {
            Verdict verdict = verdict(validator, message);
            strictest = verdict.compareTo(strictest) > 0 ? verdict : strictest;
        }
        return strictest;
    }

    private Verdict verdict(Validator validator, Message message) {
        if (!running.tryAcquire()) {
            LOG.warn("too many validators run: a message of {} is ignored", message.topic());
            return Verdict.IGNORE;
        }
        FutureTask<Verdict> task = new FutureTask<>(() -> validator.validate(message));
        Thread thread = Thread.ofVirtual().name("gossip-validator").start(() -> {
            try {
                task.run();
            } finally {
                running.release();
            }
        });
        try {
            return task.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("a validator of {} took longer than {} s", message.topic(), timeout.toSeconds(), e);
            thread.interrupt();
        } catch (ExecutionException e) {
            LOG.error("a validator of {} failed", message.topic(), e.getCause());
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
        return Verdict.IGNORE;
    }
}
