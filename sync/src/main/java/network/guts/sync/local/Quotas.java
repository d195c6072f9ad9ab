package network.guts.sync.local;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.sync.SyncSettings;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.records.Mirrored;
import network.guts.sync.records.RecordStore;
import network.guts.sync.records.SeedingPolicy;

/**
 * How much of this node's disk repositories may take that nobody here asked for: a share for each delegate that announces
 * them, and one for each group of public addresses that they come from. Thread-safe.
 */
public final class Quotas {
    /** What a repository counts at least: its records, folder and topic cost something as well. */
    static final long LEAST_BYTES = 1L << 20;

    /** More topics and folders than this do a node no good, however small the repositories are. */
    static final int MAX_REPOSITORIES = 10_000;

    private final LocalRepositories repositories;
    private final SyncSettings.Shares shares;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<RepositoryId, Charge> charges = new LinkedHashMap<>();

    /**
     * A repository and what it counts.
     *
     * @param bytes that are here, and at least {@link #LEAST_BYTES}
     * @param reserved what it is expected to have soon; 0 for nothing
     */
    private record Charge(Mirrored mirrored, long bytes, long reserved) {
        long counted() {
            return Math.max(bytes, reserved);
        }
    }

    /**
     * What is left for a repository.
     *
     * @param bytes 0 if nothing is
     * @param limit the one that leaves the least, in words
     */
    public record Left(long bytes, String limit) {}

    public Quotas(LocalRepositories repositories, SyncSettings.Shares shares) throws IOException {
        this.repositories = repositories;
        this.shares = shares;
        for (Mirrored one : repositories.store().mirrored()) {
            charges.put(one.repository(), new Charge(one, charged(one.repository()), 0));
        }
    }

    private long charged(RepositoryId id) throws IOException {
        return Math.max(LEAST_BYTES, repositories.bytes(id));
    }

    /** What is left for {@code one} beside the others on its accounts. */
    public Left left(Mirrored one) {
        lock.lock();
        try {
            if (!charges.containsKey(one.repository()) && charges.size() >= MAX_REPOSITORIES) {
                return new Left(0, MAX_REPOSITORIES + " repositories that nobody here asked for");
            }
            long signer = shares.signerBytes();
            long group = one.group().isPresent() ? shares.groupBytes() : Long.MAX_VALUE;
            for (Charge other : charges.values()) {
                if (other.mirrored().repository().equals(one.repository())) {
                    continue;
                }
                if (other.mirrored().signer().equals(one.signer())) {
                    signer -= other.counted();
                }
                if (one.group().isPresent() && other.mirrored().group().equals(one.group())) {
                    group -= other.counted();
                }
            }
            return signer <= group
                    ? new Left(
                            Math.max(0, signer),
                            shares.signerBytes() + " bytes for what "
                                    + one.signer().peerId() + " announces (seeding.signer_quota)")
                    : new Left(
                            Math.max(0, group),
                            shares.groupBytes() + " bytes for what comes from the addresses "
                                    + one.group().orElse("") + " (seeding.group_quota)");
        } finally {
            lock.unlock();
        }
    }

    /** From now on {@code one} is seeded and counts; on disk before its first pack is. */
    public void open(Mirrored one) throws IOException {
        RecordStore store = repositories.store();
        long room = left(one).bytes();
        store.putMirrored(one);
        store.putPolicy(new SeedingPolicy(one.repository(), true, Math.max(1, room)));
        lock.lock();
        try {
            charges.put(one.repository(), new Charge(one, LEAST_BYTES, 0));
        } finally {
            lock.unlock();
        }
    }

    /** Before and after a fetch: counts what is here, and says how large the repository may become. */
    public void refresh(RepositoryId id) throws IOException {
        Charge charge;
        lock.lock();
        try {
            charge = charges.get(id);
        } finally {
            lock.unlock();
        }
        if (charge == null) {
            return;
        }
        Charge now = new Charge(charge.mirrored(), charged(id), charge.reserved());
        lock.lock();
        try {
            if (charges.replace(id, charge, now)) {
                charge = now;
            }
        } finally {
            lock.unlock();
        }
        RecordStore store = repositories.store();
        long room = Math.max(1, left(charge.mirrored()).bytes());
        SeedingPolicy policy = store.policy(id);
        if (policy.seeded() && policy.quotaBytes() != room) {
            store.putPolicy(new SeedingPolicy(id, true, room));
        }
    }

    /** On whose account a repository is, if it is on one. */
    public Optional<Mirrored> account(RepositoryId id) {
        lock.lock();
        try {
            return Optional.ofNullable(charges.get(id)).map(Charge::mirrored);
        } finally {
            lock.unlock();
        }
    }

    /** Counts a repository on an account as if it had {@code bytes} already; 0: as what it is. */
    public void reserve(RepositoryId id, long bytes) {
        lock.lock();
        try {
            charges.computeIfPresent(id, (one, charge) -> new Charge(charge.mirrored(), charge.bytes(), bytes));
        } finally {
            lock.unlock();
        }
    }

    /** What is reserved for all repositories but {@code except}, and not here yet. */
    public long reservedBeside(RepositoryId except) {
        lock.lock();
        try {
            return charges.entrySet().stream()
                    .filter(entry -> !entry.getKey().equals(except))
                    .map(Map.Entry::getValue)
                    .mapToLong(charge -> charge.counted() - charge.bytes())
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    /** It was asked for here, or is no longer seeded: it is on nobody's account. False if it was on none. */
    public boolean close(RepositoryId id) throws IOException {
        lock.lock();
        try {
            if (charges.remove(id) == null) {
                return false;
            }
        } finally {
            lock.unlock();
        }
        RecordStore store = repositories.store();
        store.removeMirrored(id);
        store.putPolicy(new SeedingPolicy(id, store.policy(id).seeded(), SeedingPolicy.NO_QUOTA));
        return true;
    }
}
