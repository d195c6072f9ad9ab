package network.guts.sync.local;

import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.sync.Repositories.Judgement;
import network.guts.sync.core.DelegateViews;
import network.guts.sync.core.FreshOutcome;
import network.guts.sync.core.HeaderOutcome;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.wire.SignedRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Judges what travels on repositories' topics: validated before it is forwarded, and followed at once. */
public final class Announcements {
    /** Told that a repository has moved. */
    @FunctionalInterface
    public interface Follow {
        /**
         * Fetches in the background, from {@code announcer} first, until it has {@code arrived}. Returns at once.
         */
        void fetch(RepositoryId repository, PeerId announcer, BooleanSupplier arrived);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

    private final LocalRepositories repositories;
    private final Follow follow;
    private final InstantSource clock;

    public Announcements(LocalRepositories repositories, Follow follow, InstantSource clock) {
        this.repositories = repositories;
        this.follow = follow;
        this.clock = clock;
    }

    /** Judges a message; see {@link network.guts.sync.Repositories#announced}. */
    public Judgement judge(RepositoryId id, PeerId from, byte[] envelope) {
        SignedRecords.TopicRecord message;
        try {
            message = SignedRecords.openTopicRecord(envelope);
        } catch (MalformedException e) {
            LOG.debug("{} announced in {}: {}", from, id, e.getMessage());
            return Judgement.REJECT;
        }
        try {
            Optional<LocalRepository> repository = repositories.find(id);
            if (repository.isEmpty()) {
                return Judgement.IGNORE;
            }
            return switch (message) {
                case SignedRecords.TopicRecord.Header header -> header(repository.get(), from, header.header());
                case SignedRecords.TopicRecord.StillFresh fresh -> fresh(repository.get(), from, fresh.fresh());
            };
        } catch (IOException e) {
            LOG.error("cannot judge what was announced in {}", id, e);
            return Judgement.IGNORE;
        }
    }

    private Judgement header(LocalRepository repository, PeerId from, Signed<RefsHeader> header) throws IOException {
        // A copy decides: the header counts here only when its packs are here.
        HeaderOutcome outcome = repository.with(state -> {
            DelegateViews probe = new DelegateViews(state.chain());
            PublicKey signer = header.signer();
            state.views().evidence().stream()
                    .filter(fork -> fork.signer().equals(signer))
                    .forEach(probe::accept);
            state.views().headers(signer).forEach(probe::accept);
            return probe.accept(header);
        });
        return switch (outcome) {
            case HeaderOutcome.Accepted _ -> {
                follow.fetch(repository.id(), from, () -> holds(repository, header));
                yield Judgement.ACCEPT;
            }
            case HeaderOutcome.NeedsIdentity _ -> {
                follow.fetch(repository.id(), from, () -> holds(repository, header));
                yield Judgement.IGNORE;
            }
            case HeaderOutcome.Equivocated equivocated -> equivocated(repository, equivocated.evidence());
            case HeaderOutcome.Backfilled _, HeaderOutcome.Ignored _ -> Judgement.IGNORE;
            case HeaderOutcome.Rejected rejected -> {
                LOG.debug("{} announced in {}: {}", from, repository.id(), rejected.reason());
                yield Judgement.REJECT;
            }
        };
    }

    /** True once this header of the signer, or a later one, counts here. */
    private static boolean holds(LocalRepository repository, Signed<RefsHeader> header) {
        return repository.with(state -> state.views().headers(header.signer()).stream()
                .anyMatch(known -> known.value().sequence() >= header.value().sequence()));
    }

    private Judgement equivocated(LocalRepository repository, Equivocation evidence) throws IOException {
        LOG.warn(
                "{} signed two headers with sequence {} in {}",
                evidence.signer().peerId(),
                evidence.sequence(),
                repository.id());
        repositories.store().putEvidence(evidence);
        repository.with(state -> state.views().accept(evidence));
        repository.moveRefs();
        return Judgement.ACCEPT;
    }

    private Judgement fresh(LocalRepository repository, PeerId from, Signed<Fresh> word) throws IOException {
        FreshOutcome outcome = repository.with(state -> state.freshness().accept(word, clock.instant()));
        return switch (outcome) {
            case FreshOutcome.Accepted _ -> {
                repositories.store().putFresh(word);
                yield Judgement.ACCEPT;
            }
            case FreshOutcome.NeedsHeader _ -> {
                follow.fetch(repository.id(), from, () -> true);
                yield Judgement.IGNORE;
            }
            case FreshOutcome.Ignored _ -> Judgement.IGNORE;
            case FreshOutcome.Rejected _ -> Judgement.REJECT;
        };
    }
}
