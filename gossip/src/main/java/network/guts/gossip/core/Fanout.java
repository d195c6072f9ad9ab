package network.guts.gossip.core;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import network.guts.core.PeerId;

/** The peers of topics that this node publishes to and does not follow; kept for a while after the last message. */
final class Fanout {
    private record Entry(Set<PeerId> peers, Instant last) {}

    private final Map<String, Entry> topics = new LinkedHashMap<>();
    private final GossipParameters parameters;
    private final PeerTable peers;
    private final PeerScore score;
    private final RandomGenerator random;

    Fanout(GossipParameters parameters, PeerTable peers, PeerScore score, RandomGenerator random) {
        this.parameters = parameters;
        this.peers = peers;
        this.score = score;
        this.random = random;
    }

    /** The peers for a message that is published now. */
    Set<PeerId> publishing(String topic, Instant now) {
        Entry old = topics.remove(topic);
        Set<PeerId> chosen = old == null ? new TreeSet<>() : old.peers;
        topics.put(topic, new Entry(chosen, now));
        fill(topic, chosen);
        if (topics.size() > Limits.MAX_FANOUT_TOPICS) {
            topics.remove(topics.keySet().iterator().next());
        }
        return Collections.unmodifiableSet(chosen);
    }

    boolean contains(String topic) {
        return topics.containsKey(topic);
    }

    Set<PeerId> members(String topic) {
        Entry entry = topics.get(topic);
        return entry == null ? Set.of() : Collections.unmodifiableSet(entry.peers);
    }

    /** The topic is followed from now on, so it has a mesh instead. */
    Set<PeerId> remove(String topic) {
        Entry entry = topics.remove(topic);
        return entry == null ? Set.of() : entry.peers;
    }

    void heartbeat(Instant now) {
        topics.values()
                .removeIf(entry -> !entry.last.plus(parameters.fanoutTtl()).isAfter(now));
        topics.forEach((topic, entry) -> fill(topic, entry.peers));
    }

    private void fill(String topic, Set<PeerId> chosen) {
        chosen.removeIf(id -> !fit(topic, id));
        List<PeerId> candidates = peers.reachable(topic);
        candidates.removeIf(id -> chosen.contains(id) || !fit(topic, id));
        Collections.shuffle(candidates, random);
        int missing = Math.max(0, parameters.degree() - chosen.size());
        chosen.addAll(candidates.subList(0, Math.min(missing, candidates.size())));
    }

    private boolean fit(String topic, PeerId id) {
        return peers.writable(id) && peers.follows(id, topic) && score.score(id) >= score.publishThreshold();
    }
}
