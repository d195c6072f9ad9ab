package network.guts.sync.fetch;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.sync.SyncException;
import network.guts.sync.core.IdentityResolution;
import network.guts.sync.local.GatheredRefs;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.wire.SyncMessage;

/**
 * Hears what the providers say of the refs, until enough have answered, and decides what counts of it. Thread-safe by
 * the monitor of the fetch.
 */
final class RefsHearing {
    /** Once one provider has answered, others get so long to do so too. */
    static final Duration GRACE = Duration.ofSeconds(1);

    private final RepositoryId id;
    private final Monitor monitor;
    private final GatheredRefs gathered;
    private final int enough;
    private final long revisions;
    private final Map<PublicKey, Long> since = new LinkedHashMap<>();
    private final Set<PeerId> named = new LinkedHashSet<>();
    private final Set<PeerId> undecided = new LinkedHashSet<>();
    private int answers;
    /** A peer that was named has answered: the search is not waited for, only who was found already. */
    private boolean hintAnswered;

    private long firstAnswer;
    private boolean done;

    /**
     * @param gathered what is known already
     * @param local what of that counts here
     * @param enough providers that must have answered, where there are as many
     * @param hints peers that the user named
     */
    RefsHearing(
            RepositoryId id,
            Monitor monitor,
            GatheredRefs gathered,
            Optional<LocalRepository> local,
            int enough,
            Collection<PeerId> hints) {
        this.id = id;
        this.monitor = monitor;
        this.gathered = gathered;
        this.enough = enough;
        this.named.addAll(hints);
        this.revisions = local.map(one -> (long) one.chain().revisions().size()).orElse(0L);
        local.ifPresent(one -> one.with(state -> {
            state.views()
                    .headers()
                    .forEach(header -> since.put(header.signer(), state.views().highest(header.signer())));
            return state;
        }));
    }

    /** Under the lock: a provider is connected, its answer is worth waiting for. */
    void expect(PeerId provider) {
        undecided.add(provider);
    }

    /** Under the lock: a provider is gone. */
    void gone(PeerId provider) {
        undecided.remove(provider);
    }

    /**
     * Asks one provider, and takes what it says.
     *
     * @return its answer
     * @throws MalformedException if the provider passes on what does not hold
     */
    List<SyncMessage.Refs> ask(SyncClient client) throws IOException {
        List<SyncMessage.Refs> parts = client.refs(id, revisions, since);
        // Signatures are checked under the lock: there is one set of records, and answers are few.
        Optional<MalformedException> fault = monitor.locked(() -> take(client.peer(), parts));
        if (fault.isPresent()) {
            throw fault.get();
        }
        monitor.change(() -> {});
        return parts;
    }

    private Optional<MalformedException> take(PeerId provider, List<SyncMessage.Refs> parts) {
        if (done) {
            return Optional.empty();
        }
        try {
            gathered.add(parts);
        } catch (MalformedException e) {
            return Optional.of(e);
        }
        undecided.remove(provider);
        firstAnswer = answers == 0 ? System.nanoTime() : firstAnswer;
        answers++;
        hintAnswered |= named.contains(provider);
        return Optional.empty();
    }

    /** Waits until enough providers have answered, no more will, or the time is over; later answers do not count. */
    boolean await(Providers providers, Duration timeout) throws IOException {
        long end = System.nanoTime() + timeout.toNanos();
        return monitor.await(() -> isHeard(providers), end, () -> {
            done = answers > 0;
            return done;
        });
    }

    private boolean isHeard(Providers providers) {
        return answers >= enough
                || answers > 0 && providers.exhausted() && undecided.isEmpty()
                || providers.allGone()
                || hintAnswered && providers.idle() && undecided.isEmpty()
                || answers > 0 && System.nanoTime() - firstAnswer > GRACE.toNanos();
    }

    /** How many have answered. */
    int answers() {
        return monitor.locked(() -> answers);
    }

    GatheredRefs gathered() {
        return gathered;
    }

    /** A small body that came with a header. */
    Optional<byte[]> body(Bytes hash) {
        return monitor.locked(() -> gathered.body(hash));
    }

    /**
     * What counts of all that was heard and known.
     *
     * @throws SyncException if it is not decided, or nothing of it holds
     */
    GatheredRefs.State state(Instant now) throws SyncException {
        GatheredRefs.Result result = monitor.locked(() -> gathered.resolve(now));
        if (result.state().isPresent()) {
            return result.state().get();
        }
        if (result.resolution() instanceof IdentityResolution.Undecided undecidedIdentity) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    "revision " + undecidedIdentity.revision() + " of the identity of " + id + " has "
                            + undecidedIdentity.candidates().size() + " valid versions",
                    "Choose one with --identity HASH: " + undecidedIdentity.choices());
        }
        String reason = result.resolution() instanceof IdentityResolution.Invalid invalid ? invalid.reason() : "";
        throw new SyncException(
                SyncException.Kind.FAILED,
                "the identity of " + id + " is not valid: " + reason,
                "Ask for it with other providers.");
    }
}
