package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Units;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "ping", description = "Measures the round trip to any libp2p peer.")
final class PingCommand extends GutsCommand {
    @Parameters(paramLabel = "ADDR", description = "a multiaddr with /p2p/…, or a peer id")
    String address = "";

    @Option(names = "-c", paramLabel = "N", defaultValue = "4", description = "how often (default: 4)")
    int count;

    @Override
    void run(Session session) throws Failure {
        Event done = session.ask(
                Request.of("ping").with("address", address).with("count", count),
                ping -> session.output().result(line(ping)));
        session.done(
                done,
                done.number("received") + " of " + done.number("sent") + " answered: least "
                        + Units.seconds(done.real("least_seconds")) + ", average "
                        + Units.seconds(done.real("average_seconds")) + ", most "
                        + Units.seconds(done.real("most_seconds")));
    }

    private static String line(Event ping) {
        return ping.text("peer") + "  " + ping.number("sequence") + "  "
                + (ping.has("problem") ? ping.text("problem") : Units.seconds(ping.real("latency_seconds")));
    }
}
