package network.guts.libp2p.addressbook;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PeerId;

/** The peers of a host that remembers nothing over a restart. */
final class PeersInMemory implements PeerStore {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PeerId, PeerEntry> peers = new LinkedHashMap<>();
    private volatile int size;

    @Override
    public Optional<PeerEntry> find(PeerId peer) {
        lock.lock();
        try {
            return Optional.ofNullable(peers.get(peer));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void store(Map<PeerId, PeerEntry> entries, int maxPeers, Set<PeerId> keep) {
        lock.lock();
        try {
            peers.putAll(entries);
            int over = peers.size() - maxPeers;
            if (over > 0) {
                List<PeerId> forgotten = peers.entrySet().stream()
                        .filter(entry -> !keep.contains(entry.getKey()))
                        .sorted(Comparator.comparing((Map.Entry<PeerId, PeerEntry> entry) ->
                                        entry.getValue().lastSeen())
                                .thenComparing(entry -> entry.getValue().updated()))
                        .limit(over)
                        .map(Map.Entry::getKey)
                        .toList();
                forgotten.forEach(peers::remove);
            }
            size = peers.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<PeerId> lastSeen(int limit) {
        lock.lock();
        try {
            return peers.entrySet().stream()
                    .filter(entry -> entry.getValue().lastSeen().isAfter(Instant.EPOCH))
                    .sorted(Comparator.comparing((Map.Entry<PeerId, PeerEntry> entry) ->
                                    entry.getValue().lastSeen())
                            .reversed())
                    .limit(limit)
                    .map(Map.Entry::getKey)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int size() {
        return size;
    }
}
