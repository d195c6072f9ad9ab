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
import network.guts.gossip.shell.GossipMetrics.Fate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs validators, each on a virtual thread of its own with a time-out. */
final class Validation {
    private static final Logger LOG = LoggerFactory.getLogger(Validation.class);

    /** Twice what the core lets wait: a validator that does not heed its time-out still counts until it ends. */
    private final Semaphore running = new Semaphore(2 * Limits.MAX_PENDING);

    private final Duration timeout;

    /** A verdict and what is to be counted for it. */
    record Judged(Verdict verdict, Fate fate) {
        static final Judged ACCEPTED = new Judged(Verdict.ACCEPT, Fate.ACCEPTED);
        static final Judged IGNORED = new Judged(Verdict.IGNORE, Fate.IGNORED);

        static Judged of(Verdict verdict) {
            return switch (verdict) {
                case ACCEPT -> ACCEPTED;
                case IGNORE -> IGNORED;
                case REJECT -> new Judged(verdict, Fate.REJECTED);
            };
        }

        private static Judged ignored(Fate fate) {
            return new Judged(Verdict.IGNORE, fate);
        }
    }

    Validation(Duration timeout) {
        this.timeout = timeout;
    }

    /** The strictest verdict of all validators; IGNORE where there is none. Blocks. */
    Judged verdict(List<Validator> validators, Message message) {
        if (validators.isEmpty()) {
            return Judged.IGNORED;
        }
        Judged strictest = Judged.ACCEPTED;
        for (Validator validator : validators) {
            Judged judged = verdict(validator, message);
            strictest = judged.verdict().compareTo(strictest.verdict()) > 0 ? judged : strictest;
        }
        return strictest;
    }

    private Judged verdict(Validator validator, Message message) {
        if (!running.tryAcquire()) {
            LOG.warn("too many validators run: a message of {} is ignored", message.topic());
            return Judged.ignored(Fate.VALIDATORS_BUSY);
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
            return Judged.of(task.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            LOG.warn("a validator of {} took longer than {} s", message.topic(), timeout.toSeconds(), e);
            thread.interrupt();
            return Judged.ignored(Fate.VALIDATOR_LATE);
        } catch (ExecutionException e) {
            LOG.error("a validator of {} failed", message.topic(), e.getCause());
            return Judged.ignored(Fate.VALIDATOR_FAILED);
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            return Judged.IGNORED;
        }
    }
}
