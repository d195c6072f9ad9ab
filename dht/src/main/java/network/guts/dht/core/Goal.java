package network.guts.dht.core;

import network.guts.core.Bytes;
import network.guts.core.PeerId;

/** What a look-up is for. */
public sealed interface Goal {
    /** The bytes before hashing. */
    Bytes key();

    /** The k closest peers. */
    record Closest(Bytes key) implements Goal {}

    /** A peer's addresses. */
    record FindPeer(PeerId peer) implements Goal {
        @Override
        public Bytes key() {
            return peer.bytes();
        }
    }

    /**
     * Providers, as they are found.
     *
     * @param limit after so many the look-up ends
     */
    record FindProviders(Bytes key, int limit) implements Goal {}

    /** Leaves a provider record with the k closest peers. */
    record Provide(Bytes key) implements Goal {}

    /** Keeps the table fresh: who answers is proved alive. */
    record RefreshTable(Bytes key) implements Goal {}
}
