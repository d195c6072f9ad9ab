package network.guts.libp2p.limits;

import java.util.List;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo.Direction;

/** What one connection has reserved, from its first packet until {@link #close}. Thread-safe. */
public final class ConnectionScope implements MemoryBudget, AutoCloseable {
    private final ResourceManager manager;
    private final Direction direction;

    /** Guarded by the manager's lock, like the next. */
    private long memory;

    private List<Scope> scopes;
    private boolean closed;

    ConnectionScope(ResourceManager manager, Direction direction, long memory, List<Scope> scopes) {
        this.manager = manager;
        this.direction = direction;
        this.memory = memory;
        this.scopes = scopes;
    }

    public Direction direction() {
        return direction;
    }

    /**
     * The handshake is over: from now on it counts for {@code peer}.
     *
     * @param exempt true if the peer may go a little beyond the limits of connections
     * @throws LimitExceededException if the peer may have no more, or this was closed; the caller closes it
     */
    public void assign(PeerId peer, boolean exempt) throws LimitExceededException {
        manager.lock().lock();
        try {
            if (closed) {
                throw new LimitExceededException(
                        new Limit(Level.TRANSIENT, Resource.CONNECTIONS),
                        manager.limits().get(Level.TRANSIENT, Resource.CONNECTIONS));
            }
            scopes = manager.assign(scopes, peer, Amount.connection(direction, memory), exempt);
        } finally {
            manager.lock().unlock();
        }
    }

    @Override
    public boolean reserve(long bytes, Priority priority) {
        manager.lock().lock();
        try {
            if (closed) {
                return false;
            }
            manager.reserve(scopes, Amount.memory(bytes), priority, false);
            memory += bytes;
            return true;
        } catch (LimitExceededException e) {
            return false;
        } finally {
            manager.lock().unlock();
        }
    }

    @Override
    public void release(long bytes) {
        manager.lock().lock();
        try {
            if (!closed) {
                memory -= bytes;
                manager.giveBack(scopes, Amount.memory(bytes));
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
                manager.giveBack(scopes, Amount.connection(direction, memory));
            }
        } finally {
            manager.lock().unlock();
        }
    }
}
