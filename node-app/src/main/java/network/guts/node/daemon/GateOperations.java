package network.guts.node.daemon;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import network.guts.core.MalformedException;
import network.guts.libp2p.gate.GateEntry;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Printable;

/** The requests about who is let in: {@code gate.list}, {@code gate.deny}, {@code gate.allow}, {@code gate.remove}. */
final class GateOperations {
    private final Node node;

    GateOperations(Node node) {
        this.node = node;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("gate.list", this::list);
        operations.put("gate.deny", (request, reply) -> add(GateLists.Kind.DENY, request, reply));
        operations.put("gate.allow", (request, reply) -> add(GateLists.Kind.ALLOW, request, reply));
        operations.put("gate.remove", this::remove);
    }

    private void list(Request request, Reply reply) throws IOException {
        List<GateLists.Listed> entries = node.gate().entries();
        for (GateLists.Listed each : entries) {
            reply.send(Event.of("entry")
                    .with("list", each.kind().text())
                    .with("entry", each.entry())
                    .with("source", each.source().text()));
        }
        reply.send(Event.of("done").with("entries", entries.size()));
    }

    private void add(GateLists.Kind kind, Request request, Reply reply) throws IOException, Failure {
        GateEntry entry = entry(request);
        node.gate().add(kind, entry);
        reply.send(Event.of("done").with("list", kind.text()).with("entry", entry));
    }

    private void remove(Request request, Reply reply) throws IOException, Failure {
        GateEntry entry = entry(request);
        node.gate().remove(entry);
        reply.send(Event.of("done").with("entry", entry));
    }

    private static GateEntry entry(Request request) throws Failure {
        String text = request.text("entry");
        try {
            return GateEntry.parse(text);
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    "\"" + Printable.line(text) + "\" is neither a peer nor a network: " + e.getMessage(),
                    "an entry is a peer id (12D3…), an address (192.0.2.7) or a network (192.0.2.0/24, 2001:db8::/32)",
                    e);
        }
    }
}
