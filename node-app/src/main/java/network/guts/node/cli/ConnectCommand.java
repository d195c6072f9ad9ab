package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Units;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "connect", description = "Connects to a peer.")
final class ConnectCommand extends GutsCommand {
    @Parameters(paramLabel = "ADDR", description = "a multiaddr with /p2p/…, or a peer id")
    String address = "";

    @Override
    void run(Session session) throws Failure {
        Event done = session.ask(
                Request.of("connect").with("address", address),
                peer -> session.output().result(PeersCommand.line(peer)));
        session.done(done, "connected after " + Units.seconds(done.real("seconds")));
    }
}
