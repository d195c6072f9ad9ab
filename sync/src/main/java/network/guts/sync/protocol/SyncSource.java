package network.guts.sync.protocol;

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
import network.guts.sync.wire.SyncMessage;

/** What a server serves. It decides what is served to whom; an empty answer says that it is not held. Thread-safe. */
public interface SyncSource {
    /** Records of a repository, in parts that fit a frame; empty if it is not served. */
    Optional<List<SyncMessage.Refs>> refs(
            RepositoryId repository, long revisions, Map<PublicKey, Long> since, PeerId asker) throws IOException;

    /** A body by its hash. */
    Optional<byte[]> body(RepositoryId repository, Bytes hash) throws IOException;

    /** A pack, or a part of one that is being fetched. Withdrawn ones are not held. */
    Optional<Held> pack(RepositoryId repository, PackId pack) throws IOException;

    /** A page of what is seeded, in order of ids; empty if {@code asker} must not know. */
    Optional<List<RepositoryId>> inventory(Optional<RepositoryId> after, int limit, PeerId asker) throws IOException;

    /** Signed peer records of others that hold the repository, at most {@link network.guts.sync.wire.SyncLimits#MAX_PEERS}. */
    List<Bytes> peers(RepositoryId repository);

    /** A pack as it is held. */
    interface Held {
        /** The canonical bytes. */
        byte[] descriptor();

        ChunkSet chunks();

        /** The bytes of a chunk that is held. */
        byte[] read(int chunk) throws IOException;
    }
}
