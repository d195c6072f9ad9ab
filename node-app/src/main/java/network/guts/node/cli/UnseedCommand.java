package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "unseed", description = "Stops keeping a repository.")
final class UnseedCommand extends GutsCommand {
    @Parameters(paramLabel = "URL", description = "guts://<cid>, or the bare CID")
    String url = "";

    @Option(names = "--delete", description = "frees the disk as well")
    boolean delete;

    @Override
    void run(Session session) throws Failure {
        Event done =
                session.ask(Request.of("unseed").with("url", Arguments.url(url)).with("delete", delete), event -> {});
        session.done(
                done,
                "no longer seeding " + done.text("repository") + (done.truth("deleted") ? ", and deleted it" : ""));
    }
}
