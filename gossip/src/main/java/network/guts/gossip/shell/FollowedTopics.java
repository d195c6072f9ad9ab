package network.guts.gossip.shell;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.core.host.Host.Registration;
import network.guts.gossip.Gossip.Message;
import network.guts.gossip.Gossip.Subscriber;
import network.guts.gossip.Gossip.Validator;
import network.guts.gossip.core.GossipInput;
import network.guts.gossip.core.GossipInput.Subscribe;
import network.guts.gossip.core.GossipInput.Unsubscribe;
import network.guts.gossip.core.Limits;

/** Who in this process follows what. The core hears of a topic's first subscription and of the end of its last. */
final class FollowedTopics {
    /** Subscriptions of one topic: the program and a few of its clients. */
    static final int MAX_PER_TOPIC = 64;

    private final Map<String, List<Subscription>> topics = new ConcurrentHashMap<>();
    /** Keeps the order of changes the same here and in the core; never held by the core's owner thread. */
    private final ReentrantLock changing = new ReentrantLock();

    private final Consumer<GossipInput> core;

    private record Subscription(Validator validator, SubscriberQueue queue) {}

    FollowedTopics(Consumer<GossipInput> core) {
        this.core = core;
    }

    boolean contains(String topic) {
        return topics.containsKey(topic);
    }

    /** The validators of a topic: each must accept. */
    List<Validator> validators(String topic) {
        return topics.getOrDefault(topic, List.of()).stream()
                .map(Subscription::validator)
                .toList();
    }

    /** Hands a message to each subscriber's queue; never blocks. */
    void deliver(Message message) {
        topics.getOrDefault(message.topic(), List.of()).forEach(subscription -> subscription.queue.add(message));
    }

    Registration add(String topic, Validator validator, Subscriber subscriber) throws IOException {
        changing.lock();
        try {
            List<Subscription> all = topics.get(topic);
            if (all == null && topics.size() >= Limits.MAX_OWN_TOPICS) {
                throw new IOException("a node follows at most " + Limits.MAX_OWN_TOPICS + " topics");
            }
            if (all != null && all.size() >= MAX_PER_TOPIC) {
                throw new IOException("a topic has at most " + MAX_PER_TOPIC + " subscriptions");
            }
            Subscription subscription = new Subscription(validator, new SubscriberQueue(topic, subscriber));
            if (all == null) {
                topics.put(topic, new CopyOnWriteArrayList<>(List.of(subscription)));
                core.accept(new Subscribe(topic));
            } else {
                all.add(subscription);
            }
            return () -> remove(topic, subscription);
        } finally {
            changing.unlock();
        }
    }

    private void remove(String topic, Subscription subscription) {
        changing.lock();
        try {
            subscription.queue.close();
            List<Subscription> all = topics.get(topic);
            if (all != null && all.remove(subscription) && all.isEmpty()) {
                topics.remove(topic);
                core.accept(new Unsubscribe(topic));
            }
        } finally {
            changing.unlock();
        }
    }

    /** Ends all deliveries. */
    void close() {
        topics.values().forEach(all -> all.forEach(subscription -> subscription.queue.close()));
    }
}
