package network.guts.node.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Scanner;
import network.guts.node.config.Config;
import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Units;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "publish", description = "Makes a git repository a Guts repository, or publishes what is new in one.")
final class PublishCommand extends GutsCommand {
    private static final int LISTED_REFS = 10;

    @Parameters(paramLabel = "PATH", arity = "0..1", defaultValue = ".", description = "the repository (default: .)")
    Path path = Path.of(".");

    @Option(names = "--name", paramLabel = "NAME", description = "what it is called (default: its folder's name)")
    @Nullable String name;

    @Option(names = "--description", paramLabel = "TEXT", description = "what it is, in a sentence")
    @Nullable String description;

    @Option(names = "--default-branch", paramLabel = "BRANCH", description = "the branch that a clone checks out")
    @Nullable String defaultBranch;

    @Option(names = "--purge", description = "withdraws packs that hold what no ref reaches any more")
    boolean purge;

    @Option(
            names = "--via",
            paramLabel = "SEEDER",
            description = "has this node keep it and provide it: for a publisher that nobody can dial;"
                    + " an address with /p2p/… or a peer id, also several times")
    List<String> via = List.of();

    @Option(names = "--public", description = "agrees to a first publication on the public network")
    boolean agreed;

    @Override
    void run(Session session) throws Failure {
        Path source = path.toAbsolutePath().normalize();
        Git git = new Git(session.home());
        if (!java.nio.file.Files.isDirectory(source)
                || git.run(source, List.of("rev-parse", "--git-dir"), true).exit() != 0) {
            throw new Failure(
                    ExitCode.FAILED,
                    source + " is no git repository",
                    "give the path of one, or make one there with: git init");
        }
        for (String seeder : via) {
            Arguments.peer(seeder);
        }
        session.ensureNode(BackgroundNode.Purpose.SERVE);
        agree(session, git, source);
        if (purge) {
            session.output()
                    .warning("withdrawn packs are no longer served by nodes that hear of it;"
                            + " copies that strangers hold cannot be recalled");
        }
        Event done = session.ask(
                Request.of("publish")
                        .with("path", source)
                        .with("name", Optional.ofNullable(name))
                        .with("description", Optional.ofNullable(description))
                        .with("default_branch", Optional.ofNullable(defaultBranch))
                        .with("purge", purge),
                repository -> {});
        setRemote(session, git, source, done.text("url"));
        session.output()
                .note(Units.count(done.number("ref_count"), "ref", "refs") + " signed, "
                        + Units.count(done.number("objects"), "object", "objects") + ", "
                        + Units.bytes(done.number("bytes")) + ", in " + Units.seconds(done.real("seconds")));
        for (String address : done.texts("addresses")) {
            session.output().note("without a DHT: git clone '" + done.text("url") + "?peer=" + address + "'");
        }
        Map<String, Event> kept = new LinkedHashMap<>();
        done.objects("kept_by").forEach(one -> kept.put(one.text("peer"), one));
        for (String seeder : via) {
            Event one =
                    session.ask(Request.of("via").with("url", done.text("url")).with("address", seeder), event -> {});
            kept.put(one.text("peer"), one);
            List<String> addresses = one.texts("addresses");
            session.output()
                    .note("kept by " + one.text("peer")
                            + (addresses.isEmpty() ? "" : " (" + addresses.getFirst() + ")"));
        }
        if (done.texts("addresses").isEmpty() && kept.isEmpty()) {
            session.output().warning("this node does not listen: nobody can fetch it unless a seeder keeps it (--via)");
        }
        session.done(done.with("kept_by", keptBy(kept.values())), done.text("url"));
    }

    private static List<Map<String, Object>> keptBy(Collection<Event> seeders) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Event seeder : seeders) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("peer", seeder.text("peer"));
            one.put("addresses", seeder.texts("addresses"));
            one.put("sequence", seeder.number("sequence"));
            all.add(one);
        }
        return all;
    }

    private static void setRemote(Session session, Git git, Path source, String url) throws Failure {
        Git.Result remote = git.run(source, List.of("config", "--get", "remote.guts.url"), true);
        if (remote.exit() == 0 && remote.text().startsWith(url)) {
            return;
        }
        Git.Result set = remote.exit() == 0
                ? git.run(source, List.of("remote", "set-url", "guts", url), false)
                : git.run(source, List.of("remote", "add", "guts", url), false);
        if (set.exit() != 0) {
            session.output().warning("it is published, but the git remote \"guts\" could not be set to " + url);
        }
    }

    /** The first publication on the public network is never an accident. */
    private void agree(Session session, Git git, Path source) throws Failure {
        boolean[] published = {false};
        String[] network = {""};
        session.askQuietly(Request.of("ready"), ready -> network[0] = ready.text("network"));
        session.askQuietly(
                Request.of("repos"), repository -> published[0] = published[0] || repository.truth("delegate"));
        if (agreed || published[0] || !network[0].equals(Config.PUBLIC)) {
            return;
        }
        Output out = session.output();
        out.note("This publishes on the public network. Everybody will be able to see, copy and keep:");
        for (String line : visible(git, source)) {
            out.note("  " + line);
        }
        if (!"1".equals(System.getProperty("guts.input")) || out.json()) {
            throw new Failure(
                    ExitCode.REFUSED,
                    "a first publication on the public network needs agreement",
                    "run it again with --public, or choose another network (network = \"private\" in config.toml)");
        }
        out.note("Publish? [y/N]");
        Scanner in = new Scanner(System.in, StandardCharsets.UTF_8);
        if (!in.hasNextLine() || !in.nextLine().strip().equalsIgnoreCase("y")) {
            throw new Failure(ExitCode.REFUSED, "not published", "nothing was changed");
        }
    }

    private static List<String> visible(Git git, Path source) throws Failure {
        List<String> lines = new ArrayList<>();
        List<String> refs = git.run(
                        source, List.of("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags"), true)
                .text()
                .lines()
                .toList();
        lines.add(Units.count(refs.size(), "branch or tag", "branches and tags") + ", with all of their history:");
        refs.stream().limit(LISTED_REFS).forEach(ref -> lines.add("  " + ref));
        if (refs.size() > LISTED_REFS) {
            lines.add("  and " + (refs.size() - LISTED_REFS) + " more");
        }
        lines.add("names and e-mail addresses of all authors");
        lines.add("its name and description, announced to those who list or keep all repositories");
        lines.add("this node's peer id and IP addresses, as one that provides the repository");
        return lines;
    }
}
