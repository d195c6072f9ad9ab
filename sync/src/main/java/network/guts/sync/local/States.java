package network.guts.sync.local;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.sync.Repositories.DelegateState;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.SigningKeys;
import network.guts.sync.core.CanonicalRefs;
import network.guts.sync.core.Freshness;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.Signed;
import network.guts.sync.records.RecordStore;

/** What is told of a repository that is held here. */
public final class States {
    private final RecordStore store;
    private final SigningKeys keys;
    private final InstantSource clock;

    public States(RecordStore store, SigningKeys keys, InstantSource clock) {
        this.store = store;
        this.keys = keys;
        this.clock = clock;
    }

    public RepositoryState of(LocalRepository repository) throws IOException {
        Identity identity = repository.chain().identity();
        CanonicalRefs canonical = repository.canonical();
        Map<PublicKey, RefsBody> bodies = repository.bodies();
        Optional<PrivateKey> key = keys.key();
        Freshness.Confirmation confirmation =
                repository.with(state -> state.freshness().confirmation(clock.instant()));
        List<DelegateState> views = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        for (Map.Entry<PublicKey, Signed<RefsHeader>> entry :
                repository.counting().entrySet()) {
            PublicKey delegate = entry.getKey();
            Optional<String> warning = repository.with(state -> state.views().warning(delegate));
            warning.ifPresent(text -> warnings.add(delegate.peerId() + ": " + text));
            views.add(new DelegateState(
                    delegate.peerId(),
                    entry.getValue().value().sequence(),
                    entry.getValue().value().time(),
                    LocalRepository.refs(bodies.getOrDefault(delegate, RefsBody.EMPTY)),
                    warning));
        }
        canonical.absent().forEach((name, reason) -> warnings.add(name + " is absent: " + reason));
        if (!repository.chain().forks().isEmpty()) {
            warnings.add("the identity has " + repository.chain().forks().size() + " versions that are not followed");
        }
        if (confirmation.stale()) {
            warnings.add(confirmation.words());
        }
        Optional<Instant> heardOf = store.heardOf(repository.id());
        return new RepositoryState(
                repository.id(),
                identity.name(),
                identity.description(),
                identity.defaultBranch(),
                identity.revision(),
                identity.delegates().stream().map(PublicKey::peerId).toList(),
                identity.threshold(),
                store.policy(repository.id()).seeded(),
                key.isPresent() && repository.chain().isDelegate(key.get().publicKey()),
                canonical.refs(),
                views,
                repository.listedPacks(),
                repository.git().objectCount(),
                repository.git().diskBytes(),
                heardOf,
                confirmation.confirmed(),
                warnings);
    }
}
