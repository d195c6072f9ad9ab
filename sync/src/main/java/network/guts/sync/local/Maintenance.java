package network.guts.sync.local;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.PrivateKey;
import network.guts.sync.SigningKeys;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done now and then: catching up, words of freshness, packs that nobody lists any more. */
public final class Maintenance {
    /** Packs that were consolidated or withdrawn stay on disk for so long: others may be fetching them. */
    public static final Duration GRACE = Duration.ofHours(24);

    static final Duration TICK = Duration.ofMinutes(1);

    /** Looks at repositories, in case an announcement was missed. */
    interface CatchUp {
        /** How long to wait between two looks at one repository. */
        Duration pause();

        /** Fetches what is new in the background. Returns at once. */
        void look(RepositoryId repository);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);

    private final LocalRepositories repositories;
    private final CatchUp catchUp;
    private final Signer signer;
    private final SigningKeys keys;
    private final InstantSource clock;
    private final Map<RepositoryId, Instant> nextCatchUp = new LinkedHashMap<>();
    private final Map<PackId, Instant> unlistedSince = new LinkedHashMap<>();

    public Maintenance(
            LocalRepositories repositories, Following following, Signer signer, SigningKeys keys, InstantSource clock) {
        this(
                repositories,
                new CatchUp() {
                    @Override
                    public Duration pause() {
                        return following.nextCatchUp();
                    }

                    @Override
                    public void look(RepositoryId repository) {
                        following.fetch(repository, Optional.empty());
                    }
                },
                signer,
                keys,
                clock);
    }

    Maintenance(LocalRepositories repositories, CatchUp catchUp, Signer signer, SigningKeys keys, InstantSource clock) {
        this.repositories = repositories;
        this.catchUp = catchUp;
        this.signer = signer;
        this.keys = keys;
        this.clock = clock;
    }

    /** Runs until the thread is interrupted. */
    public void run() {
        try {
            while (true) {
                round();
                Thread.sleep(TICK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One look at everything. */
    void round() {
        try {
            Optional<PrivateKey> key = keys.key();
            for (LocalRepository repository : repositories.all()) {
                if (!repositories.store().policy(repository.id()).seeded()) {
                    continue;
                }
                catchUp(repository.id());
                if (key.isPresent()) {
                    signer.refresh(key.get(), repository);
                }
                dropUnlisted(repository);
            }
        } catch (IOException e) {
            LOG.error("cannot look after the repositories", e);
        }
    }

    private void catchUp(RepositoryId id) {
        Instant now = clock.instant();
        Instant due = nextCatchUp.get(id);
        if (due == null) {
            // The first look is soon after the start, not at once: the network has to be found first.
            nextCatchUp.put(id, now.plus(TICK));
        } else if (!now.isBefore(due)) {
            nextCatchUp.put(id, now.plus(catchUp.pause()));
            catchUp.look(id);
        }
    }

    private void dropUnlisted(LocalRepository repository) throws IOException {
        Set<PackId> listed = new LinkedHashSet<>(repository.listedPacks());
        Instant now = clock.instant();
        Set<PackId> old = new LinkedHashSet<>();
        for (PackId pack : repository.git().packs()) {
            if (listed.contains(pack)) {
                unlistedSince.remove(pack);
            } else if (!now.isBefore(
                    unlistedSince.computeIfAbsent(pack, one -> now).plus(GRACE))) {
                old.add(pack);
            }
        }
        if (old.isEmpty() || !repositories.work(repository.id()).tryLock()) {
            return;
        }
        try {
            repository.git().remove(old);
            for (PackId pack : old) {
                repositories.store().removePack(repository.id(), pack);
                unlistedSince.remove(pack);
            }
            LOG.info("{} packs of {} that nobody lists any more are deleted", old.size(), repository.id());
        } finally {
            repositories.work(repository.id()).unlock();
        }
    }
}
