package network.guts.node.cli;

import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import picocli.CommandLine.Command;

@Command(name = "stop", description = "Stops the node: streams finish, state is on disk.")
final class NodeStopCommand extends GutsCommand {
    @Override
    void run(Session session) throws Failure {
        new BackgroundNode(session.home(), session.output()::note, session.environment()).stop();
        session.done(Event.of("done"), "stopped");
    }
}
