package network.guts.gossip.shell;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.gossip.core.Control.IHave;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.Rpc.Kind;
import network.guts.gossip.core.SignedMessage;
import org.jspecify.annotations.Nullable;

/** What waits to be written on one stream. When it is full, gossip goes first, then messages; state is never dropped. */
final class OutboundQueue {
    /** A heartbeat and a burst of announcements; a peer that is further behind does not keep up. */
    static final int MAX_RPCS = 512;
    /** In bytes, about; the largest message fits dozens of times. */
    static final long MAX_BYTES = 4L * 1024 * 1024;

    private static final int BYTES_PER_ENTRY = 64;

    private final Deque<Rpc> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long bytes;
    private boolean closed;

    /** Adds an RPC, or drops what matters least; false if neither is possible: the peer does not read. */
    boolean offer(Rpc rpc) {
        lock.lock();
        try {
            if (closed) {
                return true;
            }
            if (isFull(rpc)) {
                evict(Kind.GOSSIP, rpc);
            }
            if (isFull(rpc) && rpc.kind() == Kind.STATE) {
                evict(Kind.MESSAGE, rpc);
            }
            if (isFull(rpc)) {
                return rpc.kind() != Kind.STATE;
            }
            waiting.add(rpc);
            bytes += weight(rpc);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next RPC; null once the queue is closed. */
    @Nullable Rpc take() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.await();
            }
            Rpc next = closed ? null : waiting.remove();
            if (next != null) {
                bytes -= weight(next);
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** Throws away what waits, and takes no more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull(Rpc next) {
        return waiting.size() >= MAX_RPCS || bytes + weight(next) > MAX_BYTES;
    }

    private void evict(Kind kind, Rpc forThis) {
        Iterator<Rpc> oldest = waiting.iterator();
        while (isFull(forThis) && oldest.hasNext()) {
            Rpc rpc = oldest.next();
            if (rpc.kind() == kind) {
                bytes -= weight(rpc);
                oldest.remove();
            }
        }
    }

    private static long weight(Rpc rpc) {
        long entries = (long) rpc.subscriptions().size()
                + rpc.control().graft().size()
                + rpc.control().prune().size()
                + rpc.control().iwant().size();
        for (IHave ihave : rpc.control().ihave()) {
            entries += 1L + ihave.ids().size();
        }
        long weight = BYTES_PER_ENTRY * (1 + entries);
        for (SignedMessage message : rpc.messages()) {
            weight += message.weight();
        }
        return weight;
    }
}
