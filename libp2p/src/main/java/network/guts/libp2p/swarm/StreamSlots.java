package network.guts.libp2p.swarm;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PeerId;
import network.guts.libp2p.HostConfig.StreamLimits;

/** Counts the streams of one direction against the limits. */
final class StreamSlots {
    private record PeerProtocol(PeerId peer, String protocol) {}

    private final StreamLimits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PeerId, Integer> byPeer = new HashMap<>();
    private final Map<String, Integer> byProtocol = new HashMap<>();
    private final Map<PeerProtocol, Integer> byBoth = new HashMap<>();
    private int total;

    StreamSlots(StreamLimits limits) {
        this.limits = limits;
    }

    /** A place for a stream whose protocol is not known yet; empty if there is none. */
    Optional<Slot> take(PeerId peer) {
        lock.lock();
        try {
            if (total >= limits.total() || byPeer.getOrDefault(peer, 0) >= limits.perPeer()) {
                return Optional.empty();
            }
            total++;
            byPeer.merge(peer, 1, Integer::sum);
            return Optional.of(new Slot(peer));
        } finally {
            lock.unlock();
        }
    }

    int total() {
        lock.lock();
        try {
            return total;
        } finally {
            lock.unlock();
        }
    }

    private static <K> void lower(Map<K, Integer> counts, K key) {
        counts.computeIfPresent(key, (same, count) -> count > 1 ? count - 1 : null);
    }

    /** One stream's place. */
    final class Slot {
        private final PeerId peer;
        private Optional<String> protocol = Optional.empty();
        private boolean released;

        private Slot(PeerId peer) {
            this.peer = peer;
        }

        /**
         * Counts the stream for its protocol; false if there are too many.
         *
         * @param perPeer streams of this protocol with one peer
         */
        boolean use(String name, int perPeer) {
            lock.lock();
            try {
                PeerProtocol both = new PeerProtocol(peer, name);
                if (released
                        || byProtocol.getOrDefault(name, 0) >= limits.perProtocol()
                        || byBoth.getOrDefault(both, 0) >= perPeer) {
                    return false;
                }
                byProtocol.merge(name, 1, Integer::sum);
                byBoth.merge(both, 1, Integer::sum);
                protocol = Optional.of(name);
                return true;
            } finally {
                lock.unlock();
            }
        }

        void release() {
            lock.lock();
            try {
                if (released) {
                    return;
                }
                released = true;
                total--;
                lower(byPeer, peer);
                protocol.ifPresent(name -> {
                    lower(byProtocol, name);
                    lower(byBoth, new PeerProtocol(peer, name));
                });
            } finally {
                lock.unlock();
            }
        }
    }
}
