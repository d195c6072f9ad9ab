package network.guts.sync.fetch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import network.guts.core.PeerId;
import network.guts.sync.git.BareRepository;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ParsedPack;

/** Packs that are here, checked and parsed; closing lets go of what was not installed, and keeps its chunks. */
final class BroughtPacks implements AutoCloseable {
    private record Ready(PackId id, PackDescriptor descriptor, ParsedPack parsed, Optional<PartialPack> partial) {}

    private final Fetcher owner;
    private final RepositoryId repository;
    private final BareRepository git;
    private final List<Ready> ready = new ArrayList<>();
    private long objects;
    private long bytes;
    private Map<PeerId, Long> bytesByProvider = new TreeMap<>();

    BroughtPacks(Fetcher owner, RepositoryId repository, BareRepository git) {
        this.owner = owner;
        this.repository = repository;
        this.git = git;
    }

    /** One that was made here of others. */
    void made(PackId id, PackDescriptor descriptor, ParsedPack parsed) {
        ready.add(new Ready(id, descriptor, parsed, Optional.empty()));
    }

    /** One that was downloaded. */
    void downloaded(PartialPack pack, ParsedPack parsed) {
        objects += parsed.objects();
        ready.add(new Ready(pack.id(), pack.descriptor(), parsed, Optional.of(pack)));
    }

    /** What the download took, also if it did not come to an end. */
    void measure(PackDownload download) {
        bytes = download.bytes();
        bytesByProvider = new TreeMap<>();
        download.deliveries().forEach((peer, delivery) -> bytesByProvider.put(peer, delivery.bytes()));
    }

    int count() {
        return ready.size();
    }

    long objects() {
        return objects;
    }

    long bytes() {
        return bytes;
    }

    Map<PeerId, Long> bytesByProvider() {
        return bytesByProvider;
    }

    Map<PackId, ParsedPack> parsed() {
        Map<PackId, ParsedPack> all = new LinkedHashMap<>();
        ready.forEach(one -> all.put(one.id(), one.parsed()));
        return all;
    }

    /** Their objects and those that were here before. */
    ObjectSource objectsSoFar() {
        List<ObjectSource> sources = new ArrayList<>();
        ready.forEach(one -> sources.add(one.parsed()));
        sources.add(git.objects());
        return ObjectSource.of(sources);
    }

    /** Moves the packs into the repository. Refs do not name them yet. */
    void install() throws IOException {
        for (Ready one : ready) {
            if (one.partial().isPresent()) {
                one.partial().get().force();
            }
            git.install(one.id(), one.descriptor(), one.parsed());
            owner.repositories.store().putPack(repository, one.descriptor());
            if (one.partial().isPresent()) {
                owner.seeder.unshare(one.partial().get());
                one.partial().get().discard();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Ready one : ready) {
            one.parsed().close();
            if (one.partial().isPresent()) {
                owner.seeder.unshare(one.partial().get());
                one.partial().get().close();
            }
        }
    }
}
