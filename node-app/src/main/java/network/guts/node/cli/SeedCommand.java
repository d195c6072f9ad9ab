package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.sync.model.RepositoryUrl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "seed", description = "Keeps a repository and provides it.")
final class SeedCommand extends GutsCommand {
    @Parameters(paramLabel = "URL", description = "guts://<cid>, or the bare CID")
    String url = "";

    @Override
    void run(Session session) throws Failure {
        RepositoryUrl parsed = Arguments.url(url);
        session.ensureNode(BackgroundNode.Purpose.SERVE);
        Event done = session.ask(Request.of("seed").with("url", parsed), event -> {});
        FetchReport.show(session.output(), done);
        session.done(done, "seeding " + done.text("url"));
    }
}
