package network.guts.node.helper;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.node.cli.BackgroundNode;
import network.guts.node.control.ControlClient;
import network.guts.node.control.Request;
import network.guts.node.daemon.Arguments;
import network.guts.node.daemon.Home;
import network.guts.node.daemon.LogFile;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.sync.model.RepositoryUrl;
import org.jspecify.annotations.Nullable;

/**
 * Speaks with git over stdin and stdout. A full clone or fetch gets the node's packs handed over; shallow and partial
 * ones are served by git's own upload-pack on the node's bare repository; a push goes through a quarantine.
 *
 * @see <a href="https://git-scm.com/docs/gitremote-helpers">gitremote-helpers</a>
 */
public final class RemoteHelper {
    /** Set by {@code guts clone}, which has made the node fetch already. */
    public static final String SYNCED = "GUTS_SYNCED";

    /** Git's lines are short; a batch of refs is many lines. */
    private static final int MAX_LINE = 8 * 1024;

    private final InputStream in;
    private final PrintStream out;
    private final Map<String, String> environment;
    private final RepositoryUrl url;
    private final Home home;
    private final HelperOptions options = new HelperOptions();
    private final List<HandOver> handedOver = new ArrayList<>();
    private @Nullable Event repository;

    private RemoteHelper(
            InputStream in, PrintStream out, Map<String, String> environment, RepositoryUrl url, Home home) {
        this.in = in;
        this.out = out;
        this.environment = environment;
        this.url = url;
        this.home = home;
    }

    /** Runs the helper with git's arguments: the remote's name and its URL. */
    public static int run(String[] arguments) {
        LogFile.off();
        // Unbuffered: what follows a "connect" belongs to the process that is connected.
        InputStream in = new FileInputStream(FileDescriptor.in);
        try {
            if (arguments.length != 2) {
                throw new Failure(
                        ExitCode.USAGE, "git-remote-guts is called by git: REMOTE URL", "use: git clone guts://…");
            }
            RemoteHelper helper = new RemoteHelper(
                    in,
                    System.out,
                    System.getenv(),
                    Arguments.url(arguments[1]),
                    Home.find(Optional.empty(), System.getenv()));
            return helper.converse();
        } catch (Failure failure) {
            output(false, false).failure(failure);
            return failure.code().number();
        } catch (IOException e) {
            output(false, false).failure(Failure.of(e, "git-remote-guts"));
            return ExitCode.FAILED.number();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.INTERRUPTED.number();
        }
    }

    private static Output output(boolean quiet, boolean progress) {
        boolean terminal = progress && "1".equals(System.getProperty("guts.terminal"));
        return new Output(System.err, System.err, new Output.Style(false, quiet, false, terminal, false));
    }

    private Output output() {
        return output(options.quiet(), options.progress());
    }

    private int converse() throws IOException, Failure, InterruptedException {
        try {
            for (String line = readLine(); line != null && !line.isEmpty(); line = readLine()) {
                String[] words = line.split(" ", 3);
                switch (words[0]) {
                    case "capabilities" -> say("fetch", "push", "option", "connect", "check-connectivity", "");
                    case "option" -> say(options.set(word(words, 1), word(words, 2)));
                    case "list" -> list(word(words, 1).equals("for-push"));
                    case "fetch" -> fetch(line);
                    case "push" -> push(line);
                    case "connect" -> {
                        Optional<Integer> exit = connect(word(words, 1));
                        if (exit.isPresent()) {
                            return exit.get();
                        }
                    }
                    default ->
                        throw new Failure(
                                ExitCode.FAILED,
                                "git asked the helper for \"" + words[0] + "\", which it does not offer",
                                "git 2.30 and newer are known to work");
                }
            }
            return 0;
        } finally {
            for (HandOver packs : handedOver) {
                packs.release();
            }
        }
    }

    private static String word(String[] words, int index) {
        return index < words.length ? words[index] : "";
    }

    private void say(String... lines) {
        for (String line : lines) {
            out.print(line + "\n");
        }
        out.flush();
    }

    /** A line without its end; null at the end of input. */
    private @Nullable String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(128);
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (next == '\n') {
                return line.toString(StandardCharsets.UTF_8);
            }
            if (line.size() == MAX_LINE) {
                throw new IOException("git sent a line of more than " + MAX_LINE + " bytes");
            }
            line.write(next);
        }
        return null;
    }

    /** The first line of a batch and those after it, up to the blank one. */
    private List<String> batch(String first) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = first; line != null && !line.isEmpty(); line = readLine()) {
            lines.add(line);
        }
        return lines;
    }

    private Event repository() {
        Event known = repository;
        if (known == null) {
            throw new IllegalStateException("git asks for the list before anything else");
        }
        return known;
    }

    /** Makes the node bring the repository up to date, and takes what it then says of it. */
    private void sync(BackgroundNode.Purpose purpose) throws Failure {
        if (repository != null) {
            return;
        }
        Output output = output();
        new BackgroundNode(home, output::note, environment).ensure(purpose);
        ControlClient node = new ControlClient(home.path());
        Request held = Request.of("repos").with("url", url);
        if ("1".equals(environment.get(SYNCED))) {
            node.call(held, this::take);
            return;
        }
        try {
            Event done = node.call(Request.of("fetch").with("url", url), event -> {
                take(event);
                if (event.is("progress")) {
                    output.progress(event);
                }
            });
            for (String peer : done.object("blamed").names()) {
                output.warning("dropped " + peer + ": " + done.object("blamed").text(peer));
            }
        } catch (Failure failure) {
            useWhatIsHeld(node, held, failure);
            output.warning(failure.message() + ": using what this node holds");
        }
    }

    /** Nobody else has it, or nobody can be reached: what the node holds is still there. */
    private void useWhatIsHeld(ControlClient node, Request held, Failure failure) throws Failure {
        if (failure.code() != ExitCode.NOT_FOUND && failure.code() != ExitCode.FAILED) {
            throw failure;
        }
        try {
            node.call(held, this::take);
        } catch (Failure notHeld) {
            failure.addSuppressed(notHeld);
            throw failure;
        }
    }

    private void take(Event event) {
        if (event.is("repository")) {
            repository = event;
        }
    }

    private void list(boolean forPush) throws Failure {
        sync(forPush ? BackgroundNode.Purpose.SERVE : BackgroundNode.Purpose.FETCH);
        Event refs = repository().object("refs");
        String head = "refs/heads/" + repository().text("default_branch");
        if (!forPush && refs.has(head)) {
            out.print("@" + head + " HEAD\n");
        }
        for (String name : refs.names()) {
            out.print(refs.text(name) + " " + name + "\n");
        }
        say("");
    }

    private void fetch(String first) throws IOException, Failure, InterruptedException {
        List<String> wanted = new ArrayList<>();
        for (String line : batch(first)) {
            wanted.add(word(line.split(" ", 3), 1));
        }
        HandOver handOver = new HandOver(
                Path.of(repository().text("git_directory")),
                repository().object("refs").members().values().stream()
                        .map(Object::toString)
                        .toList());
        handedOver.add(handOver);
        boolean whole = handOver.fetch(wanted, options);
        if (whole && options.checkConnectivity()) {
            // The node has checked every object and that nothing is missing: git need not walk it all again.
            say("connectivity-ok");
        }
        say("");
    }

    private Optional<Integer> connect(String service) throws IOException, Failure, InterruptedException {
        boolean upload = service.equals("git-upload-pack") && options.needsUploadPack();
        if (!upload && !service.equals("git-upload-archive")) {
            say("fallback");
            return Optional.empty();
        }
        sync(BackgroundNode.Purpose.FETCH);
        Path directory = Path.of(repository().text("git_directory"));
        List<String> call = new ArrayList<>(List.of(
                "-c",
                "uploadpack.allowFilter=true",
                "-c",
                "uploadpack.allowAnySHA1InWant=true",
                "-c",
                "transfer.hideRefs=refs/namespaces",
                "-c",
                "safe.directory=*"));
        call.add(service.substring("git-".length()));
        call.add(directory.toString());
        ProcessBuilder builder = GitProcess.elsewhere(home.path(), call).inheritIO();
        if (upload) {
            builder.environment().put("GIT_PROTOCOL", "version=2");
        }
        say("");
        return Optional.of(builder.start().waitFor());
    }

    private void push(String first) throws IOException, Failure, InterruptedException {
        HelperPush push = new HelperPush(home, url, repository(), options, output());
        push.run(batch(first))
                .forEach((ref, result) ->
                        out.print(result.equals("ok") ? "ok " + ref + "\n" : "error " + ref + " " + result + "\n"));
        say("");
    }
}
