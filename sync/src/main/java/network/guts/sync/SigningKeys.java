package network.guts.sync;

import java.io.IOException;
import java.util.Optional;
import network.guts.core.PrivateKey;

/** The key that signs this node's repositories; a node that has never published has none. Thread-safe. */
public interface SigningKeys {
    /** The key, if there is one. */
    Optional<PrivateKey> key() throws IOException;

    /** The key, or a new one that is nowhere but in memory until {@link #keep}. */
    PrivateKey keyOrDraft() throws IOException;

    /**
     * Makes a draft the node's key: it is on disk when this returns. Nothing that it signed may leave the process before.
     *
     * @throws IOException if there is another key by now, or the disk does not take it
     */
    void keep(PrivateKey draft) throws IOException;

    /** A node that cannot publish. */
    static SigningKeys none() {
        return new SigningKeys() {
            @Override
            public Optional<PrivateKey> key() {
                return Optional.empty();
            }

            @Override
            public PrivateKey keyOrDraft() throws IOException {
                throw noKey();
            }

            @Override
            public void keep(PrivateKey draft) throws IOException {
                throw noKey();
            }

            private SyncException noKey() {
                return new SyncException(
                        SyncException.Kind.REFUSED,
                        "this node has no signing key",
                        "Publish from a node that has one.");
            }
        };
    }
}
