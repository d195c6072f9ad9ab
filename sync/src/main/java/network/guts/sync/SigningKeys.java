package network.guts.sync;

import java.io.IOException;
import java.util.Optional;
import network.guts.core.PrivateKey;

/** The key that signs this node's repositories; a node that has never published has none. Thread-safe. */
public interface SigningKeys {
    /** The key, if there is one. */
    Optional<PrivateKey> key() throws IOException;

    /** The key; it is made, and on disk, when this returns. */
    PrivateKey keyOrCreate() throws IOException;

    /** A node that cannot publish. */
    static SigningKeys none() {
        return new SigningKeys() {
            @Override
            public Optional<PrivateKey> key() {
                return Optional.empty();
            }

            @Override
            public PrivateKey keyOrCreate() throws IOException {
                throw new SyncException(
                        SyncException.Kind.REFUSED,
                        "this node has no signing key",
                        "Publish from a node that has one.");
            }
        };
    }
}
