package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Units;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "dht",
        description = "Kademlia by hand.",
        subcommands = {
            DhtCommand.Closest.class,
            DhtCommand.FindPeer.class,
            DhtCommand.FindProviders.class,
            DhtCommand.Provide.class,
            DhtCommand.Table.class
        })
final class DhtCommand extends CommandGroup {
    /** A look-up by hand. */
    abstract static class Lookup extends GutsCommand {
        @Parameters(paramLabel = "KEY", description = "a CID, a multihash in hex (1220…), or a peer id")
        String key = "";

        @Option(names = "--trace", description = "shows every query, hop and answer")
        boolean trace;

        final Event look(Session session, Request request) throws Failure {
            return session.ask(request.with("key", key).with("trace", trace), event -> show(session.output(), event));
        }

        private static void show(Output out, Event event) {
            switch (event.name()) {
                case "query" ->
                    out.note("  " + Units.seconds(event.real("seconds")) + "  hop " + event.number("hops") + "  "
                            + event.text("peer") + "  " + event.text("outcome"));
                case "provider" -> out.result(ProvidersCommand.line(event));
                default -> out.result(event.text("peer") + "  " + String.join("  ", event.texts("addresses")));
            }
        }
    }

    @Command(name = "closest", description = "Finds the peers closest to a key.")
    static final class Closest extends Lookup {
        @Override
        void run(Session session) throws Failure {
            Event done = look(session, Request.of("dht.closest"));
            session.done(
                    done,
                    Units.count(done.number("peers"), "peer", "peers") + " in " + Units.seconds(done.real("seconds")));
        }
    }

    @Command(name = "find-peer", description = "Finds the addresses of a peer.")
    static final class FindPeer extends Lookup {
        @Override
        void run(Session session) throws Failure {
            Event done = look(session, Request.of("dht.find-peer"));
            session.done(done, "found in " + Units.seconds(done.real("seconds")));
        }
    }

    @Command(name = "find-providers", description = "Streams the providers of a key.")
    static final class FindProviders extends Lookup {
        @Option(names = "--first", paramLabel = "N", description = "ends after N providers")
        @Nullable Integer first;

        @Override
        void run(Session session) throws Failure {
            Request request = Request.of("dht.find-providers");
            Integer limit = first;
            Event done = look(session, limit == null ? request : request.with("first", limit));
            session.done(
                    done,
                    Units.count(done.number("providers"), "provider", "providers") + " in "
                            + Units.seconds(done.real("seconds")));
        }
    }

    @Command(name = "provide", description = "Announces this node as a provider of a key.")
    static final class Provide extends Lookup {
        @Override
        void run(Session session) throws Failure {
            Event done = look(session, Request.of("dht.provide"));
            session.done(
                    done,
                    Units.count(done.number("peers"), "peer", "peers") + " took the record, in "
                            + Units.seconds(done.real("seconds")));
        }
    }

    @Command(name = "table", description = "Shows the routing table.")
    static final class Table extends GutsCommand {
        @Override
        void run(Session session) throws Failure {
            Event done = session.ask(
                    Request.of("dht.table"),
                    peer -> session.output()
                            .result("bucket " + peer.number("bucket") + "  " + peer.text("peer") + "  proved "
                                    + peer.text("proved") + "  " + String.join("  ", peer.texts("addresses"))));
            session.done(done, Units.count(done.number("peers"), "peer", "peers") + ", " + done.text("mode"));
        }
    }
}
