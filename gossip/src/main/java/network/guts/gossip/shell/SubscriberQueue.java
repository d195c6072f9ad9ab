package network.guts.gossip.shell;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.gossip.Gossip.Message;
import network.guts.gossip.Gossip.Subscriber;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings accepted messages to one subscriber, in order, on a virtual thread of its own. */
final class SubscriberQueue {
    /** Messages that may wait for a subscriber: 16 MiB at worst. Then the oldest is dropped, since newer news replace it. */
    static final int MAX_WAITING = 256;

    private static final Logger LOG = LoggerFactory.getLogger(SubscriberQueue.class);

    private final Deque<Message> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final String topic;
    private final Subscriber subscriber;
    private boolean closed;

    SubscriberQueue(String topic, Subscriber subscriber) {
        this.topic = topic;
        this.subscriber = subscriber;
        Thread.ofVirtual().name("gossip-subscriber").start(this::run);
    }

    void add(Message message) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (waiting.size() == MAX_WAITING) {
                waiting.remove();
                LOG.warn("a subscriber of {} is slow: its oldest message is dropped", topic);
            }
            waiting.add(message);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Lets the message that is under way finish; no other follows. */
    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            Message next = take();
            while (next != null) {
                deliver(next);
                next = take();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deliver(Message message) {
        try {
            subscriber.receive(message);
        } catch (RuntimeException e) {
            LOG.error("a subscriber of {} failed", topic, e);
        }
    }

    private @Nullable Message take() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.await();
            }
            return closed ? null : waiting.remove();
        } finally {
            lock.unlock();
        }
    }
}
