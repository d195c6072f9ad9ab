package network.guts.gossip.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.gossip.core.Control.IHave;

/** IHAVE and IWANT: what the mesh lost, gossip brings. Also watches over promises that IHAVEs make. */
final class LazyGossip {
    private final Map<Bytes, Map<PeerId, Instant>> promises = new LinkedHashMap<>();
    private final MessageCache cache;
    private final SeenCache seen;
    private final GossipParameters parameters;
    private final PeerTable peers;
    private final PeerScore score;
    private final Outbox out;
    private final RandomGenerator random;

    LazyGossip(
            GossipParameters parameters,
            MessageCache cache,
            SeenCache seen,
            PeerTable peers,
            PeerScore score,
            Outbox out,
            RandomGenerator random) {
        this.parameters = parameters;
        this.cache = cache;
        this.seen = seen;
        this.peers = peers;
        this.score = score;
        this.out = out;
        this.random = random;
    }

    /** A peer said what it has: asks for what is missing, within the limits. */
    void ihave(PeerId id, List<IHave> haves, Mesh mesh, Instant now) {
        PeerTable.Peer peer = peers.peer(id);
        if (haves.isEmpty()
                || peer == null
                || !peers.writable(id)
                || score.score(id) < score.gossipThreshold()
                || !peer.mayHave()) {
            return;
        }
        Set<Bytes> missing = new LinkedHashSet<>();
        for (IHave have : haves) {
            if (mesh.follows(have.topic())) {
                have.ids().stream().filter(message -> !seen.contains(message)).forEach(missing::add);
            }
        }
        List<Bytes> wanted = new ArrayList<>(missing);
        Collections.shuffle(wanted, random);
        wanted = wanted.subList(0, Math.min(wanted.size(), peer.askable()));
        if (wanted.isEmpty()) {
            return;
        }
        peer.asked(wanted.size());
        promise(wanted.getFirst(), id, now);
        out.iwant(id, wanted);
    }

    /** A peer wants messages. */
    void iwant(PeerId id, List<Bytes> wanted) {
        if (!peers.writable(id) || score.score(id) < score.gossipThreshold()) {
            return;
        }
        for (Bytes message : wanted) {
            cache.retransmit(message, id).ifPresent(found -> out.message(id, found));
        }
    }

    /** The message came, from whomever. */
    void kept(Bytes message) {
        promises.remove(message);
    }

    void gone(PeerId id) {
        promises.values().removeIf(promised -> {
            promised.remove(id);
            return promised.isEmpty();
        });
    }

    /** Tells some of each topic's other peers what came lately. */
    void heartbeat(Mesh mesh, Fanout fanout, Instant now) {
        blameBroken(now);
        cache.gossip().forEach((topic, ids) -> {
            if (mesh.follows(topic) || fanout.contains(topic)) {
                emit(topic, ids, mesh.follows(topic) ? mesh.members(topic) : fanout.members(topic));
            }
        });
        cache.shift();
    }

    private void emit(String topic, List<Bytes> ids, Set<PeerId> without) {
        List<PeerId> others = peers.reachable(topic);
        others.removeIf(id -> without.contains(id) || score.score(id) < score.gossipThreshold());
        Collections.shuffle(others, random);
        int share = (int) (parameters.gossipFactor() * others.size());
        int count = Math.min(others.size(), Math.max(parameters.degreeLazy(), share));
        for (PeerId id : others.subList(0, count)) {
            List<Bytes> named = ids;
            if (ids.size() > Limits.MAX_IDS_PER_IHAVE) {
                named = new ArrayList<>(ids);
                Collections.shuffle(named, random);
                named = named.subList(0, Limits.MAX_IDS_PER_IHAVE);
            }
            out.ihave(id, new IHave(topic, named));
        }
    }

    /** One id of each IWANT is watched, which one the remote does not know. */
    private void promise(Bytes message, PeerId id, Instant now) {
        promises.computeIfAbsent(message, key -> new TreeMap<>()).putIfAbsent(id, now.plus(parameters.iwantFollowup()));
        if (promises.size() > Limits.MAX_PROMISES) {
            promises.remove(promises.keySet().iterator().next());
        }
    }

    private void blameBroken(Instant now) {
        Map<PeerId, Integer> broken = new TreeMap<>();
        Iterator<Map<PeerId, Instant>> all = promises.values().iterator();
        while (all.hasNext()) {
            Map<PeerId, Instant> promised = all.next();
            promised.entrySet().removeIf(entry -> {
                boolean late = !entry.getValue().isAfter(now);
                if (late) {
                    broken.merge(entry.getKey(), 1, Integer::sum);
                }
                return late;
            });
            if (promised.isEmpty()) {
                all.remove();
            }
        }
        broken.forEach(score::misbehaved);
    }
}
