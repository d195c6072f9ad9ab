package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Units;
import picocli.CommandLine.Command;

@Command(name = "peers", description = "Lists the connections.")
final class PeersCommand extends GutsCommand {
    @Override
    void run(Session session) throws Failure {
        Event done = session.ask(Request.of("peers"), peer -> session.output().result(line(peer)));
        session.done(done, done.number("peers") == 0 ? "no peers" : "");
    }

    private static String relayed(Event peer) {
        if (!peer.truth("relayed")) {
            return "";
        }
        String limit = peer.has("limit_bytes") ? ", " + Units.bytes(peer.number("limit_bytes")) + " each way" : "";
        return "  relayed" + limit + (peer.has("why_relayed") ? ": " + peer.text("why_relayed") : "");
    }

    static String line(Event peer) {
        return String.join(
                "  ",
                peer.text("peer"),
                peer.text("address"),
                peer.text("transport") + "/" + peer.text("security") + "/" + peer.text("muxer"),
                peer.text("direction"),
                peer.has("latency_seconds") ? Units.seconds(peer.real("latency_seconds")) : "-",
                "for " + Units.seconds(peer.real("seconds")),
                (peer.has("agent") ? peer.text("agent") : "-") + relayed(peer));
    }
}
