package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Units;
import picocli.CommandLine.Command;

@Command(name = "status", description = "Shows the node at a glance.")
final class StatusCommand extends GutsCommand {
    @Override
    void run(Session session) throws Failure {
        Event done = session.ask(Request.of("status"), status -> show(session.output(), status));
        session.output().event(done);
    }

    private static String known(Event address) {
        String reach = address.text("reach") + (address.truth("mapped") ? ", mapped by the router" : "");
        String found = switch (address.text("reachable")) {
            case "yes" -> ", reachable";
            case "no" -> ", unreachable";
            default -> ", not checked";
        };
        return reach + found + (address.truth("told") ? "" : ", not told to others");
    }

    private static void relays(Output out, Event relay) {
        for (Event one : relay.objects("relays")) {
            out.result("relay         " + one.text("peer") + ": "
                    + (one.has("expires")
                            ? "reserved until " + one.text("expires")
                            : one.has("problem") ? one.text("problem") : "not asked yet"));
        }
        if (relay.truth("server")) {
            out.result("relaying      "
                    + Units.count(relay.number("reservations"), "reservation", "reservations") + ", "
                    + Units.count(relay.number("circuits"), "circuit", "circuits"));
        }
    }

    private static void show(Output out, Event status) {
        out.result("peer          " + status.text("peer"));
        out.result("version       " + status.text("version") + ", up for " + Units.seconds(status.real("seconds"))
                + ", process " + status.number("process"));
        out.result("home          " + status.text("home"));
        out.result("network       " + status.text("network"));
        if (status.objects("addresses").isEmpty()) {
            out.result("address       none: this node does not listen");
        }
        for (Event address : status.objects("addresses")) {
            out.result("address       " + address.text("address") + " (" + known(address) + ")");
        }
        out.result("reachable     " + status.text("reachable"));
        Event dht = status.object("dht");
        out.result("dht           " + dht.text("mode") + ", " + Units.count(dht.number("table"), "peer", "peers")
                + " in the table, " + Units.count(dht.number("records"), "record", "records") + " kept for others, "
                + Units.count(dht.number("provided"), "key", "keys") + " provided");
        out.result("peers         " + status.number("peers"));
        relays(out, status.object("relay"));
        for (Event peer : status.objects("bootstrap")) {
            out.result("bootstrap     " + peer.text("address") + ": "
                    + (peer.truth("connected")
                            ? "connected"
                            : peer.has("problem") ? peer.text("problem") : "not connected"));
        }
        out.result("topics        " + status.number("topics"));
        Event held = status.object("repositories");
        out.result("repositories  " + held.number("count") + ", " + held.number("seeded") + " seeded, "
                + Units.bytes(held.number("bytes")));
        if (status.has("metrics")) {
            out.result("metrics       " + status.text("metrics"));
        }
        out.result("disk          " + Units.bytes(status.number("disk_bytes")));
        out.result("memory        " + Units.bytes(status.number("memory_bytes")));
        status.objects("limits").stream()
                .filter(scope -> scope.text("scope").equals("system"))
                .forEach(system -> out.result("limits        " + used(system, "connections") + ", "
                        + used(system, "streams") + ", buffers " + bytes(system.object("memory"))));
        Event refused = status.object("refused");
        for (String limit : refused.names()) {
            out.result("refused       " + limit + ": " + Units.count(refused.number(limit), "time", "times"));
        }
    }

    private static String used(Event scope, String resource) {
        Event usage = scope.object(resource);
        return String.format(
                java.util.Locale.ROOT, "%s %,d of %,d", resource, usage.number("used"), usage.number("limit"));
    }

    private static String bytes(Event usage) {
        return Units.bytes(usage.number("used")) + " of " + Units.bytes(usage.number("limit"));
    }
}
