package network.guts.node.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import network.guts.core.MalformedException;
import network.guts.node.control.ControlClient;
import network.guts.node.control.Request;
import network.guts.node.daemon.Home;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** Starts a node as a process of its own, which outlives the command, and stops one. */
public final class BackgroundNode {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
    private static final long POLL_MILLIS = 20;

    private final Home home;
    private final Consumer<String> notes;
    private final Map<String, String> environment;
    private final ControlClient client;

    /** What a node is needed for. */
    public enum Purpose {
        /** It need not listen, is a DHT client, and ends when nobody has asked for a while. */
        FETCH,
        /** An ordinary node. */
        SERVE
    }

    public BackgroundNode(Home home, Consumer<String> notes, Map<String, String> environment) {
        this.home = home;
        this.notes = notes;
        this.environment = environment;
        this.client = new ControlClient(home.path());
    }

    /**
     * Starts a node unless one runs that will do; says so in one line.
     *
     * @throws Failure NO_NODE if none could be started
     */
    public void ensure(Purpose purpose) throws Failure {
        Optional<Event> ready = ready();
        if (ready.isPresent() && (purpose == Purpose.FETCH || !ready.get().truth("on_demand"))) {
            return;
        }
        if (ready.isPresent()) {
            notes.accept("the running node does not listen: starting one that does");
            stop();
        } else {
            notes.accept(
                    purpose == Purpose.FETCH
                            ? "no node is running: starting one in the background (it does not listen, and ends after 10 idle minutes)"
                            : "no node is running: starting one in the background (guts node stop ends it)");
        }
        try {
            start(purpose == Purpose.FETCH ? List.of("--on-demand") : List.of());
        } catch (Failure failure) {
            throw failure.code() == ExitCode.USAGE
                    ? failure
                    : new Failure(
                            ExitCode.NO_NODE,
                            "no node is running and none could be started: " + failure.message(),
                            failure.hint(),
                            failure);
        }
    }

    /** What the running node says of itself, if one runs. */
    public Optional<Event> ready() throws Failure {
        if (!client.isRunning()) {
            return Optional.empty();
        }
        Event[] ready = new Event[1];
        client.call(Request.of("ready"), event -> ready[0] = event);
        return Optional.ofNullable(ready[0]);
    }

    /**
     * Starts {@code guts node start} with {@code flags} and waits until it can be used.
     *
     * @return its {@code ready} event
     */
    public Event start(List<String> flags) throws Failure {
        home.prepare();
        Path answer = home.logFolder().resolve("start.json");
        Process process = spawn(flags, answer);
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        try {
            while (System.nanoTime() < deadline) {
                Optional<Event> ready = ready();
                if (ready.isPresent()) {
                    return ready.get();
                }
                if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    Optional<Event> other = ready();
                    if (other.isPresent()) {
                        return other.get();
                    }
                    throw failure(answer, process.exitValue());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(e, "starting a node");
        }
        throw new Failure(
                ExitCode.NO_NODE,
                "the node did not become ready within " + START_TIMEOUT.toSeconds() + " s",
                "see its log: " + home.logFile());
    }

    private Process spawn(List<String> flags, Path answer) throws Failure {
        List<String> command = new ArrayList<>();
        // A session of its own: Ctrl-C and a closed terminal end the command, not the node.
        findOnPath("setsid").ifPresent(setsid -> command.add(setsid.toString()));
        command.addAll(program());
        command.addAll(List.of("--home", home.path().toString(), "--json", "node", "start"));
        command.addAll(flags);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(home.path().toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        builder.redirectOutput(answer.toFile());
        builder.redirectError(home.logFolder().resolve("start.err").toFile());
        // A node must not inherit what git tells its helpers.
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new Failure(ExitCode.NO_NODE, "cannot start a node: " + e.getMessage(), "check the installation", e);
        }
    }

    /** How this program is called: by its launcher, or, where there is none, as it was started itself. */
    static List<String> program() {
        String launcher = System.getProperty("guts.launcher");
        if (launcher != null) {
            return List.of(launcher);
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "network.guts.node.Main");
    }

    private Optional<Path> findOnPath(String program) {
        return Stream.of(environment.getOrDefault("PATH", "").split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private Failure failure(Path answer, int exit) {
        try {
            for (String line : Files.readAllLines(answer, StandardCharsets.UTF_8)) {
                Event event = Event.parse(line);
                if (event.is("error")) {
                    return Failure.of(event);
                }
            }
        } catch (MalformedException e) {
            return new Failure(ExitCode.NO_NODE, "the node said what cannot be read", "see " + answer, e);
        } catch (IOException e) {
            return Failure.of(e, "starting a node");
        }
        return new Failure(
                ExitCode.NO_NODE,
                "the node ended at once, with exit code " + exit,
                "see " + home.logFile() + " and " + home.logFolder().resolve("start.err"));
    }

    /**
     * Stops the running node and waits until its process is gone.
     *
     * @throws Failure NO_NODE if none runs
     */
    public void stop() throws Failure {
        Event done = client.call(Request.of("stop"));
        Optional<ProcessHandle> process = ProcessHandle.of(done.number("process"));
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        try {
            while (process.isPresent() && process.get().isAlive() && client.isRunning()
                    || process.isPresent()
                            && process.get().isAlive()
                            && !process.get().equals(ProcessHandle.current())) {
                if (System.nanoTime() > deadline) {
                    throw new Failure(
                            ExitCode.FAILED,
                            "the node (process " + done.number("process") + ") does not stop",
                            "see its log: " + home.logFile());
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(e, "stopping the node");
        }
    }
}
