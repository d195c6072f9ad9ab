package network.guts.gossip.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.Protocol;
import network.guts.gossip.core.GossipEffect.Deliver;
import network.guts.gossip.core.GossipEffect.Dropped;
import network.guts.gossip.core.GossipEffect.Inspected;
import network.guts.gossip.core.GossipEffect.Published;
import network.guts.gossip.core.GossipEffect.Snapshot;
import network.guts.gossip.core.GossipEffect.Validate;
import network.guts.gossip.core.GossipInput.InboundOpened;
import network.guts.gossip.core.GossipInput.Inspect;
import network.guts.gossip.core.GossipInput.OutboundLost;
import network.guts.gossip.core.GossipInput.OutboundOpened;
import network.guts.gossip.core.GossipInput.PeerGone;
import network.guts.gossip.core.GossipInput.Publish;
import network.guts.gossip.core.GossipInput.Received;
import network.guts.gossip.core.GossipInput.Subscribe;
import network.guts.gossip.core.GossipInput.Unsubscribe;
import network.guts.gossip.core.GossipInput.Validated;
import network.guts.gossip.core.PendingValidations.Pending;
import network.guts.gossip.core.Rpc.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * GossipSub 1.1 without I/O. A message goes this way: Received, seen, Validate, Validated, then kept for IWANT, delivered
 * and forwarded to the mesh.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/pubsub/gossipsub/gossipsub-v1.1.md">GossipSub 1.1</a>
 */
public final class GossipSubCore implements Protocol<GossipInput, GossipEffect> {
    private final PeerId self;
    private final GossipParameters parameters;
    private final PeerScore score;
    private final RandomGenerator random;
    private final Outbox out = new Outbox();
    private final PeerTable peers = new PeerTable();
    private final PendingValidations pending = new PendingValidations();
    private final MessageCache cache;
    private final SeenCache seen;
    private final Mesh mesh;
    private final Fanout fanout;
    private final LazyGossip gossip;

    private @Nullable Instant nextHeartbeat;
    private long duplicates;
    private long own;
    private long noRoom;
    private long unheard;

    /**
     * @param self this node
     * @param random chooses peers; a run replays for its seed
     */
    public GossipSubCore(PeerId self, GossipParameters parameters, PeerScore score, RandomGenerator random) {
        this.self = self;
        this.parameters = parameters;
        this.score = score;
        this.random = random;
        this.cache = new MessageCache(parameters.historyLength(), parameters.historyGossip());
        this.seen = new SeenCache(parameters.seenTtl());
        this.mesh = new Mesh(parameters, peers, score, out, random);
        this.fanout = new Fanout(parameters, peers, score, random);
        this.gossip = new LazyGossip(parameters, cache, seen, peers, score, out, random);
    }

    @Override
    public List<GossipEffect> handle(GossipInput input, Instant now) {
        switch (input) {
            case InboundOpened(PeerId peer) -> inboundOpened(peer);
            case OutboundOpened(PeerId peer, ProtocolVersion version) -> outboundOpened(peer, version);
            case OutboundLost(PeerId peer) -> outboundLost(peer);
            case PeerGone(PeerId peer) -> gone(peer);
            case Received rpc -> received(rpc, now);
            case Validated validated -> validated(validated);
            case Subscribe(String topic) -> subscribe(topic);
            case Unsubscribe(String topic) -> unsubscribe(topic, now);
            case Publish publish -> publish(publish, now);
            case Inspect(long token) -> out.effect(new Inspected(token, snapshot()));
        }
        return out.drain();
    }

    @Override
    public List<GossipEffect> wake(Instant now) {
        if (nextHeartbeat == null) {
            // Nodes that start together should not beat together.
            long interval = parameters.heartbeat().toNanos();
            nextHeartbeat = now.plus(Duration.ofNanos(1 + random.nextLong(interval)));
        } else if (!nextHeartbeat.isAfter(now)) {
            heartbeat(now);
            nextHeartbeat = now.plus(parameters.heartbeat());
        }
        return out.drain();
    }

    @Override
    public @Nullable Instant nextDeadline() {
        return nextHeartbeat;
    }

    private void heartbeat(Instant now) {
        score.heartbeat(now);
        peers.heartbeat();
        seen.expire(now);
        pending.expire(now);
        mesh.heartbeat(now);
        fanout.heartbeat(now);
        gossip.heartbeat(mesh, fanout, now);
    }

    private void inboundOpened(PeerId peer) {
        known(peer);
        peers.forgetTopics(peer);
    }

    private void outboundOpened(PeerId peer, ProtocolVersion version) {
        known(peer);
        peers.outbound(peer, version);
        mesh.topics().forEach(topic -> out.subscription(peer, topic, true));
    }

    private void known(PeerId peer) {
        if (peers.add(peer)) {
            score.peerAdded(peer);
        }
    }

    private void outboundLost(PeerId peer) {
        peers.outboundLost(peer);
        mesh.lost(peer);
    }

    private void gone(PeerId peer) {
        mesh.lost(peer);
        gossip.gone(peer);
        if (peers.remove(peer)) {
            score.peerGone(peer);
        }
    }

    private void received(Received rpc, Instant now) {
        PeerId peer = rpc.peer();
        if (peers.peer(peer) == null || score.score(peer) < score.graylistThreshold()) {
            unheard += rpc.messages().size();
            return;
        }
        if (rpc.refused() > 0) {
            score.badlySigned(peer, rpc.refused());
        }
        for (Subscription subscription : rpc.subscriptions()) {
            String topic = subscription.topic();
            if (subscription.subscribe()) {
                peers.subscribe(peer, topic, mesh.follows(topic));
            } else {
                peers.unsubscribe(peer, topic);
                mesh.unsubscribed(peer, topic);
            }
        }
        rpc.duplicates().forEach(id -> duplicate(id, peer));
        rpc.messages().forEach(message -> message(message, peer, now));
        Control control = rpc.control();
        gossip.ihave(peer, control.ihave(), mesh, now);
        gossip.iwant(peer, control.iwant());
        control.graft().forEach(topic -> mesh.grafted(peer, topic, now));
        control.prune().forEach(prune -> mesh.pruned(peer, prune, now));
    }

    private void message(SignedMessage message, PeerId peer, Instant now) {
        Bytes id = message.id();
        if (!mesh.follows(message.topic())) {
            return;
        }
        if (seen.contains(id)) {
            duplicates++;
            duplicate(id, peer);
            return;
        }
        gossip.kept(id);
        if (message.from().equals(self)) {
            // From before a restart: whoever has it spreads it already.
            own++;
            seen.add(id, now);
            return;
        }
        // What there is no room for may come again by gossip, so it is not seen.
        if (!pending.hasRoom(message, peer)) {
            noRoom++;
            return;
        }
        seen.add(id, now);
        pending.add(message, peer, now);
        out.effect(new Validate(message, peer));
    }

    private void duplicate(Bytes id, PeerId peer) {
        gossip.kept(id);
        pending.alsoFrom(id, peer);
        score.duplicate(peer);
    }

    private void validated(Validated input) {
        Pending waited = pending.remove(input.id()).orElse(null);
        if (waited == null) {
            return;
        }
        SignedMessage message = waited.message();
        switch (input.verdict()) {
            case ACCEPT -> accepted(message, waited);
            case REJECT -> waited.senders().forEach(sender -> score.rejected(sender, message.topic()));
            case IGNORE -> {
                // Nobody is to blame for old news.
            }
        }
    }

    private void accepted(SignedMessage message, Pending waited) {
        score.delivered(waited.first(), message.topic());
        if (!mesh.follows(message.topic())) {
            return;
        }
        cache.put(message);
        out.effect(new Deliver(message, waited.first()));
        for (PeerId peer : mesh.members(message.topic())) {
            boolean hasIt = waited.senders().contains(peer) || message.from().equals(peer);
            if (!hasIt && peers.writable(peer)) {
                out.message(peer, message);
            }
        }
    }

    private void subscribe(String topic) {
        if (mesh.topics().size() >= Limits.MAX_OWN_TOPICS || !mesh.join(topic, fanout.remove(topic))) {
            return;
        }
        announce(topic, true);
    }

    private void unsubscribe(String topic, Instant now) {
        if (mesh.leave(topic, now)) {
            announce(topic, false);
        }
    }

    private void announce(String topic, boolean subscribe) {
        for (PeerId peer : peers.all()) {
            if (peers.writable(peer)) {
                out.subscription(peer, topic, subscribe);
            }
        }
    }

    /** Content that was published before goes out again (nobody may have been there), and is not delivered again. */
    private void publish(Publish publish, Instant now) {
        SignedMessage message = publish.message();
        String topic = message.topic();
        boolean followed = mesh.follows(topic);
        boolean isNew = seen.add(message.id(), now);
        cache.put(message);
        if (isNew && followed) {
            out.effect(new Deliver(message, self));
        }
        Set<PeerId> to = new LinkedHashSet<>(followed ? mesh.members(topic) : fanout.publishing(topic, now));
        if (parameters.floodPublish()) {
            to.addAll(peers.reachable(topic));
        }
        to.removeIf(peer -> !peers.writable(peer) || score.score(peer) < score.publishThreshold());
        to.forEach(peer -> out.message(peer, message));
        out.effect(new Published(publish.token(), to.size()));
    }

    /** The state as it stands, in copies. */
    private Snapshot snapshot() {
        Map<String, Set<PeerId>> meshes = new TreeMap<>();
        mesh.topics()
                .forEach(topic -> meshes.put(topic, Collections.unmodifiableSet(new TreeSet<>(mesh.members(topic)))));
        Map<PeerId, Double> scores = new TreeMap<>();
        peers.all().forEach(peer -> scores.put(peer, score.score(peer)));
        return new Snapshot(meshes, peers.subscribers(), scores, new Dropped(duplicates, own, noRoom, unheard));
    }
}
