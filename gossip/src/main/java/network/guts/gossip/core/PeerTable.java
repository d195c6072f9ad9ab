package network.guts.gossip.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import network.guts.core.PeerId;
import org.jspecify.annotations.Nullable;

/** The peers that have a stream to or from this node, and what they follow. Ordered, so that a run replays. */
final class PeerTable {
    /** What is known of one peer. */
    static final class Peer {
        private final Set<String> topics = new TreeSet<>();
        private final Set<String> grafts = new TreeSet<>();
        private boolean writable;
        private ProtocolVersion version = ProtocolVersion.V1_0;
        private int ihaves;
        private int asked;

        Set<String> topics() {
            return Collections.unmodifiableSet(topics);
        }

        ProtocolVersion version() {
            return version;
        }

        /** Counts an IHAVE RPC; false if there were too many since the last heartbeat. */
        boolean mayHave() {
            return ++ihaves <= Limits.MAX_IHAVE_PER_HEARTBEAT;
        }

        /** How many more ids may be asked of this peer before the next heartbeat. */
        int askable() {
            return Limits.MAX_IDS_PER_RPC - asked;
        }

        void asked(int ids) {
            asked += ids;
        }

        /** True for the first refused GRAFT of a topic since the last heartbeat: only that one gets an answer. */
        boolean mayAnswerGraft(String topic) {
            return grafts.size() < Limits.MAX_CONTROL_ENTRIES_PER_RPC && grafts.add(topic);
        }

        private void heartbeat() {
            grafts.clear();
            ihaves = 0;
            asked = 0;
        }
    }

    private final Map<PeerId, Peer> peers = new TreeMap<>();
    private final Map<String, TreeSet<PeerId>> subscribers = new TreeMap<>();
    private int entries;

    /** False if the peer was known. */
    boolean add(PeerId id) {
        return peers.putIfAbsent(id, new Peer()) == null;
    }

    @Nullable Peer peer(PeerId id) {
        return peers.get(id);
    }

    Set<PeerId> all() {
        return Collections.unmodifiableSet(peers.keySet());
    }

    void outbound(PeerId id, ProtocolVersion version) {
        add(id);
        Peer peer = peers.get(id);
        if (peer != null) {
            peer.writable = true;
            peer.version = version;
        }
    }

    void outboundLost(PeerId id) {
        Peer peer = peers.get(id);
        if (peer != null) {
            peer.writable = false;
        }
    }

    boolean writable(PeerId id) {
        Peer peer = peers.get(id);
        return peer != null && peer.writable;
    }

    /** False if there is no peer of that name. */
    boolean remove(PeerId id) {
        if (!peers.containsKey(id)) {
            return false;
        }
        forgetTopics(id);
        peers.remove(id);
        return true;
    }

    /** Remembers that a peer follows a topic, within the limits. */
    void subscribe(PeerId id, String topic, boolean ownTopic) {
        Peer peer = peers.get(id);
        if (peer == null
                || peer.topics.size() >= Limits.MAX_TOPICS_PER_PEER
                || !ownTopic && entries >= Limits.MAX_TOPIC_ENTRIES) {
            return;
        }
        if (peer.topics.add(topic)) {
            entries++;
            subscribers.computeIfAbsent(topic, name -> new TreeSet<>()).add(id);
        }
    }

    void unsubscribe(PeerId id, String topic) {
        Peer peer = peers.get(id);
        if (peer != null && peer.topics.remove(topic)) {
            entries--;
            subscribers.computeIfPresent(topic, (name, of) -> {
                of.remove(id);
                return of.isEmpty() ? null : of;
            });
        }
    }

    void forgetTopics(PeerId id) {
        Peer peer = peers.get(id);
        if (peer != null) {
            List.copyOf(peer.topics).forEach(topic -> unsubscribe(id, topic));
        }
    }

    boolean follows(PeerId id, String topic) {
        Peer peer = peers.get(id);
        return peer != null && peer.topics.contains(topic);
    }

    /** The topic's peers that RPCs can be sent to. */
    List<PeerId> reachable(String topic) {
        List<PeerId> reachable = new ArrayList<>();
        for (PeerId id : subscribers.getOrDefault(topic, new TreeSet<>())) {
            if (writable(id)) {
                reachable.add(id);
            }
        }
        return reachable;
    }

    /** A copy of who follows what. */
    Map<String, Set<PeerId>> subscribers() {
        Map<String, Set<PeerId>> copy = new TreeMap<>();
        subscribers.forEach((topic, of) -> copy.put(topic, Collections.unmodifiableSet(new TreeSet<>(of))));
        return copy;
    }

    void heartbeat() {
        peers.values().forEach(Peer::heartbeat);
    }
}
