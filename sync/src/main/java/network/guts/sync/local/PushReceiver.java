package network.guts.sync.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PrivateKey;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.Pushed;
import network.guts.sync.Repositories.RefUpdate;
import network.guts.sync.SigningKeys;
import network.guts.sync.SyncException;
import network.guts.sync.git.BareRepository;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefName;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;

/** Takes pushes into a repository of which this node's key is a delegate. */
public final class PushReceiver {
    private static final String OK = "ok";

    /** What git itself says of a ref that is fine, in an atomic push that is not. */
    private static final String NOT_ALL = "atomic push failed";

    private final LocalRepositories repositories;
    private final PackIntake intake;
    private final PackLists lists;
    private final Signer signer;
    private final SigningKeys keys;
    private final Publisher.CatchUp catchUp;

    public PushReceiver(
            LocalRepositories repositories,
            PackIntake intake,
            Signer signer,
            SigningKeys keys,
            Publisher.CatchUp catchUp) {
        this.repositories = repositories;
        this.intake = intake;
        this.lists = new PackLists(repositories.store(), intake);
        this.signer = signer;
        this.keys = keys;
        this.catchUp = catchUp;
    }

    /** Takes a push; see {@link network.guts.sync.Repositories#push}. */
    public Pushed push(RepositoryId id, Path quarantine, List<RefUpdate> updates, boolean atomic, Progress progress)
            throws IOException {
        LocalRepository repository = repositories
                .find(id)
                .orElseThrow(() -> new SyncException(
                        SyncException.Kind.NOT_FOUND, "this node does not hold " + id, "Seed or clone it first."));
        Publisher.delegateKey(keys, repository);
        catchUp.catchUp(id);
        ReentrantLock work = repositories.work(id);
        work.lock();
        try {
            return take(repository, quarantine, updates, atomic, progress);
        } finally {
            work.unlock();
        }
    }

    private Pushed take(
            LocalRepository repository, Path quarantine, List<RefUpdate> updates, boolean atomic, Progress progress)
            throws IOException {
        PrivateKey key = Publisher.delegateKey(keys, repository);
        Map<String, ObjectId> canonical = repository.canonical().refs();
        RefsBody before = repository
                .bodies()
                .getOrDefault(
                        key.publicKey(),
                        new RefsBody(Signer.sorted(canonical), repository.listedPacks(), List.of(), List.of()));
        Map<String, ObjectId> refs = new LinkedHashMap<>(LocalRepository.refs(before));
        Map<String, String> results = new LinkedHashMap<>();
        List<ObjectId> tips = new ArrayList<>();
        try (Repository objects = new FileRepositoryBuilder()
                .setGitDir(quarantine.toFile())
                .setBare()
                .setMustExist(true)
                .build()) {
            for (RefUpdate update : updates) {
                String verdict = judge(update, canonical, objects);
                results.put(update.name(), verdict);
                if (verdict.equals(OK)) {
                    update.target()
                            .ifPresentOrElse(
                                    target -> {
                                        refs.put(update.name(), target);
                                        tips.add(target);
                                    },
                                    () -> refs.remove(update.name()));
                }
            }
        }
        long sequence = repository.with(state -> state.views().highest(key.publicKey()));
        if (atomic && results.values().stream().anyMatch(verdict -> !verdict.equals(OK))) {
            results.replaceAll((name, verdict) -> verdict.equals(OK) ? NOT_ALL : verdict);
            return new Pushed(sequence, results, 0, 0);
        }
        List<Ref> sorted = Signer.sorted(refs);
        if (sorted.equals(before.refs())) {
            return new Pushed(sequence, results, 0, 0);
        }
        progress.update(new Progress.State("packing", 0, 0, 0, 0, 0, 0));
        BareRepository git = repository.git();
        Optional<Path> pack = tips.isEmpty() ? Optional.empty() : git.intake(quarantine, tips);
        PackIntake.Taken taken = intake.take(repository.id(), git, pack.stream().toList(), sorted);
        PackLists.Listed listed = lists.after(
                repository.id(), git, before, sorted, taken.packs(), false, repository.targetsBeside(key.publicKey()));
        RefsBody body = new RefsBody(sorted, listed.packs(), listed.withdrawn(), before.seeds());
        sequence =
                signer.sign(key, repository.with(state -> state), body).value().sequence();
        return new Pushed(sequence, results, taken.objects(), taken.bytes());
    }

    private static String judge(RefUpdate update, Map<String, ObjectId> canonical, Repository objects)
            throws IOException {
        if (!RefName.isSignable(update.name())) {
            return "only branches, tags and notes are published";
        }
        Optional<ObjectId> current = Optional.ofNullable(canonical.get(update.name()));
        if (update.expected().isPresent() && !update.expected().get().equals(current.orElse(ObjectId.NONE))) {
            return update.force() ? "stale info" : "fetch first";
        }
        if (update.force()) {
            return OK;
        }
        if (current.isEmpty() || update.target().isEmpty() || current.equals(update.target())) {
            return OK;
        }
        if (update.name().startsWith(RefName.TAGS)) {
            return "already exists";
        }
        return isFastForward(objects, current.get(), update.target().get()) ? OK : "non-fast-forward";
    }

    private static boolean isFastForward(Repository objects, ObjectId from, ObjectId to) throws IOException {
        try (RevWalk walk = new RevWalk(objects)) {
            return walk.isMergedInto(
                    walk.parseCommit(org.eclipse.jgit.lib.ObjectId.fromString(from.toString())),
                    walk.parseCommit(org.eclipse.jgit.lib.ObjectId.fromString(to.toString())));
        } catch (MissingObjectException | IncorrectObjectTypeException e) {
            return false;
        }
    }
}
