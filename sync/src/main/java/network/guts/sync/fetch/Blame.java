package network.guts.sync.fetch;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import network.guts.core.PeerId;
import network.guts.sync.core.FetchScheduler.ChunkId;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.metrics.SyncMetrics.Fault;
import network.guts.sync.model.RepositoryId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who did wrong in one fetch, and what: named in the log and to the user, and for a provider remembered by {@link
 * ProviderScores}, so that it is not asked first the next time. A wrong chunk is the fault of whoever sent it; records
 * that do not hold together are the fault of the delegate who signed them, whoever passed them on. Thread-safe.
 */
final class Blame {
    private static final Logger LOG = LoggerFactory.getLogger(Blame.class);

    private final RepositoryId repository;
    private final ProviderScores scores;
    private final SyncMetrics metrics;
    private final Map<PeerId, String> reasons = new ConcurrentHashMap<>();

    Blame(RepositoryId repository, ProviderScores scores, SyncMetrics metrics) {
        this.repository = repository;
        this.scores = scores;
        this.metrics = metrics;
    }

    /** A provider sent bytes that do not have the chunk's signed hash. */
    void wrongChunk(PeerId provider, ChunkId chunk) {
        scores.lied(provider);
        drop(provider, Fault.WRONG_CHUNK, "sent a wrong chunk", chunk);
    }

    /** A provider that was asked for a chunk said nothing for too long. */
    void silent(PeerId provider, ChunkId chunk) {
        scores.silent(provider);
        drop(provider, Fault.SILENT, "fell silent", chunk);
    }

    private void drop(PeerId provider, Fault fault, String reason, ChunkId chunk) {
        if (reasons.putIfAbsent(provider, reason) == null) {
            metrics.blamed(fault);
            LOG.info(
                    "provider {} of {} {} ({} of pack {}) and is dropped",
                    provider,
                    repository,
                    reason,
                    chunk.index(),
                    chunk.pack());
        }
    }

    /** A provider sent something else that it must not: a bad signature, another body, a malformed message. */
    void wrongAnswer(PeerId provider, String reason) {
        scores.lied(provider);
        String words = reason.startsWith("sent ") ? reason : "sent what it must not: " + reason;
        if (reasons.putIfAbsent(provider, words) == null) {
            metrics.blamed(Fault.WRONG_ANSWER);
            LOG.info("provider {} of {} {} and is dropped", provider, repository, words);
        }
    }

    /** A delegate signed something that is not valid. */
    void wronglySigned(PeerId delegate, String reason) {
        reasons.put(delegate, reason);
        metrics.blamed(Fault.WRONGLY_SIGNED);
        LOG.warn("delegate {} of {} {}; it is passed over", delegate, repository, reason);
    }

    /** Writes down at once what would be written at the end of the fetch: a crash must not wash a liar clean. */
    void remember() {
        scores.save();
    }

    /** Everybody who was blamed so far, with the reason in words. */
    Map<PeerId, String> reasons() {
        return new TreeMap<>(reasons);
    }
}
