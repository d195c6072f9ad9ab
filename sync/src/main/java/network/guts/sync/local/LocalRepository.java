package network.guts.sync.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.sync.core.CanonicalRefs;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.git.BareRepository;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.records.RecordStore;

/**
 * One repository that this node holds: the records that count, the packs, the refs. Thread-safe. Long work (a fetch, a
 * push) is done under the lock of {@link LocalRepositories#work}; the state here changes at its end, at once.
 */
public final class LocalRepository {
    private final RepositoryId id;
    private final RecordStore store;
    private final BareRepository git;
    private final ReentrantLock lock = new ReentrantLock();
    private GatheredRefs.State state;

    LocalRepository(RepositoryId id, RecordStore store, BareRepository git, GatheredRefs.State state) {
        this.id = id;
        this.store = store;
        this.git = git;
        this.state = state;
    }

    public RepositoryId id() {
        return id;
    }

    public BareRepository git() {
        return git;
    }

    public RecordStore store() {
        return store;
    }

    /** Looks at the records, or changes them, while nobody else does. Must not block. */
    public <T> T with(Function<GatheredRefs.State, T> work) {
        lock.lock();
        try {
            return work.apply(state);
        } finally {
            lock.unlock();
        }
    }

    public IdentityChain chain() {
        return with(GatheredRefs.State::chain);
    }

    /** The header that counts of each delegate. */
    public Map<PublicKey, Signed<RefsHeader>> counting() {
        return with(known -> known.views().counting());
    }

    /** The bodies of the headers that count, in the order of the identity. */
    public Map<PublicKey, RefsBody> bodies() throws IOException {
        return bodies(counting());
    }

    private Map<PublicKey, RefsBody> bodies(Map<PublicKey, Signed<RefsHeader>> headers) throws IOException {
        Map<PublicKey, RefsBody> bodies = new LinkedHashMap<>();
        for (Map.Entry<PublicKey, Signed<RefsHeader>> entry : headers.entrySet()) {
            Optional<RecordStore.Body> body =
                    store.body(entry.getValue().value().body());
            if (body.isPresent()) {
                bodies.put(entry.getKey(), body.get().value());
            }
        }
        return bodies;
    }

    /** Packs that some delegate lists, the first delegate's first, without those that any withdraws. */
    public List<PackId> listedPacks() throws IOException {
        return listedPacks(bodies().values());
    }

    /** The packs of several bodies, each once, without the withdrawn ones. */
    public static List<PackId> listedPacks(Iterable<RefsBody> bodies) {
        Set<PackId> packs = new LinkedHashSet<>();
        for (RefsBody body : bodies) {
            packs.addAll(body.packs());
        }
        for (RefsBody body : bodies) {
            body.withdrawn().forEach(packs::remove);
        }
        return List.copyOf(packs);
    }

    /** Packs that are not to be served any more. */
    public Set<PackId> withdrawnPacks() throws IOException {
        Set<PackId> withdrawn = new LinkedHashSet<>();
        bodies().values().forEach(body -> withdrawn.addAll(body.withdrawn()));
        return withdrawn;
    }

    /** What the refs of all delegates but {@code delegate} name. */
    Set<ObjectId> targetsBeside(PublicKey delegate) throws IOException {
        Set<ObjectId> targets = new LinkedHashSet<>();
        for (Map.Entry<PublicKey, RefsBody> entry : bodies().entrySet()) {
            if (!entry.getKey().equals(delegate)) {
                entry.getValue().refs().forEach(ref -> targets.add(ref.target()));
            }
        }
        return targets;
    }

    /** The refs as a whole, of the records that count. */
    public CanonicalRefs canonical() throws IOException {
        return canonical(with(known -> known), bodies());
    }

    private CanonicalRefs canonical(GatheredRefs.State records, Map<PublicKey, RefsBody> bodies) throws IOException {
        try {
            return CanonicalRefs.of(records.chain().identity(), bodies, new GitAncestry(git.ancestry()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Puts new records in place of the old ones: on disk first, then the refs move at once. Every pack of the headers
     * that count is installed.
     *
     * @param bodies by hash, of new headers; old ones are on disk
     */
    public void apply(GatheredRefs.State newer, Map<Bytes, byte[]> bodies) throws IOException {
        store.putChain(newer.chain());
        List<Signed<RefsHeader>> withoutBody = new ArrayList<>();
        for (Signed<RefsHeader> header : newer.views().headers()) {
            byte[] body = bodies.get(header.value().body());
            if (body != null) {
                store.put(header, body);
            } else {
                withoutBody.add(header);
            }
        }
        store.putHeaders(withoutBody);
        for (Equivocation evidence : newer.views().evidence()) {
            store.putEvidence(evidence);
        }
        for (Signed<Fresh> word : newer.freshness().words()) {
            store.putFresh(word);
        }
        store.prune(newer.views());
        lock.lock();
        try {
            state = newer;
        } finally {
            lock.unlock();
        }
        moveRefs();
    }

    /** Makes the refs on disk what the records say: after a change, or a crash in the middle of one. */
    public void moveRefs() throws IOException {
        GatheredRefs.State records = with(known -> known);
        Map<PublicKey, RefsBody> bodies = bodies(records.views().counting());
        Map<PeerId, Map<String, ObjectId>> views = new TreeMap<>();
        bodies.forEach((delegate, body) -> views.put(delegate.peerId(), refs(body)));
        git.moveRefs(
                records.chain().identity().defaultBranch(),
                canonical(records, bodies).refs(),
                views);
    }

    /** The refs of a body by name, in its order. */
    public static Map<String, ObjectId> refs(RefsBody body) {
        Map<String, ObjectId> refs = new LinkedHashMap<>();
        for (Ref ref : body.refs()) {
            refs.put(ref.name(), ref.target());
        }
        return refs;
    }
}
