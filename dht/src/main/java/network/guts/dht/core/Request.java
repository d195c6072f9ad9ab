package network.guts.dht.core;

import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.PeerInfo;

/** What one peer asks of another, valid in form. */
public sealed interface Request {
    /** Who is closest to the key; its own addresses if it is a peer's id. */
    record FindNode(Bytes key) implements Request {}

    /** Who provides the key, and who is closest to it. */
    record GetProviders(Bytes key) implements Request {}

    /** "I provide the key." Has no answer. */
    record AddProvider(Bytes key, List<PeerInfo> providers) implements Request {
        public AddProvider {
            providers = List.copyOf(providers);
        }
    }

    /** A value is asked for. None is kept here; the closest peers may have it. */
    record GetValue(Bytes key) implements Request {}

    /** Deprecated by the specification: answered, never sent. */
    record Ping() implements Request {}
}
