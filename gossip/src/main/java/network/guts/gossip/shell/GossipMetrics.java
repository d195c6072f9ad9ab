package network.guts.gossip.shell;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import network.guts.core.metrics.Metrics;
import network.guts.core.metrics.Metrics.Counter;
import network.guts.core.metrics.Metrics.Sample;
import network.guts.gossip.core.Control;
import network.guts.gossip.core.GossipEffect.Dropped;
import network.guts.gossip.core.GossipEffect.Snapshot;
import network.guts.gossip.core.Rpc;
import network.guts.runtime.Recent;

/** What GossipSub counts of itself. Topics are counted by their kind: how many there are is up to others. Thread-safe. */
final class GossipMetrics {
    /** What became of a message that came in; what the core drops is read from its {@link Dropped}. */
    enum Fate {
        ACCEPTED,
        /** A validator said so. */
        REJECTED,
        /** A validator said so. */
        IGNORED,
        VALIDATOR_LATE,
        VALIDATOR_FAILED,
        VALIDATORS_BUSY,
        /** It broke StrictSign. */
        INVALID,
        NOT_FOLLOWED,
        DUPLICATE
    }

    private static final String IHAVE = "ihave";
    private static final String IWANT = "iwant";
    private static final String GRAFT = "graft";
    private static final String PRUNE = "prune";

    /** The figures about topics share one look at the core. */
    private static final Duration SNAPSHOT_LIFE = Duration.ofSeconds(1);

    private final Metrics metrics;
    private final UnaryOperator<String> kindOf;
    private final Counter published;
    private final Counter sent;
    private final Counter controlSent;
    private final Counter controlReceived;
    private final Map<Fate, LongAdder> fates = new EnumMap<>(Fate.class);

    /**
     * @param kindOf the kind of a topic, one of a few
     */
    GossipMetrics(Metrics metrics, UnaryOperator<String> kindOf) {
        this.metrics = metrics;
        this.kindOf = kindOf;
        this.published = metrics.counter(
                "guts_gossip_messages_published_total", "Messages of this node's own, by kind of topic.", "kind");
        this.sent = metrics.counter(
                "guts_gossip_messages_sent_total",
                "Copies of messages that were queued for peers, own ones among them.");
        this.controlSent = metrics.counter(
                "guts_gossip_control_sent_total",
                "Control that was queued for peers; of ihave and iwant the ids.",
                "type");
        this.controlReceived = metrics.counter(
                "guts_gossip_control_received_total", "Control that came; of ihave and iwant the ids.", "type");
        for (String type : List.of(IHAVE, IWANT, GRAFT, PRUNE)) {
            controlSent.add(0, type);
            controlReceived.add(0, type);
        }
        for (Fate fate : Fate.values()) {
            fates.put(fate, new LongAdder());
        }
    }

    /**
     * Registers what is looked up when it is asked for.
     *
     * @param state of the core
     * @param peers with whom RPCs are exchanged
     */
    void watch(Supplier<Snapshot> state, IntSupplier peers) {
        Recent<Snapshot> recent = new Recent<>(SNAPSHOT_LIFE, state);
        metrics.gauge("guts_gossip_peers", "Peers with whom RPCs are exchanged.", peers::getAsInt);
        metrics.gauge(
                "guts_gossip_topics",
                "Topics that this node follows.",
                List.of("kind"),
                () -> byKind(recent.get().meshes(), members -> 1));
        metrics.gauge(
                "guts_gossip_mesh_peers",
                "Peers in the meshes of the followed topics.",
                List.of("kind"),
                () -> byKind(recent.get().meshes(), Collection::size));
        metrics.gauge(
                "guts_gossip_topic_peers",
                "Peers that follow a topic, over all topics that are known here.",
                List.of("kind"),
                () -> byKind(recent.get().subscribers(), Collection::size));
        metrics.counter(
                "guts_gossip_messages_received_total",
                "Messages that came, by what became of them.",
                List.of("result"),
                () -> received(recent.get().dropped()));
    }

    private List<Sample> byKind(Map<String, ? extends Collection<?>> topics, ToIntFunction<Collection<?>> figure) {
        Map<String, Integer> sums = new TreeMap<>();
        topics.forEach((topic, members) -> sums.merge(kindOf.apply(topic), figure.applyAsInt(members), Integer::sum));
        List<Sample> samples = new ArrayList<>();
        sums.forEach((kind, sum) -> samples.add(new Sample(sum, kind)));
        return samples;
    }

    private List<Sample> received(Dropped dropped) {
        List<Sample> samples = new ArrayList<>();
        fates.forEach((fate, count) -> {
            long more = fate == Fate.DUPLICATE ? dropped.duplicates() : 0;
            samples.add(new Sample(count.sum() + more, fate.name().toLowerCase(Locale.ROOT)));
        });
        samples.add(new Sample(dropped.own(), "own"));
        samples.add(new Sample(dropped.noRoom(), "no_room"));
        samples.add(new Sample(dropped.unheard(), "unheard"));
        return samples;
    }

    void received(Fate fate, int messages) {
        if (messages > 0) {
            Objects.requireNonNull(fates.get(fate)).add(messages);
        }
    }

    void received(Control control) {
        count(controlReceived, control);
    }

    void published(String topic) {
        published.increment(kindOf.apply(topic));
    }

    void sent(Rpc rpc) {
        if (!rpc.messages().isEmpty()) {
            sent.add(rpc.messages().size());
        }
        count(controlSent, rpc.control());
    }

    private static void count(Counter counter, Control control) {
        if (control.isEmpty()) {
            return;
        }
        counter.add(control.ihave().stream().mapToInt(have -> have.ids().size()).sum(), IHAVE);
        counter.add(control.iwant().size(), IWANT);
        counter.add(control.graft().size(), GRAFT);
        counter.add(control.prune().size(), PRUNE);
    }
}
