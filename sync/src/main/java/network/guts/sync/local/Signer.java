package network.guts.sync.local;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.sync.Network;
import network.guts.sync.core.DelegateViews;
import network.guts.sync.core.Freshness;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.Identity;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefName;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryAnnouncement;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;

/** Signs headers and words of freshness: on disk before they leave the process, then announced. */
public final class Signer {
    private final LocalRepositories repositories;
    private final Network network;
    private final InstantSource clock;

    public Signer(LocalRepositories repositories, Network network, InstantSource clock) {
        this.repositories = repositories;
        this.network = network;
        this.clock = clock;
    }

    /**
     * Signs {@code body} as the delegate's newest refs, and applies them. When this returns, the header is on disk.
     *
     * @param records that the header follows; replaced, not changed
     */
    public Signed<RefsHeader> sign(PrivateKey key, GatheredRefs.State records, RefsBody body) throws IOException {
        byte[] encoded = RefsBodyCodec.encode(body);
        RepositoryId id = records.chain().repository();
        GatheredRefs.State newer = copy(records);
        RefsHeader draft = newer.views().draft(key.publicKey(), Bytes.sha256(encoded), clock.instant());
        Signed<RefsHeader> header = SignedRecords.seal(key, draft);
        newer.views().accept(header);
        Signed<Fresh> fresh = freshWord(key, header);
        newer.freshness().accept(fresh, clock.instant());
        repositories.apply(id, newer, Map.of(draft.body(), encoded));
        network.announce(id, header.envelope().encoded().toArray());
        network.announce(id, fresh.envelope().encoded().toArray());
        return header;
    }

    /** The records of an identity that nobody has signed anything under. */
    public static GatheredRefs.State begin(IdentityChain chain) {
        DelegateViews views = new DelegateViews(chain);
        return new GatheredRefs.State(chain, views, new Freshness(views), List.of());
    }

    /** The same records under an identity that has one revision more. */
    GatheredRefs.State under(GatheredRefs.State records, SignedIdentity revision) {
        List<SignedIdentity> revisions = new ArrayList<>(records.chain().revisions());
        revisions.add(revision);
        return copy(
                records,
                new IdentityChain(
                        records.chain().repository(), revisions, records.chain().forks()));
    }

    private GatheredRefs.State copy(GatheredRefs.State records) {
        return copy(records, records.chain());
    }

    private GatheredRefs.State copy(GatheredRefs.State records, IdentityChain chain) {
        GatheredRefs.State copy = begin(chain);
        records.views().evidence().forEach(copy.views()::accept);
        records.views().headers().forEach(copy.views()::accept);
        records.freshness().words().forEach(word -> copy.freshness().accept(word, clock.instant()));
        return copy;
    }

    private Signed<Fresh> freshWord(PrivateKey key, Signed<RefsHeader> header) {
        return SignedRecords.seal(
                key, new Fresh(header.value().repository(), header.value().sequence(), header.hash(), clock.instant()));
    }

    /** Tells everybody who lists or mirrors repositories that this one exists. */
    void announce(PrivateKey key, IdentityChain chain) {
        Identity identity = chain.identity();
        String summary =
                identity.description().isBlank() ? identity.name() : identity.name() + ": " + identity.description();
        RepositoryAnnouncement announcement = new RepositoryAnnouncement(
                chain.repository(), chain.newest().hash(), RepositoryAnnouncement.summary(summary));
        network.announceToAll(
                SignedRecords.seal(key, announcement).envelope().encoded().toArray());
    }

    /** Signs a word of freshness where a day has passed since the last. */
    public void refresh(PrivateKey key, LocalRepository repository) throws IOException {
        PublicKey signer = key.publicKey();
        Optional<Signed<RefsHeader>> due = repository.with(
                state -> state.chain().isDelegate(signer) && state.freshness().isDue(signer, clock.instant())
                        ? Optional.ofNullable(state.views().counting().get(signer))
                        : Optional.empty());
        if (due.isEmpty()) {
            return;
        }
        Signed<Fresh> word = freshWord(key, due.get());
        repositories.store().putFresh(word);
        repository.with(state -> state.freshness().accept(word, clock.instant()));
        network.announce(repository.id(), word.envelope().encoded().toArray());
        // For those who came since it was published.
        announce(key, repository.chain());
    }

    /** The names and objects of {@code refs}, as they are signed. */
    static List<Ref> sorted(Map<String, ObjectId> refs) {
        List<Ref> sorted = new ArrayList<>();
        refs.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(RefName.BY_BYTES))
                .forEach(ref -> sorted.add(new Ref(ref.getKey(), ref.getValue())));
        return sorted;
    }
}
