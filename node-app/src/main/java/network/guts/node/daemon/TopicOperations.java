package network.guts.node.daemon;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import network.guts.core.host.Host.Registration;
import network.guts.gossip.Gossip;
import network.guts.gossip.Gossip.Message;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;

/** GossipSub by hand: {@code topic.list}, {@code topic.publish}, {@code topic.subscribe}. */
final class TopicOperations {
    /** A client that does not read loses messages beyond this many. */
    private static final int QUEUE = 1_000;

    private final Node node;

    TopicOperations(Node node) {
        this.node = node;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("topic.list", this::list);
        operations.put("topic.publish", this::publish);
        operations.put("topic.subscribe", this::subscribe);
    }

    private void list(Request request, Reply reply) throws IOException {
        int count = 0;
        for (Gossip.TopicState topic : node.gossip().topics()) {
            reply.send(Event.of("topic")
                    .with("topic", topic.topic())
                    .with("mesh", topic.mesh())
                    .with("peers", topic.peers()));
            count++;
        }
        reply.send(Event.of("done").with("topics", count));
    }

    private void publish(Request request, Reply reply) throws Exception {
        String topic = request.text("topic");
        byte[] data = Base64.getDecoder().decode(request.text("data"));
        int peers = node.gossip().publish(topic, data);
        reply.send(
                Event.of("done").with("topic", topic).with("bytes", data.length).with("peers", peers));
    }

    private void subscribe(Request request, Reply reply) throws Exception {
        String topic = request.text("topic");
        long count = request.number("count", 1, Long.MAX_VALUE, Long.MAX_VALUE);
        BlockingQueue<Message> messages = new LinkedBlockingQueue<>(QUEUE);
        Registration subscription = node.gossip()
                .subscribe(topic, message -> Gossip.Verdict.ACCEPT, message -> drop(messages.offer(message)));
        try {
            reply.send(Event.of("ready")
                    .with("topic", topic)
                    .with("peers", node.gossip().peers(topic)));
            for (long seen = 0; seen < count; seen++) {
                reply.send(event(messages.take()));
            }
            reply.send(Event.of("done").with("topic", topic).with("messages", count));
        } finally {
            subscription.close();
        }
    }

    /** A full queue drops the message: there is nothing to do about it. */
    private static void drop(boolean taken) {
        if (!taken) {
            org.slf4j.LoggerFactory.getLogger(TopicOperations.class).debug("a client of a topic does not keep up");
        }
    }

    /** The data as text where it is UTF-8, and always in base64. */
    private static Event event(Message message) {
        byte[] data = message.data().toArray();
        Event event = Event.of("message")
                .with("topic", message.topic())
                .with("from", message.from())
                .with("received_from", message.receivedFrom())
                .with("id", message.id())
                .with("bytes", data.length);
        try {
            event = event.with(
                    "text",
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(java.nio.ByteBuffer.wrap(data))
                            .toString());
        } catch (CharacterCodingException binary) {
            return event.with("data", Base64.getEncoder().encodeToString(data));
        }
        return event.with("data", Base64.getEncoder().encodeToString(data));
    }
}
