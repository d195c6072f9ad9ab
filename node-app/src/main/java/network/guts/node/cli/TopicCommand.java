package network.guts.node.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Units;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "topic",
        description = "GossipSub by hand.",
        subcommands = {TopicCommand.ListTopics.class, TopicCommand.Publish.class, TopicCommand.Subscribe.class})
final class TopicCommand extends CommandGroup {
    @Command(name = "list", description = "Lists the topics that this node follows.")
    static final class ListTopics extends GutsCommand {
        @Override
        void run(Session session) throws Failure {
            Event done = session.ask(
                    Request.of("topic.list"),
                    topic -> session.output()
                            .result(topic.text("topic") + "  "
                                    + Units.count(topic.texts("mesh").size(), "peer", "peers") + " in the mesh of "
                                    + topic.texts("peers").size()));
            session.done(done, done.number("topics") == 0 ? "no topics" : "");
        }
    }

    @Command(name = "publish", description = "Publishes a message, from the command line or from stdin.")
    static final class Publish extends GutsCommand {
        /** More is refused by every peer. */
        private static final int MAX_MESSAGE = 1 << 20;

        @Parameters(index = "0", paramLabel = "TOPIC")
        String topic = "";

        @Parameters(index = "1", paramLabel = "TEXT", arity = "0..1", description = "the message (default: stdin)")
        @Nullable String text;

        @Override
        void run(Session session) throws Failure, IOException {
            String given = text;
            byte[] data =
                    given == null ? System.in.readNBytes(MAX_MESSAGE + 1) : given.getBytes(StandardCharsets.UTF_8);
            Event done = session.ask(
                    Request.of("topic.publish")
                            .with("topic", topic)
                            .with("data", Base64.getEncoder().encodeToString(data)),
                    event -> {});
            session.done(
                    done,
                    Units.bytes(done.number("bytes")) + " sent to "
                            + Units.count(done.number("peers"), "peer", "peers"));
        }
    }

    @Command(name = "subscribe", description = "Shows the messages of a topic as they come.")
    static final class Subscribe extends GutsCommand {
        @Parameters(paramLabel = "TOPIC")
        String topic = "";

        @Option(names = "-n", paramLabel = "N", description = "ends after N messages")
        @Nullable Long count;

        @Override
        void run(Session session) throws Failure {
            Request request = Request.of("topic.subscribe").with("topic", topic);
            Long limit = count;
            Event done = session.ask(limit == null ? request : request.with("count", limit), event -> {
                if (event.is("message")) {
                    session.output()
                            .result(event.text("from") + "  "
                                    + (event.has("text") ? event.text("text") : event.text("data")));
                } else {
                    session.output().note("listening to " + topic);
                }
            });
            session.done(done, "");
        }
    }
}
