package network.guts.node.cli;

import java.util.Map;
import java.util.function.Consumer;
import network.guts.node.config.ConfigLoader;
import network.guts.node.control.ControlClient;
import network.guts.node.control.Request;
import network.guts.node.daemon.Home;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;

/** What a command works with: the home, the way to speak, the node. */
record Session(Home home, Output output, Map<String, String> environment) {
    /**
     * Asks the node, which must be running, and shows what it answers: as JSON, or by {@code human}.
     *
     * @return the {@code done} event, not shown yet
     */
    Event ask(Request request, Consumer<Event> human) throws Failure {
        return ask(request, human, event -> {});
    }

    /** The same; {@code also} gets every event, however it is shown. */
    Event ask(Request request, Consumer<Event> human, Consumer<Event> also) throws Failure {
        return new ControlClient(home.path()).call(request, event -> {
            also.accept(event);
            if (event.is("progress")) {
                output.progress(event);
            } else if (output.json()) {
                output.event(event);
            } else {
                human.accept(event);
            }
        });
    }

    /** Asks the node, and shows nothing. */
    void askQuietly(Request request, Consumer<Event> events) throws Failure {
        new ControlClient(home.path()).call(request, events);
    }

    /** The last word of a command: the event with {@code --json}, else a line. */
    void done(Event done, String line) {
        output.event(done);
        if (!line.isEmpty()) {
            output.result(line);
        }
    }

    /** Makes sure of a node. */
    void ensureNode(BackgroundNode.Purpose purpose) throws Failure {
        new BackgroundNode(home, output::note, environment).ensure(purpose);
    }

    ConfigLoader.Loaded configuration() throws Failure {
        return ConfigLoader.load(home.config(), environment, Map.of());
    }
}
