package network.guts.sync.testing;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.sync.core.ChunkSet;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.protocol.SyncSource;
import network.guts.sync.wire.SyncMessage;

/** What a node really serves; a subclass says something else, through the real server. */
public class ChangedSource implements SyncSource {
    private final SyncSource real;

    protected ChangedSource(SyncSource real) {
        this.real = real;
    }

    @Override
    public Optional<List<SyncMessage.Refs>> refs(
            RepositoryId repository, long revisions, Map<PublicKey, Long> since, PeerId asker) throws IOException {
        return real.refs(repository, revisions, since, asker);
    }

    @Override
    public Optional<byte[]> body(RepositoryId repository, Bytes hash) throws IOException {
        return real.body(repository, hash);
    }

    @Override
    public Optional<Held> pack(RepositoryId repository, PackId pack) throws IOException {
        return real.pack(repository, pack);
    }

    @Override
    public Optional<List<RepositoryId>> inventory(Optional<RepositoryId> after, int limit, PeerId asker)
            throws IOException {
        return real.inventory(after, limit, asker);
    }

    @Override
    public List<Bytes> peers(RepositoryId repository) {
        return real.peers(repository);
    }

    /** What is said instead of a chunk. */
    @FunctionalInterface
    public interface Chunks {
        byte[] read(int chunk) throws IOException;
    }

    /** A pack that says it holds every chunk. */
    public static Held held(byte[] descriptor, int count, Chunks chunks) {
        return new Held() {
            @Override
            public byte[] descriptor() {
                return descriptor;
            }

            @Override
            public ChunkSet chunks() {
                return ChunkSet.all(count);
            }

            @Override
            public byte[] read(int chunk) throws IOException {
                return chunks.read(chunk);
            }
        };
    }
}
