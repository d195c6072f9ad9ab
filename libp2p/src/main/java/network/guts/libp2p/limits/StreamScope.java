package network.guts.libp2p.limits;

import java.util.List;
import java.util.OptionalInt;
import network.guts.core.PeerId;

/** What one stream has reserved, until {@link #close}. Thread-safe. */
public final class StreamScope implements AutoCloseable {
    private final ResourceManager manager;
    private final PeerId peer;
    private final Amount amount;

    /** Guarded by the manager's lock, like the next. */
    private List<Scope> scopes;

    private boolean closed;

    StreamScope(ResourceManager manager, PeerId peer, Amount amount, List<Scope> scopes) {
        this.manager = manager;
        this.peer = peer;
        this.amount = amount;
        this.scopes = scopes;
    }

    /**
     * The protocol is agreed on: from now on it counts for it, and for its service.
     *
     * @param perPeer inbound streams of this protocol that the peer may have open, if fewer than of others
     * @throws LimitExceededException if there may be no more of it; the caller closes this
     */
    public void assign(String protocol, OptionalInt perPeer) throws LimitExceededException {
        manager.lock().lock();
        try {
            if (!closed) {
                scopes = manager.assign(scopes, peer, protocol, perPeer, amount);
            }
        } finally {
            manager.lock().unlock();
        }
    }

    /** Gives all of it back. May be called twice. */
    @Override
    public void close() {
        manager.lock().lock();
        try {
            if (!closed) {
                closed = true;
                manager.giveBack(scopes, amount);
            }
        } finally {
            manager.lock().unlock();
        }
    }
}
