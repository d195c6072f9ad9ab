package network.guts.gossip.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import network.guts.core.PeerId;
import network.guts.gossip.core.Control.Prune;

/** The meshes of the followed topics: who is grafted, who is pruned, who must wait. */
final class Mesh {
    /** Behind a back-off's end, so that this node's GRAFT is not early by the other's clock. */
    private static final int SLACK_HEARTBEATS = 2;

    private final Map<String, Set<PeerId>> meshes = new TreeMap<>();
    private final Backoffs backoffs = new Backoffs();
    private final GossipParameters parameters;
    private final PeerTable peers;
    private final PeerScore score;
    private final Outbox out;
    private final RandomGenerator random;

    Mesh(GossipParameters parameters, PeerTable peers, PeerScore score, Outbox out, RandomGenerator random) {
        this.parameters = parameters;
        this.peers = peers;
        this.score = score;
        this.out = out;
        this.random = random;
    }

    Set<String> topics() {
        return Collections.unmodifiableSet(meshes.keySet());
    }

    boolean follows(String topic) {
        return meshes.containsKey(topic);
    }

    /** The mesh of a topic; empty if it is not followed. */
    Set<PeerId> members(String topic) {
        return Collections.unmodifiableSet(meshes.getOrDefault(topic, Set.of()));
    }

    /** Follows a topic; false if it was followed. Peers of a fan-out are grafted first. */
    boolean join(String topic, Collection<PeerId> fanout) {
        if (meshes.putIfAbsent(topic, new TreeSet<>()) != null) {
            return false;
        }
        List<PeerId> known = graftable(topic);
        known.retainAll(fanout);
        graftSome(topic, known);
        graftSome(topic, graftable(topic));
        return true;
    }

    /** Ends following a topic; false if it was not followed. */
    boolean leave(String topic, Instant now) {
        if (!meshes.containsKey(topic)) {
            return false;
        }
        for (PeerId peer : new ArrayList<>(members(topic))) {
            dismiss(topic, peer, parameters.unsubscribeBackoff(), now);
        }
        meshes.remove(topic);
        return true;
    }

    /** A peer sent GRAFT. */
    void grafted(PeerId id, String topic, Instant now) {
        Set<PeerId> mesh = meshes.get(topic);
        PeerTable.Peer peer = peers.peer(id);
        // A topic that is not followed gets no answer: an answer would be work for whoever asks.
        if (mesh == null || peer == null || mesh.contains(id)) {
            return;
        }
        Duration left = backoffs.left(topic, id, now);
        if (left.isPositive()) {
            boolean flood = left.compareTo(parameters.pruneBackoff().minus(parameters.graftFlood())) > 0;
            score.misbehaved(id, flood ? 2 : 1);
        }
        if (left.isPositive()
                || !peers.follows(id, topic)
                || score.score(id) < 0
                || mesh.size() >= parameters.degreeHigh()) {
            backoffs.extend(topic, id, now.plus(parameters.pruneBackoff()));
            if (peers.writable(id) && peer.mayAnswerGraft(topic)) {
                sendPrune(topic, id, parameters.pruneBackoff());
            }
            return;
        }
        mesh.add(id);
        score.grafted(id, topic);
    }

    /** A peer sent PRUNE. The peers that it may name are ignored: without a score they could be anybody. */
    void pruned(PeerId id, Prune prune, Instant now) {
        Set<PeerId> mesh = meshes.get(prune.topic());
        if (mesh == null) {
            return;
        }
        if (mesh.remove(id)) {
            score.pruned(id, prune.topic());
        }
        Duration asked = prune.backoff().isPositive() ? prune.backoff() : parameters.pruneBackoff();
        Duration backoff = asked.compareTo(Limits.MAX_BACKOFF) < 0 ? asked : Limits.MAX_BACKOFF;
        backoffs.extend(prune.topic(), id, now.plus(backoff));
    }

    /** A peer follows a topic no more. */
    void unsubscribed(PeerId id, String topic) {
        Set<PeerId> mesh = meshes.get(topic);
        if (mesh != null && mesh.remove(id)) {
            score.pruned(id, topic);
        }
    }

    /** A peer can not be reached. */
    void lost(PeerId id) {
        meshes.keySet().forEach(topic -> unsubscribed(id, topic));
    }

    void heartbeat(Instant now) {
        backoffs.expire(now, parameters.heartbeat().multipliedBy(SLACK_HEARTBEATS));
        for (String topic : List.copyOf(meshes.keySet())) {
            maintain(topic, now);
        }
    }

    private void maintain(String topic, Instant now) {
        for (PeerId id : List.copyOf(members(topic))) {
            if (score.score(id) < 0) {
                dismiss(topic, id, parameters.pruneBackoff(), now);
            } else if (!peers.writable(id) || !peers.follows(id, topic)) {
                dismiss(topic, id, parameters.unsubscribeBackoff(), now);
            }
        }
        int size = members(topic).size();
        if (size < parameters.degreeLow()) {
            graftSome(topic, graftable(topic));
        } else if (size > parameters.degreeHigh()) {
            shrink(topic, now);
        }
    }

    /** Keeps the D_score best, and others by lot, so that newcomers have a chance. */
    private void shrink(String topic, Instant now) {
        List<PeerId> members = new ArrayList<>(members(topic));
        Collections.shuffle(members, random);
        members.sort(Comparator.comparingDouble(score::score).reversed());
        List<PeerId> others = members.subList(parameters.degreeScore(), members.size());
        Collections.shuffle(others, random);
        for (PeerId id : List.copyOf(members.subList(parameters.degree(), members.size()))) {
            dismiss(topic, id, parameters.pruneBackoff(), now);
        }
    }

    private List<PeerId> graftable(String topic) {
        Set<PeerId> mesh = members(topic);
        List<PeerId> candidates = peers.reachable(topic);
        candidates.removeIf(id -> mesh.contains(id) || backoffs.holds(topic, id) || score.score(id) < 0);
        return candidates;
    }

    /** Grafts of the candidates, by lot, until the mesh has D peers. */
    private void graftSome(String topic, List<PeerId> candidates) {
        Set<PeerId> mesh = meshes.getOrDefault(topic, Set.of());
        Collections.shuffle(candidates, random);
        int missing = Math.max(0, parameters.degree() - mesh.size());
        for (PeerId id : candidates.subList(0, Math.min(missing, candidates.size()))) {
            mesh.add(id);
            score.grafted(id, topic);
            out.graft(id, topic);
        }
    }

    private void dismiss(String topic, PeerId id, Duration backoff, Instant now) {
        unsubscribed(id, topic);
        backoffs.extend(topic, id, now.plus(backoff));
        if (peers.writable(id)) {
            sendPrune(topic, id, backoff);
        }
    }

    private void sendPrune(String topic, PeerId id, Duration backoff) {
        PeerTable.Peer peer = peers.peer(id);
        boolean saysBackoff = peer != null && peer.version() != ProtocolVersion.V1_0;
        out.prune(id, new Prune(topic, saysBackoff ? backoff : Duration.ZERO));
    }
}
