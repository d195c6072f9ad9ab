package network.guts.sync.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.host.Host;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import network.guts.sync.SigningKeys;
import network.guts.sync.SyncException;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.git.BareRepository;
import network.guts.sync.git.SourceRepository;
import network.guts.sync.model.Identity;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefName;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.pack.PackException;
import network.guts.sync.records.SeedingPolicy;
import network.guts.sync.records.ViaSeeder;
import network.guts.sync.records.ViaStore;
import network.guts.sync.wire.IdentityCodec;
import network.guts.sync.wire.SignedRecords;

/** Makes a user's repository one of the network, and publishes what is new in it. */
public final class Publisher {
    /** Brings this node's records of a repository up to date before it signs: another copy of its home may have signed. */
    @FunctionalInterface
    public interface CatchUp {
        void catchUp(RepositoryId repository) throws IOException;
    }

    private final LocalRepositories repositories;
    private final PublishedSources sources;
    private final PackIntake intake;
    private final PackLists lists;
    private final Signer signer;
    private final SigningKeys keys;
    private final Host host;
    private final ViaStore vias;
    private final CatchUp catchUp;
    private final RandomGenerator random;
    private final ReentrantLock firstKey = new ReentrantLock();

    public Publisher(
            LocalRepositories repositories,
            PublishedSources sources,
            PackIntake intake,
            Signer signer,
            SigningKeys keys,
            Host host,
            ViaStore vias,
            CatchUp catchUp,
            RandomGenerator random) {
        this.repositories = repositories;
        this.sources = sources;
        this.intake = intake;
        this.lists = new PackLists(repositories.store(), intake);
        this.signer = signer;
        this.keys = keys;
        this.host = host;
        this.vias = vias;
        this.catchUp = catchUp;
        this.random = random;
    }

    /** Publishes; see {@link network.guts.sync.Repositories#publish}. */
    public Published publish(Path path, PublishOptions options, Progress progress) throws IOException {
        SourceRepository source = SourceRepository.open(path);
        Optional<RepositoryId> known = sources.find(source.gitDirectory());
        if (known.isEmpty()) {
            // One at a time: two first publications at once must not draft two keys.
            firstKey.lock();
            try {
                return create(source, options, progress);
            } finally {
                firstKey.unlock();
            }
        }
        RepositoryId id = known.get();
        catchUp.catchUp(id);
        ReentrantLock work = repositories.work(id);
        work.lock();
        try {
            return update(id, source, options, progress);
        } finally {
            work.unlock();
        }
    }

    /** Tells everybody who lists or mirrors repositories of one that is new. */
    public void announce(RepositoryId id) throws IOException {
        Optional<LocalRepository> repository = repositories.find(id);
        if (repository.isPresent()) {
            signer.announce(
                    delegateKey(keys, repository.get()), repository.get().chain());
        }
    }

    private Published create(SourceRepository source, PublishOptions options, Progress progress) throws IOException {
        PrivateKey key = keys.keyOrDraft();
        byte[] nonce = new byte[Identity.NONCE_BYTES];
        random.nextBytes(nonce);
        Identity identity = new Identity(
                Identity.VERSION,
                0,
                Optional.empty(),
                options.name().orElseGet(source::name),
                options.description().orElse(""),
                options.defaultBranch().or(source::defaultBranch).orElse("main"),
                List.of(key.publicKey()),
                1,
                Optional.empty(),
                Bytes.of(nonce));
        SignedIdentity signed = SignedRecords.seal(List.of(key), valid(identity));
        RepositoryId id = RepositoryId.ofPayload(signed.payload().toArray());
        IdentityChain chain = new IdentityChain(id, List.of(signed), List.of());
        ReentrantLock work = repositories.work(id);
        work.lock();
        boolean done = false;
        try {
            Published published = sign(key, Signer.begin(chain), source, RefsBody.EMPTY, options, progress, true);
            sources.put(source.gitDirectory(), id);
            done = true;
            return published;
        } finally {
            if (!done) {
                repositories.delete(id);
            }
            work.unlock();
        }
    }

    private Published update(RepositoryId id, SourceRepository source, PublishOptions options, Progress progress)
            throws IOException {
        LocalRepository repository = held(id);
        PrivateKey key = delegateKey(keys, repository);
        RefsBody body = repository.bodies().getOrDefault(key.publicKey(), RefsBody.EMPTY);
        GatheredRefs.State records = repository.with(state -> state);
        Optional<SignedIdentity> revision = nextRevision(key, records.chain(), options);
        if (revision.isPresent()) {
            records = signer.under(records, revision.get());
        }
        return sign(key, records, source, body, options, progress, revision.isPresent());
    }

    private LocalRepository held(RepositoryId id) throws IOException {
        return repositories
                .find(id)
                .orElseThrow(() -> new SyncException(
                        SyncException.Kind.NOT_FOUND,
                        id + " was published from here, but this node does not hold it",
                        "Seed it first, or remove the remote 'guts' to publish it anew."));
    }

    /**
     * The identity with another name, description or default branch, if that is asked for.
     *
     * @throws SyncException REFUSED if others would have to sign it as well, or two could sign different ones at once
     */
    private static Optional<SignedIdentity> nextRevision(PrivateKey key, IdentityChain chain, PublishOptions options)
            throws SyncException {
        Identity now = chain.identity();
        String name = options.name().orElse(now.name());
        String description = options.description().orElse(now.description());
        String branch = options.defaultBranch().orElse(now.defaultBranch());
        if (name.equals(now.name()) && description.equals(now.description()) && branch.equals(now.defaultBranch())) {
            return Optional.empty();
        }
        if (!now.delegates().equals(List.of(key.publicKey()))) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    chain.repository() + " has " + now.delegates().size()
                            + " delegates: its name, description and default branch are not changed by one of them",
                    "Publish without --name, --description and --default-branch.");
        }
        Identity next = new Identity(
                Identity.VERSION,
                now.revision() + 1,
                Optional.of(chain.newest().hash()),
                name,
                description,
                branch,
                now.delegates(),
                now.threshold(),
                now.recovery(),
                Bytes.EMPTY);
        return Optional.of(SignedRecords.seal(List.of(key), valid(next)));
    }

    /** Refuses what no reader would accept. */
    private static Identity valid(Identity identity) throws SyncException {
        try {
            return IdentityCodec.decode(IdentityCodec.encode(identity));
        } catch (MalformedException e) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    "such an identity is not valid: " + e.getMessage(),
                    "Choose another name, description or default branch.");
        }
    }

    /** This node's key, if it is a delegate's. */
    public static PrivateKey delegateKey(SigningKeys keys, LocalRepository repository) throws IOException {
        Optional<PrivateKey> key = keys.key().filter(one -> repository.chain().isDelegate(one.publicKey()));
        return key.orElseThrow(() -> new SyncException(
                SyncException.Kind.REFUSED,
                "this node's signing key is no delegate of " + repository.id(),
                "Ask a delegate to add it, or publish a repository of your own."));
    }

    private Published sign(
            PrivateKey key,
            GatheredRefs.State records,
            SourceRepository source,
            RefsBody before,
            PublishOptions options,
            Progress progress,
            boolean newIdentity)
            throws IOException {
        RepositoryId id = records.chain().repository();
        BareRepository git = repositories.git(id);
        progress.update(new Progress.State("packing", 0, 0, 0, 0, 0, 0));
        List<Ref> refs = Signer.sorted(signable(source.refs()));
        Set<ObjectId> have = new LinkedHashSet<>();
        before.refs().forEach(ref -> have.add(ref.target()));
        boolean created = records.views().headers().isEmpty()
                && records.chain().identity().revision() == 0;
        PackIntake.Taken taken = take(id, git, source, refs, have);
        Set<ObjectId> others = new LinkedHashSet<>();
        Optional<LocalRepository> known = repositories.find(id);
        if (known.isPresent()) {
            others.addAll(known.get().targetsBeside(key.publicKey()));
        }
        PackLists.Listed listed =
                lists.after(id, git, before, refs, taken.packs(), options.purge() && !created, others);
        RefsBody body = new RefsBody(refs, listed.packs(), listed.withdrawn(), seeds(id));
        boolean same = !newIdentity
                && body.refs().equals(before.refs())
                && body.packs().equals(before.packs())
                && body.withdrawn().equals(before.withdrawn());
        long sequence;
        if (same) {
            sequence = records.views().highest(key.publicKey());
        } else {
            // Last: what failed before leaves no key behind.
            keys.keep(key);
            repositories.store().putPolicy(new SeedingPolicy(id, true, SeedingPolicy.NO_QUOTA));
            Signed<network.guts.sync.model.RefsHeader> header = signer.sign(key, records, body);
            sequence = header.value().sequence();
        }
        return new Published(
                id,
                created,
                sequence,
                refs.size(),
                taken.objects(),
                taken.bytes(),
                taken.packs().size());
    }

    /** What the refs reach and {@code have} does not: the source's own pack if it is just that, else one that git makes. */
    private PackIntake.Taken take(
            RepositoryId id, BareRepository git, SourceRepository source, List<Ref> refs, Set<ObjectId> have)
            throws IOException {
        if (have.isEmpty() && git.packs().isEmpty()) {
            Optional<Path> only = source.onlyPack(git.incoming());
            if (only.isPresent()) {
                Optional<PackIntake.Taken> taken = intake.takeAsItIs(id, git, only.get(), refs);
                if (taken.isPresent()) {
                    return taken.get();
                }
            }
        }
        try {
            return intake.take(id, git, source.pack(git.incoming(), have), refs);
        } catch (PackException e) {
            // git may hand out a stored entry as it is: then its damage shows only here.
            throw new SyncException(
                    SyncException.Kind.FAILED,
                    source.path() + " cannot be published: " + e.getMessage(),
                    "See what is wrong with: git fsck --full");
        }
    }

    private static Map<String, ObjectId> signable(Map<String, ObjectId> refs) {
        Map<String, ObjectId> signable = new java.util.LinkedHashMap<>();
        refs.forEach((name, target) -> {
            boolean wanted = name.startsWith(RefName.HEADS) || name.startsWith(RefName.TAGS);
            if (wanted && RefName.isSignable(name)) {
                signable.put(name, target);
            }
        });
        return signable;
    }

    /** This node, where it can be dialled, and the seeders that keep the repository for it. */
    private List<PeerInfo> seeds(RepositoryId id) throws IOException {
        List<PeerInfo> seeds = new ArrayList<>();
        seeds.add(new PeerInfo(host.peerId(), host.addresses()));
        for (ViaSeeder one : vias.of(id)) {
            if (one.sequence() > 0) {
                seeds.add(one.seeder());
            }
        }
        return seeds.stream()
                .filter(seed -> !seed.addresses().isEmpty())
                .limit(RefsBody.MAX_SEEDS)
                .map(seed -> new PeerInfo(
                        seed.peer(),
                        seed.addresses().subList(0, Math.min(seed.addresses().size(), RefsBody.MAX_SEED_ADDRESSES))))
                .toList();
    }

    /**
     * Signs the same refs once more, if the peers that this delegate vouches for are others than when it signed last.
     *
     * @return the sequence of its newest header
     */
    public long vouch(RepositoryId id) throws IOException {
        catchUp.catchUp(id);
        ReentrantLock work = repositories.work(id);
        work.lock();
        try {
            LocalRepository repository = held(id);
            PrivateKey key = delegateKey(keys, repository);
            RefsBody before = repository.bodies().getOrDefault(key.publicKey(), RefsBody.EMPTY);
            RefsBody body = new RefsBody(before.refs(), before.packs(), before.withdrawn(), seeds(id));
            GatheredRefs.State records = repository.with(state -> state);
            return body.equals(before)
                    ? records.views().highest(key.publicKey())
                    : signer.sign(key, records, body).value().sequence();
        } finally {
            work.unlock();
        }
    }
}
