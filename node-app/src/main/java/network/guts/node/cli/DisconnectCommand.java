package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "disconnect", description = "Ends the connections to a peer.")
final class DisconnectCommand extends GutsCommand {
    @Parameters(paramLabel = "PEER", description = "a peer id")
    String peer = "";

    @Override
    void run(Session session) throws Failure {
        Event done = session.ask(Request.of("disconnect").with("peer", peer), event -> {});
        session.done(done, "disconnected from " + done.text("peer"));
    }
}
