package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Units;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "repos", description = "Shows what this node holds; of one repository, everything.")
final class ReposCommand extends GutsCommand {
    @Parameters(paramLabel = "URL", arity = "0..1", description = "guts://<cid>, or the bare CID")
    @Nullable String url;

    @Override
    void run(Session session) throws Failure {
        String one = url;
        Output out = session.output();
        if (one != null) {
            Event done = session.ask(
                    Request.of("repos").with("url", Arguments.url(one)), repository -> everything(out, repository));
            out.event(done);
            return;
        }
        Event done = session.ask(Request.of("repos"), repository -> out.result(line(repository)));
        session.done(done, done.number("repositories") == 0 ? "no repositories" : "");
    }

    private static String line(Event repository) {
        return String.join(
                "  ",
                repository.text("url"),
                repository.text("name").isEmpty() ? "-" : repository.text("name"),
                Units.count(repository.object("refs").names().size(), "ref", "refs"),
                Units.bytes(repository.number("bytes")),
                (repository.truth("seeded") ? "seeded" : "kept") + (repository.truth("delegate") ? ", delegate" : ""));
    }

    private static void everything(Output out, Event repository) {
        out.result("url            " + repository.text("url"));
        out.result("name           " + repository.text("name"));
        out.result("description    " + repository.text("description"));
        out.result("default branch " + repository.text("default_branch"));
        out.result("revision       " + repository.number("revision") + ", "
                + repository.number("threshold") + " of "
                + Units.count(repository.texts("delegates").size(), "delegate", "delegates"));
        repository.texts("delegates").forEach(delegate -> out.result("delegate       " + delegate));
        out.result("seeded         " + (repository.truth("seeded") ? "yes" : "no"));
        out.result("packs          " + repository.texts("packs").size() + ", "
                + Units.count(repository.number("objects"), "object", "objects") + ", "
                + Units.bytes(repository.number("bytes")));
        out.result("git directory  " + repository.text("git_directory"));
        out.result("heard of       " + (repository.has("heard_of") ? repository.text("heard_of") : "never"));
        out.result("confirmed      " + (repository.has("confirmed") ? repository.text("confirmed") : "never"));
        Event refs = repository.object("refs");
        refs.names().forEach(name -> out.result("ref            " + refs.text(name) + " " + name));
        for (Event view : repository.objects("views")) {
            out.result("signed         " + view.text("delegate") + " #" + view.number("sequence") + " at "
                    + view.text("time") + ", "
                    + Units.count(view.object("refs").names().size(), "ref", "refs"));
            if (view.has("equivocation")) {
                out.warning(view.text("delegate") + ": " + view.text("equivocation"));
            }
        }
        for (Event kept : repository.objects("kept_by")) {
            out.result("kept by        " + kept.text("peer") + " #" + kept.number("sequence") + " "
                    + String.join(" ", kept.texts("addresses")));
        }
        repository.texts("warnings").forEach(out::warning);
    }
}
