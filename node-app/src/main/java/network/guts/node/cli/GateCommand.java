package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "gate",
        description = "Denies and allows peers and networks while the node runs.",
        subcommands = {
            GateCommand.ListEntries.class,
            GateCommand.Deny.class,
            GateCommand.Allow.class,
            GateCommand.Remove.class
        })
final class GateCommand extends CommandGroup {
    @Command(name = "list", description = "Lists who is denied and who is allowed, and where that is said.")
    static final class ListEntries extends GutsCommand {
        @Override
        void run(Session session) throws Failure {
            Event done = session.ask(
                    Request.of("gate.list"),
                    entry -> session.output()
                            .result(entry.text("list") + "  " + entry.text("entry") + "  (" + entry.text("source")
                                    + ")"));
            session.done(done, done.number("entries") == 0 ? "nobody is denied" : "");
        }
    }

    /** A request about one entry. */
    abstract static class OfEntry extends GutsCommand {
        @Parameters(paramLabel = "ENTRY", description = "a peer id, an address, or a network such as 192.0.2.0/24")
        String entry = "";

        void ask(Session session, String request, String said) throws Failure {
            Event done = session.ask(Request.of(request).with("entry", entry), event -> {});
            session.done(done, said + done.text("entry"));
        }
    }

    @Command(name = "deny", description = "Ends its connections, and lets no more in, until the node stops.")
    static final class Deny extends OfEntry {
        @Override
        void run(Session session) throws Failure {
            ask(session, "gate.deny", "denied until the node stops: ");
        }
    }

    @Command(
            name = "allow",
            description = "Lets it in whatever is denied, and as often as it comes, until the node stops.")
    static final class Allow extends OfEntry {
        @Override
        void run(Session session) throws Failure {
            ask(session, "gate.allow", "allowed until the node stops: ");
        }
    }

    @Command(name = "remove", description = "Undoes deny or allow.")
    static final class Remove extends OfEntry {
        @Override
        void run(Session session) throws Failure {
            ask(session, "gate.remove", "in no list of the command line any more: ");
        }
    }
}
