package network.guts.sync.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.sync.git.BareRepository;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.records.RecordStore;

/** All repositories of this node, each opened once. Thread-safe. */
public final class LocalRepositories implements AutoCloseable {
    private final Path folder;
    private final RecordStore store;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<RepositoryId, BareRepository> gits = new LinkedHashMap<>();
    private final Map<RepositoryId, LocalRepository> open = new LinkedHashMap<>();
    private final Map<RepositoryId, ReentrantLock> works = new LinkedHashMap<>();

    /**
     * @param folder where the bare repositories lie, each in {@code <id>.git}
     */
    public LocalRepositories(Path folder, RecordStore store, InstantSource clock) {
        this.folder = folder;
        this.store = store;
        this.clock = clock;
    }

    public RecordStore store() {
        return store;
    }

    /** Held by whoever fetches, publishes, receives a push or deletes: one at a time for each repository. */
    public ReentrantLock work(RepositoryId id) {
        lock.lock();
        try {
            return works.computeIfAbsent(id, one -> new ReentrantLock());
        } finally {
            lock.unlock();
        }
    }

    /** The bare repository's folder, whether it is there or not. */
    public Path path(RepositoryId id) {
        return folder.resolve(id + ".git");
    }

    /** The bare repository; it is made if it is not there. */
    public BareRepository git(RepositoryId id) throws IOException {
        lock.lock();
        try {
            BareRepository git = gits.get(id);
            if (git == null) {
                Files.createDirectories(folder);
                git = BareRepository.open(path(id));
                gits.put(id, git);
            }
            return git;
        } finally {
            lock.unlock();
        }
    }

    /** A repository whose identity is known and whose packs were complete once. */
    public Optional<LocalRepository> find(RepositoryId id) throws IOException {
        lock.lock();
        try {
            LocalRepository known = open.get(id);
            if (known != null) {
                return Optional.of(known);
            }
            if (store.applied(id).isEmpty() || !Files.isDirectory(path(id))) {
                return Optional.empty();
            }
            Optional<GatheredRefs.State> state = GatheredRefs.stored(store, id, Optional.empty())
                    .resolve(clock.instant())
                    .state();
            if (state.isEmpty()) {
                return Optional.empty();
            }
            LocalRepository repository = new LocalRepository(id, store, git(id), state.get());
            open.put(id, repository);
            return Optional.of(repository);
        } finally {
            lock.unlock();
        }
    }

    /** Takes a repository in, or what is new in one: see {@link LocalRepository#apply}. */
    public LocalRepository apply(RepositoryId id, GatheredRefs.State state, Map<Bytes, byte[]> bodies)
            throws IOException {
        Optional<LocalRepository> known = find(id);
        LocalRepository repository = known.isPresent() ? known.get() : new LocalRepository(id, store, git(id), state);
        repository.apply(state, bodies);
        lock.lock();
        try {
            open.put(id, repository);
        } finally {
            lock.unlock();
        }
        return repository;
    }

    /** All that are held, in order of ids. */
    public List<LocalRepository> all() throws IOException {
        List<LocalRepository> all = new ArrayList<>();
        for (RepositoryId id : store.repositories()) {
            find(id).ifPresent(all::add);
        }
        return all;
    }

    /** Bytes of the packs of all repositories but {@code except}. */
    public long packBytes(RepositoryId except) throws IOException {
        long bytes = 0;
        for (RepositoryId id : store.repositories()) {
            if (!id.equals(except)) {
                bytes += bytes(id);
            }
        }
        return bytes;
    }

    /** Bytes of the packs of all repositories. */
    public long packBytes() throws IOException {
        long bytes = 0;
        for (RepositoryId id : store.repositories()) {
            bytes += bytes(id);
        }
        return bytes;
    }

    /** Bytes of the packs of one repository. */
    long bytes(RepositoryId id) throws IOException {
        long bytes = 0;
        for (PackId pack : store.packs(id)) {
            bytes += store.descriptor(pack)
                    .map(descriptor -> descriptor.value().size())
                    .orElse(0L);
        }
        return bytes;
    }

    /** Deletes a repository with everything that is stored of it. False if there was nothing. */
    public boolean delete(RepositoryId id) throws IOException {
        lock.lock();
        try {
            open.remove(id);
            BareRepository git = gits.remove(id);
            if (git != null) {
                git.close();
            }
        } finally {
            lock.unlock();
        }
        boolean stored = store.delete(id);
        Path path = path(id);
        if (!Files.isDirectory(path)) {
            return stored;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
        return true;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            gits.values().forEach(BareRepository::close);
            gits.clear();
            open.clear();
        } finally {
            lock.unlock();
        }
    }
}
