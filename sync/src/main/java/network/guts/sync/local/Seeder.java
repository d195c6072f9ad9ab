package network.guts.sync.local;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.Host;
import network.guts.sync.SyncSettings;
import network.guts.sync.core.ChunkSet;
import network.guts.sync.fetch.PartialPack;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.pack.ServedPack;
import network.guts.sync.protocol.SyncSource;
import network.guts.sync.records.RecordStore;
import network.guts.sync.wire.PackDescriptorCodec;
import network.guts.sync.wire.SyncLimits;
import network.guts.sync.wire.SyncMessage;

/** What this node serves: what it seeds or has published, and the chunks of what it is fetching. */
public final class Seeder implements SyncSource {
    /** Headers of one signer in an answer: the newest, and what decides beside an equivocation. */
    private static final int HEADERS_PER_SIGNER = 8;

    /** Envelopes of one message: leaves room for their tags. */
    private static final int PART = SyncLimits.PIECE;

    private final LocalRepositories repositories;
    private final Host host;
    private final SyncSettings settings;
    private volatile Set<PeerId> members;
    private final Map<PackId, PartialPack> partial = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<RepositoryId, Set<PeerId>> holders = new LinkedHashMap<>();

    public Seeder(LocalRepositories repositories, Host host, SyncSettings settings) {
        this.repositories = repositories;
        this.host = host;
        this.settings = settings;
        this.members = settings.members();
    }

    /** Changes who is told the inventory; empty: everybody. */
    public void members(Set<PeerId> allowed) {
        members = Set.copyOf(allowed);
    }

    /** From now on the verified chunks of {@code pack} are served, until {@link #unshare}. */
    public void share(PartialPack pack) {
        partial.put(pack.id(), pack);
    }

    public void unshare(PartialPack pack) {
        partial.remove(pack.id(), pack);
    }

    /** Notes that a peer holds or fetches a repository, to tell others. */
    public void holds(PeerId peer, RepositoryId repository) {
        lock.lock();
        try {
            Set<PeerId> known = holders.computeIfAbsent(repository, id -> new LinkedHashSet<>());
            known.remove(peer);
            known.add(peer);
            if (known.size() > SyncLimits.MAX_PEERS) {
                known.remove(known.iterator().next());
            }
            // As many repositories as a node plausibly holds; strangers' questions are not noted.
            if (holders.size() > SyncLimits.INVENTORY_PAGE) {
                holders.remove(holders.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    /** What is known to be held by a peer. */
    public List<RepositoryId> heldBy(PeerId peer) {
        lock.lock();
        try {
            return holders.entrySet().stream()
                    .filter(entry -> entry.getValue().contains(peer))
                    .map(Map.Entry::getKey)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private Optional<LocalRepository> served(RepositoryId id) throws IOException {
        if (settings.blocked().contains(id) || !repositories.store().policy(id).seeded()) {
            return Optional.empty();
        }
        return repositories.find(id);
    }

    @Override
    public Optional<List<SyncMessage.Refs>> refs(
            RepositoryId id, long revisions, Map<PublicKey, Long> since, PeerId asker) throws IOException {
        Optional<LocalRepository> found = served(id);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        LocalRepository repository = found.get();
        RefsParts parts = new RefsParts();
        Map<PublicKey, Signed<RefsHeader>> counting = repository.counting();
        repository.with(state -> {
            for (SignedIdentity revision : state.chain().revisions()) {
                if (revision.value().revision() >= revisions) {
                    revision.envelopes().forEach(parts::identity);
                }
            }
            state.chain().forks().forEach(fork -> fork.envelopes().forEach(parts::identity));
            state.views().evidence().forEach(fork -> {
                parts.header(fork.first().envelope());
                parts.header(fork.second().envelope());
            });
            Set<PublicKey> signers = new LinkedHashSet<>();
            state.views().headers().forEach(header -> signers.add(header.signer()));
            for (PublicKey signer : signers) {
                headersOf(state, signer, since.getOrDefault(signer, 0L), counting)
                        .forEach(parts::header);
            }
            state.freshness().words().forEach(word -> parts.fresh(word.envelope()));
            return state;
        });
        for (Map.Entry<PublicKey, Signed<RefsHeader>> entry : counting.entrySet()) {
            Signed<RefsHeader> header = entry.getValue();
            if (header.value().sequence() > since.getOrDefault(entry.getKey(), 0L)) {
                repositories
                        .store()
                        .body(header.value().body())
                        .filter(body -> body.encoded().size() <= SyncLimits.SMALL_BODY)
                        .ifPresent(body -> parts.body(body.encoded()));
            }
        }
        parts.peers(peers(id));
        holds(asker, id);
        return Optional.of(parts.finish());
    }

    private static List<SignedEnvelope> headersOf(
            GatheredRefs.State state, PublicKey signer, long since, Map<PublicKey, Signed<RefsHeader>> counting) {
        List<Signed<RefsHeader>> all = state.views().headers(signer).stream()
                .filter(header -> header.value().sequence() > since)
                .toList();
        Set<SignedEnvelope> envelopes = new LinkedHashSet<>();
        Signed<RefsHeader> counts = counting.get(signer);
        if (counts != null && counts.value().sequence() > since) {
            envelopes.add(counts.envelope());
        }
        all.subList(Math.max(0, all.size() - HEADERS_PER_SIGNER), all.size())
                .forEach(header -> envelopes.add(header.envelope()));
        return List.copyOf(envelopes);
    }

    @Override
    public Optional<byte[]> body(RepositoryId id, Bytes hash) throws IOException {
        Optional<LocalRepository> repository = served(id);
        if (repository.isEmpty()) {
            return Optional.empty();
        }
        boolean ours = repository
                .get()
                .with(state -> state.views().headers().stream()
                        .anyMatch(header -> header.value().body().equals(hash)));
        return ours ? repositories.store().body(hash).map(body -> body.encoded().toArray()) : Optional.empty();
    }

    @Override
    public Optional<Held> pack(RepositoryId id, PackId pack) throws IOException {
        PartialPack fetching = partial.get(pack);
        if (fetching != null && !settings.blocked().contains(id)) {
            return Optional.of(new HeldPart(fetching));
        }
        Optional<LocalRepository> repository = served(id);
        if (repository.isEmpty() || repository.get().withdrawnPacks().contains(pack)) {
            return Optional.empty();
        }
        Optional<RecordStore.Descriptor> descriptor = repositories.store().descriptor(pack);
        Optional<ServedPack> served = repository.get().git().served(pack);
        return descriptor.isPresent() && served.isPresent()
                ? Optional.of(new HeldWhole(descriptor.get(), served.get()))
                : Optional.empty();
    }

    private record HeldPart(PartialPack pack) implements Held {
        @Override
        public byte[] descriptor() {
            return PackDescriptorCodec.encode(pack.descriptor());
        }

        @Override
        public ChunkSet chunks() {
            return pack.verified();
        }

        @Override
        public byte[] read(int chunk) throws IOException {
            return pack.read(chunk);
        }
    }

    private record HeldWhole(RecordStore.Descriptor described, ServedPack pack) implements Held {
        @Override
        public byte[] descriptor() {
            return described.encoded().toArray();
        }

        @Override
        public ChunkSet chunks() {
            return ChunkSet.all(described.value().chunks().size());
        }

        @Override
        public byte[] read(int chunk) throws IOException {
            return pack.readChunk(chunk);
        }
    }

    @Override
    public Optional<List<RepositoryId>> inventory(Optional<RepositoryId> after, int limit, PeerId asker)
            throws IOException {
        Set<PeerId> allowed = members;
        if (!allowed.isEmpty() && !allowed.contains(asker)) {
            return Optional.empty();
        }
        List<RepositoryId> page = new ArrayList<>();
        for (RepositoryId id : repositories.store().repositories()) {
            boolean next = after.isEmpty() || id.compareTo(after.get()) > 0;
            if (next && page.size() < limit && served(id).isPresent()) {
                page.add(id);
            }
        }
        return Optional.of(page);
    }

    @Override
    public List<Bytes> peers(RepositoryId repository) {
        List<PeerId> known;
        lock.lock();
        try {
            known = List.copyOf(holders.getOrDefault(repository, Set.of()));
        } finally {
            lock.unlock();
        }
        return known.stream()
                .map(peer -> host.addressBook().record(peer))
                .flatMap(Optional::stream)
                .map(SignedEnvelope::encoded)
                .toList();
    }

    /** Cuts an answer into messages. */
    private static final class RefsParts {
        private final List<SyncMessage.Refs> done = new ArrayList<>();
        private List<Bytes> identities = new ArrayList<>();
        private List<Bytes> headers = new ArrayList<>();
        private List<Bytes> fresh = new ArrayList<>();
        private List<Bytes> bodies = new ArrayList<>();
        private List<Bytes> peers = new ArrayList<>();
        private int size;

        void identity(SignedEnvelope envelope) {
            room(envelope.encoded());
            identities.add(envelope.encoded());
        }

        void header(SignedEnvelope envelope) {
            room(envelope.encoded());
            headers.add(envelope.encoded());
        }

        void fresh(SignedEnvelope envelope) {
            room(envelope.encoded());
            fresh.add(envelope.encoded());
        }

        void body(Bytes body) {
            room(body);
            bodies.add(body);
        }

        void peers(List<Bytes> envelopes) {
            for (Bytes envelope : envelopes) {
                if (envelope.size() < PART / SyncLimits.MAX_PEERS) {
                    room(envelope);
                    peers.add(envelope);
                }
            }
        }

        private void room(Bytes next) {
            // A tag and a length take 4 bytes at most.
            int length = next.size() + 4;
            if (size + length > PART && size > 0) {
                cut();
            }
            size += length;
        }

        private void cut() {
            done.add(new SyncMessage.Refs(identities, headers, fresh, bodies, peers));
            identities = new ArrayList<>();
            headers = new ArrayList<>();
            fresh = new ArrayList<>();
            bodies = new ArrayList<>();
            peers = new ArrayList<>();
            size = 0;
        }

        List<SyncMessage.Refs> finish() {
            cut();
            return done;
        }
    }
}
