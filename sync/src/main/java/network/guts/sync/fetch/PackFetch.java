package network.guts.sync.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.sync.Progress;
import network.guts.sync.SyncException;
import network.guts.sync.git.BareRepository;
import network.guts.sync.local.LocalRepository;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.pack.Consolidation;
import network.guts.sync.pack.PackException;
import network.guts.sync.pack.PackIndexer;
import network.guts.sync.pack.PackLimits;
import network.guts.sync.pack.ServedPack;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.wire.PackDescriptorCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the packs of some bodies here, checked and parsed, ready to be installed: nothing is visible before that. */
final class PackFetch {
    /** Space that stays free on the disk beside what is fetched. */
    private static final long SPARE_BYTES = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(PackFetch.class);

    private final Fetcher owner;
    private final RepositoryId id;
    private final Progress progress;
    private final ProviderLives lives;
    private final Blame blame;
    private final BareRepository git;

    PackFetch(
            Fetcher owner,
            RepositoryId id,
            Optional<LocalRepository> local,
            Progress progress,
            ProviderLives lives,
            Blame blame)
            throws IOException {
        this.owner = owner;
        this.id = id;
        this.progress = progress;
        this.lives = lives;
        this.blame = blame;
        this.git = local.isPresent() ? local.get().git() : owner.repositories.git(id);
    }

    /**
     * Fetches, or makes, what the bodies list and this node does not hold, and checks that the refs are complete.
     *
     * @param headers that count, with their bodies
     * @throws WronglySignedException if some of them are not valid, as they were signed; the others may do without them
     */
    BroughtPacks bring(Map<Signed<RefsHeader>, RefsBody> headers) throws IOException {
        BroughtPacks done = new BroughtPacks(owner, id, git);
        try {
            Set<PackId> held = git.packs();
            List<PackId> listed = LocalRepository.listedPacks(headers.values());
            List<PackId> missing =
                    listed.stream().filter(pack -> !held.contains(pack)).toList();
            checkKnownFaults(headers, missing);
            Map<PackId, PackDescriptor> descriptors = descriptors(missing);
            List<PackId> toFetch = withoutInputs(missing, descriptors);
            applyLimits(listed, descriptors);
            List<PackId> toDownload = new ArrayList<>();
            for (PackId pack : toFetch) {
                if (!recomputed(pack, descriptor(pack, descriptors), held, done)) {
                    toDownload.add(pack);
                }
            }
            if (!toDownload.isEmpty()) {
                download(toDownload, descriptors, done);
            }
            checkCompleteness(headers, listed, done);
            return done;
        } catch (BadPackException e) {
            done.close();
            throw wronglySigned(e, headers);
        } catch (IOException | RuntimeException e) {
            done.close();
            throw e;
        }
    }

    /**
     * Deletes what is left of packs that nobody lists any more.
     *
     * @param wanted packs that are not needed now, but would have to be fetched again
     */
    void tidy(Set<PackId> wanted) throws IOException {
        Set<String> names = new LinkedHashSet<>();
        wanted.forEach(pack -> names.add(pack.toString()));
        try (Stream<Path> files = Files.list(git.incoming())) {
            for (Path file : files.toList()) {
                if (PartialPack.packOf(file)
                        .filter(pack -> !names.contains(pack))
                        .isPresent()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private void checkKnownFaults(Map<Signed<RefsHeader>, RefsBody> headers, List<PackId> missing) throws IOException {
        for (PackId pack : missing) {
            Optional<String> known = owner.badPacks.reason(pack);
            if (known.isPresent()) {
                throw new BadPackException(pack, known.get());
            }
        }
        Map<Bytes, String> faults = new LinkedHashMap<>();
        for (Signed<RefsHeader> header : headers.keySet()) {
            owner.badBodies.reason(header.value().body()).ifPresent(reason -> faults.put(header.hash(), reason));
        }
        if (!faults.isEmpty()) {
            throw new WronglySignedException(faults);
        }
    }

    /** Whoever lists the pack is at fault. */
    private static WronglySignedException wronglySigned(
            BadPackException bad, Map<Signed<RefsHeader>, RefsBody> headers) {
        Map<Bytes, String> faults = new LinkedHashMap<>();
        headers.forEach((header, body) -> {
            if (body.packs().contains(bad.pack())) {
                faults.put(header.hash(), "pack " + bad.pack() + " is not valid: " + bad.reason());
            }
        });
        return new WronglySignedException(faults);
    }

    private Map<PackId, PackDescriptor> descriptors(List<PackId> packs) throws IOException {
        Map<PackId, PackDescriptor> known = new LinkedHashMap<>();
        for (PackId pack : packs) {
            Optional<PackDescriptor> stored =
                    owner.repositories.store().descriptor(pack).map(one -> one.value());
            if (stored.isPresent()) {
                known.put(pack, stored.get());
                continue;
            }
            Bytes encoded = lives.firstOf(
                    client -> client.packs(id, List.of(pack), false).stream()
                            .map(SyncClient.PackAnswer::descriptor)
                            .findFirst()
                            .orElseThrow(() -> new IOException("does not hold the pack")),
                    "the description of pack " + pack);
            try {
                known.put(pack, PackDescriptorCodec.decode(encoded.toArray()));
            } catch (IOException e) {
                // The hash was right, so whoever signed the list made it so.
                throw badPack(pack, e);
            }
        }
        return known;
    }

    private static PackDescriptor descriptor(PackId pack, Map<PackId, PackDescriptor> descriptors) {
        return Objects.requireNonNull(descriptors.get(pack), "every missing pack was described");
    }

    /** A pack that another one of the list consolidates holds nothing else. */
    private static List<PackId> withoutInputs(List<PackId> packs, Map<PackId, PackDescriptor> descriptors) {
        Set<PackId> inputs = new LinkedHashSet<>();
        descriptors.values().forEach(descriptor -> inputs.addAll(descriptor.inputs()));
        return packs.stream().filter(pack -> !inputs.contains(pack)).toList();
    }

    /** Sizes are declared: quotas and the disk are asked before a byte flows. */
    private void applyLimits(List<PackId> listed, Map<PackId, PackDescriptor> descriptors) throws IOException {
        long total = 0;
        long coming = 0;
        for (PackId pack : listed) {
            PackDescriptor fetched = descriptors.get(pack);
            long size = fetched != null
                    ? fetched.size()
                    : owner.repositories
                            .store()
                            .descriptor(pack)
                            .map(one -> one.value().size())
                            .orElse(0L);
            total += size;
            coming += fetched == null ? 0 : size;
        }
        long quota = owner.repositories.store().policy(id).quotaBytes();
        long most =
                quota > 0 ? Math.min(quota, owner.settings.maxRepositoryBytes()) : owner.settings.maxRepositoryBytes();
        if (total > most) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    id + " has " + total + " bytes, at most " + most + " are allowed for a repository",
                    "Raise the limit for the size of a repository.");
        }
        if (total + owner.repositories.packBytes(id) > owner.settings.diskQuotaBytes()) {
            throw new SyncException(
                    SyncException.Kind.REFUSED,
                    id + " has " + total + " bytes, which do not fit into the disk quota of "
                            + owner.settings.diskQuotaBytes(),
                    "Unseed something with --delete, or raise the quota.");
        }
        long usable = Files.getFileStore(git.folder()).getUsableSpace();
        if (coming + SPARE_BYTES > usable) {
            throw new SyncException(
                    SyncException.Kind.FAILED,
                    "the disk is full: " + coming + " bytes are to come, " + usable + " are free",
                    "Make room and try again: what was verified is kept.");
        }
    }

    /** Makes a consolidated pack of its inputs, if they are here. */
    private boolean recomputed(PackId pack, PackDescriptor descriptor, Set<PackId> held, BroughtPacks done)
            throws IOException {
        if (descriptor.inputs().isEmpty() || !held.containsAll(descriptor.inputs())) {
            return false;
        }
        List<ServedPack> inputs = new ArrayList<>();
        for (PackId input : descriptor.inputs()) {
            Optional<ServedPack> served = git.served(input);
            if (served.isEmpty()) {
                return false;
            }
            inputs.add(served.get());
        }
        Path target = git.incoming().resolve(pack + ".merged");
        try {
            Consolidation.merge(inputs, target);
            if (isWhat(descriptor, target)) {
                try (PackIndexer indexer = PackIndexer.open(target, descriptor, limits())) {
                    for (int chunk = 0; chunk < descriptor.chunks().size(); chunk++) {
                        indexer.chunkArrived(chunk);
                    }
                    done.made(pack, descriptor, indexer.finish(done.objectsSoFar()));
                }
                return true;
            }
            LOG.info("pack {} is not what its inputs make; it is downloaded", pack);
        } catch (PackException e) {
            LOG.info("pack {} cannot be made of its inputs: {}", pack, e.getMessage());
        }
        Files.deleteIfExists(target);
        return false;
    }

    private static boolean isWhat(PackDescriptor descriptor, Path file) throws IOException {
        if (Files.size(file) != descriptor.size()) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            for (int chunk = 0; chunk < descriptor.chunks().size(); chunk++) {
                byte[] data = in.readNBytes(descriptor.chunkLength(chunk));
                if (!Bytes.sha256(data).equals(descriptor.chunks().get(chunk).sha256())) {
                    return false;
                }
            }
        }
        return true;
    }

    private PackLimits limits() {
        return PackLimits.of(owner.settings.parseMemoryBytes());
    }

    private void download(List<PackId> packs, Map<PackId, PackDescriptor> descriptors, BroughtPacks done)
            throws IOException {
        List<PackDownload.Coming> coming = new ArrayList<>();
        Set<PartialPack> taken = new LinkedHashSet<>();
        try {
            for (PackId pack : packs) {
                PackDescriptor descriptor = descriptor(pack, descriptors);
                PartialPack partial = PartialPack.open(git.incoming(), pack, descriptor, owner.disk);
                taken.add(partial);
                PackIndexer indexer = open(pack, partial, descriptor);
                coming.add(new PackDownload.Coming(partial, indexer));
                owner.seeder.share(partial);
            }
            try (PackDownload running = new PackDownload(id, coming, blame, owner.metrics, owner.clock)) {
                DownloadWatch watch = new DownloadWatch(id, running, coming, lives, blame, progress);
                lives.begin(running, packs, watch.missing());
                try {
                    watch.await();
                } finally {
                    done.measure(running);
                }
                running.deliveries()
                        .forEach((peer, delivery) -> owner.scores.delivered(peer, delivery.bytes(), delivery.took()));
                for (PackDownload.Coming one : coming) {
                    finish(one, done);
                    taken.remove(one.pack());
                }
            }
        } finally {
            for (PackDownload.Coming one : coming) {
                one.indexer().close();
            }
            for (PartialPack partial : taken) {
                owner.seeder.unshare(partial);
                partial.close();
            }
        }
    }

    private PackIndexer open(PackId pack, PartialPack partial, PackDescriptor descriptor) throws IOException {
        try {
            return PackIndexer.open(partial.file(), descriptor, limits());
        } catch (PackException e) {
            throw badPack(pack, e);
        }
    }

    private void finish(PackDownload.Coming one, BroughtPacks done) throws IOException {
        PackId pack = one.pack().id();
        try {
            done.downloaded(one.pack(), one.indexer().finish(done.objectsSoFar()));
        } catch (PackException e) {
            // Every chunk had the signed hash: another provider would send the same.
            one.pack().discard();
            throw badPack(pack, e);
        }
    }

    private BadPackException badPack(PackId pack, IOException reason) {
        String text = String.valueOf(reason.getMessage());
        owner.badPacks.add(pack, text);
        return new BadPackException(pack, text);
    }

    private void checkCompleteness(Map<Signed<RefsHeader>, RefsBody> headers, List<PackId> listed, BroughtPacks done)
            throws IOException {
        Map<Bytes, String> faults =
                Completeness.faults(headers, new Completeness.Objects(done.parsed(), done.objectsSoFar()));
        if (faults.isEmpty()) {
            return;
        }
        headers.forEach((header, body) -> {
            String reason = faults.get(header.hash());
            // Another delegate may have withdrawn the pack that is missing: that can change without this one's doing.
            if (reason != null && listed.containsAll(body.packs())) {
                owner.badBodies.add(header.value().body(), reason);
            }
        });
        throw new WronglySignedException(faults);
    }
}
