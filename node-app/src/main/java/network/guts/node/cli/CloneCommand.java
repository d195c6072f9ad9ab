package network.guts.node.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.helper.RemoteHelper;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.sync.model.RepositoryUrl;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "clone", description = "Fetches a repository from many providers at once, verified, as a working copy.")
final class CloneCommand extends GutsCommand {
    @Parameters(index = "0", paramLabel = "URL", description = "guts://<cid>, or the bare CID")
    String url = "";

    @Parameters(index = "1", paramLabel = "DIR", arity = "0..1", description = "where to (default: its name)")
    @Nullable Path directory;

    @Override
    void run(Session session) throws Failure {
        RepositoryUrl parsed = Arguments.url(url);
        Path given = directory;
        if (given != null) {
            refuseOccupied(given);
        }
        session.ensureNode(BackgroundNode.Purpose.FETCH);
        String[] name = {""};
        Event done = session.ask(Request.of("fetch").with("url", parsed), event -> {}, event -> {
            if (event.is("repository")) {
                name[0] = event.text("name");
            }
        });
        FetchReport.show(session.output(), done);
        Path target = given != null ? given : Path.of(folderName(name[0], parsed));
        refuseOccupied(target);
        checkOut(session, parsed, target);
        session.done(done.with("directory", target.toAbsolutePath().normalize()), "cloned into " + target);
    }

    private static void refuseOccupied(Path target) throws Failure {
        try (Stream<Path> content = Files.isDirectory(target) ? Files.list(target) : Stream.<Path>empty()) {
            if (Files.isRegularFile(target) || content.findAny().isPresent()) {
                throw new Failure(
                        ExitCode.FAILED,
                        target + " exists already and is not empty",
                        "give another folder: guts clone URL DIR");
            }
        } catch (IOException e) {
            throw Failure.of(e, "looking at " + target);
        }
    }

    /** The repository's name, as far as it makes a safe name of a folder. */
    static String folderName(String name, RepositoryUrl url) {
        String safe = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceAll("^[-.]+", "");
        return safe.isEmpty() ? url.repository().toString() : safe.substring(0, Math.min(100, safe.length()));
    }

    private static void checkOut(Session session, RepositoryUrl url, Path target) throws Failure {
        List<String> arguments = new ArrayList<>(List.of("clone", "--origin", "guts"));
        boolean silent = session.output().style().quiet() || session.output().json();
        if (silent) {
            arguments.add("--quiet");
        }
        arguments.addAll(List.of(
                "--", url.toString(), target.toAbsolutePath().normalize().toString()));
        ProcessBuilder git = new Git(session.home()).command(Path.of(".").toAbsolutePath(), arguments);
        git.environment().put(RemoteHelper.SYNCED, "1");
        git.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        git.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        git.redirectError(ProcessBuilder.Redirect.INHERIT);
        try {
            int exit = git.start().waitFor();
            if (exit != 0) {
                throw new Failure(
                        ExitCode.FAILED,
                        "git clone into " + target + " ended with exit code " + exit,
                        "what was fetched is kept: run it again");
            }
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot call git: " + e.getMessage(), "install git 2.30 or newer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(e, "git clone");
        }
    }
}
