package network.guts.gossip.shell;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.host.Host;
import network.guts.core.host.Host.Registration;
import network.guts.core.metrics.Metrics;
import network.guts.gossip.Gossip;
import network.guts.gossip.GossipConfig;
import network.guts.gossip.core.GossipEffect;
import network.guts.gossip.core.GossipEffect.Deliver;
import network.guts.gossip.core.GossipEffect.Dropped;
import network.guts.gossip.core.GossipEffect.Inspected;
import network.guts.gossip.core.GossipEffect.Published;
import network.guts.gossip.core.GossipEffect.Send;
import network.guts.gossip.core.GossipEffect.Snapshot;
import network.guts.gossip.core.GossipEffect.Validate;
import network.guts.gossip.core.GossipInput;
import network.guts.gossip.core.GossipInput.Inspect;
import network.guts.gossip.core.GossipInput.Publish;
import network.guts.gossip.core.GossipInput.Validated;
import network.guts.gossip.core.GossipParameters;
import network.guts.gossip.core.GossipSubCore;
import network.guts.gossip.core.Limits;
import network.guts.gossip.core.PeerScore;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.StrictSign;
import network.guts.runtime.ProtocolLoop;

/** GossipSub over a host. Subscriptions may be made before {@link #start}; nothing is sent before. */
public final class GossipSub implements Gossip {
    /** Inputs that may wait; more than the topics that can be followed before the start. */
    private static final int MAILBOX = 2 * Limits.MAX_OWN_TOPICS;

    private static final Snapshot NOTHING = new Snapshot(Map.of(), Map.of(), Map.of(), Dropped.NONE);

    private final PrivateKey key;
    private final ProtocolLoop<GossipInput, GossipEffect> loop;
    private final GossipMetrics metrics;
    private final FollowedTopics topics;
    private final InboundRpcs rpcs;
    private final PeerLinks links;
    private final Validation validation;
    private final Answers<Integer> publications = new Answers<>();
    private final Answers<Snapshot> inspections = new Answers<>();
    private final AtomicLong seqno;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean closed;

    /**
     * @param host is served and listened to from {@link #start} to {@link #close}; stays the caller's
     * @param key of the host: signs what this node publishes
     * @throws IllegalArgumentException if {@code key} is not the host's
     */
    public GossipSub(Host host, PrivateKey key, GossipConfig config) {
        this(host, key, config, Metrics.none(), topic -> "any");
    }

    /**
     * As {@link #GossipSub(Host, PrivateKey, GossipConfig)}, for a node that counts.
     *
     * @param metrics what is counted with
     * @param kindOf the kind of a topic, one of a few: others decide how many topics there are
     */
    public GossipSub(Host host, PrivateKey key, GossipConfig config, Metrics metrics, UnaryOperator<String> kindOf) {
        if (!key.peerId().equals(host.peerId())) {
            throw new IllegalArgumentException("the key is not the host's");
        }
        this.key = key;
        this.metrics = new GossipMetrics(metrics, kindOf);
        InstantSource clock = InstantSource.system();
        GossipParameters parameters = GossipParameters.DEFAULT.withFloodPublish(config.floodPublish());
        // Which peers are chosen must not be foreseeable, so the seed comes from the system.
        SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
        GossipSubCore core = new GossipSubCore(host.peerId(), parameters, PeerScore.NEUTRAL, random);
        this.loop = new ProtocolLoop<>("gossip", core, this::perform, clock, MAILBOX);
        this.topics = new FollowedTopics(loop::submit);
        this.rpcs = new InboundRpcs(topics::contains, parameters.seenTtl(), this.metrics);
        this.links = new PeerLinks(host, rpcs, loop::submit);
        this.validation = new Validation(config.validationTimeout());
        // Rises over restarts too, as long as the clock does.
        this.seqno = new AtomicLong(Math.multiplyExact(clock.millis(), 1_000_000L));
        this.metrics.watch(this::inspect, links::size);
    }

    @Override
    public void start() {
        if (closed || !started.compareAndSet(false, true)) {
            throw new IllegalStateException("gossip starts once");
        }
        loop.start();
        links.start();
    }

    @Override
    public Registration subscribe(String topic, Validator validator, Subscriber subscriber) throws IOException {
        checkTopic(topic);
        if (closed) {
            throw new IOException("gossip is closed");
        }
        return topics.add(topic, validator, subscriber);
    }

    @Override
    public int publish(String topic, byte[] data) throws IOException {
        checkTopic(topic);
        if (data.length > Limits.MAX_DATA) {
            throw new IOException("a message has at most " + Limits.MAX_DATA + " bytes, not " + data.length);
        }
        if (!started.get() || closed) {
            throw new IOException("gossip is not running");
        }
        metrics.published(topic);
        SignedMessage message = StrictSign.sign(key, seqno.incrementAndGet(), topic, Bytes.of(data));
        return publications
                .ask(token -> loop.submit(new Publish(token, message)))
                .orElseThrow(() -> new IOException("gossip is closing"));
    }

    private static void checkTopic(String topic) throws IOException {
        int length = topic.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > Limits.MAX_TOPIC_BYTES) {
            throw new IOException("a topic has 1 to " + Limits.MAX_TOPIC_BYTES + " bytes, not " + length);
        }
    }

    @Override
    public List<TopicState> topics() {
        Snapshot snapshot = inspect();
        List<TopicState> states = new ArrayList<>();
        snapshot.meshes()
                .forEach((topic, mesh) -> states.add(
                        new TopicState(topic, mesh, snapshot.subscribers().getOrDefault(topic, Set.of()))));
        return states;
    }

    @Override
    public Set<PeerId> peers(String topic) {
        return inspect().subscribers().getOrDefault(topic, Set.of());
    }

    @Override
    public double score(PeerId peer) {
        return inspect().scores().getOrDefault(peer, 0.0);
    }

    private Snapshot inspect() {
        if (!started.get() || closed) {
            return NOTHING;
        }
        return inspections.ask(token -> loop.submit(new Inspect(token))).orElse(NOTHING);
    }

    /** On the core's owner thread: must not block, nor submit. */
    private void perform(GossipEffect effect) {
        switch (effect) {
            case Send(PeerId peer, Rpc rpc) -> {
                metrics.sent(rpc);
                links.send(peer, rpc);
            }
            case Validate(SignedMessage message, PeerId receivedFrom) -> {
                rpcs.seen(message.id());
                Thread.ofVirtual().name("gossip-validation").start(() -> validate(message, receivedFrom));
            }
            case Deliver(SignedMessage message, PeerId receivedFrom) -> {
                rpcs.seen(message.id());
                topics.deliver(message(message, receivedFrom));
            }
            case Published(long token, int peers) -> publications.answer(token, peers);
            case Inspected(long token, Snapshot snapshot) -> inspections.answer(token, snapshot);
        }
    }

    private void validate(SignedMessage message, PeerId receivedFrom) {
        Validation.Judged judged =
                validation.verdict(topics.validators(message.topic()), message(message, receivedFrom));
        metrics.received(judged.fate(), 1);
        loop.submit(new Validated(message.id(), judged.verdict()));
    }

    private static Message message(SignedMessage message, PeerId receivedFrom) {
        return new Message(message.topic(), message.from(), receivedFrom, message.data(), message.id());
    }

    @Override
    public void close() {
        closed = true;
        links.close();
        topics.close();
        loop.close();
    }
}
