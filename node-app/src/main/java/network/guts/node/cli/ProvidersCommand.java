package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Units;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "providers", description = "Streams the providers of a repository as the DHT names them.")
final class ProvidersCommand extends GutsCommand {
    @Parameters(paramLabel = "URL", description = "guts://<cid>, or the bare CID")
    String url = "";

    @Option(names = "--first", paramLabel = "N", description = "ends after N providers")
    @Nullable Integer first;

    @Option(names = "--check", description = "asks each one what it has and how fresh it is")
    boolean check;

    @Override
    void run(Session session) throws Failure {
        Request request =
                Request.of("providers").with("url", Arguments.url(url)).with("check", check);
        Integer limit = first;
        if (limit != null) {
            request = request.with("first", limit);
        }
        Event done = session.ask(request, provider -> session.output().result(line(provider)));
        session.done(
                done,
                Units.count(done.number("providers"), "provider", "providers") + " in "
                        + Units.seconds(done.real("seconds")));
    }

    static String line(Event provider) {
        StringBuilder line = new StringBuilder(provider.text("peer"));
        line.append("  after ").append(Units.seconds(provider.real("seconds")));
        line.append(", ").append(Units.count(provider.number("hops"), "hop", "hops"));
        if (provider.has("answers")) {
            line.append(", ")
                    .append(
                            provider.truth("answers")
                                    ? (provider.truth("complete") ? "has everything" : "has a part")
                                            + (provider.has("fresh")
                                                    ? ", confirmed " + provider.text("fresh")
                                                    : ", never confirmed")
                                    : "does not answer: " + provider.text("problem"));
        }
        provider.texts("addresses").forEach(address -> line.append("  ").append(address));
        return line.toString();
    }
}
