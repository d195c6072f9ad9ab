package network.guts.node.cli;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import network.guts.node.daemon.Home;
import network.guts.node.daemon.LogFile;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The root of all commands, and the options that all of them take. */
@Command(
        name = "guts",
        description = "Git repositories on a peer-to-peer network.",
        versionProvider = VersionCommand.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            NodeCommand.class,
            StatusCommand.class,
            PublishCommand.class,
            CloneCommand.class,
            SeedCommand.class,
            UnseedCommand.class,
            ReposCommand.class,
            ProvidersCommand.class,
            PeersCommand.class,
            ConnectCommand.class,
            DisconnectCommand.class,
            PingCommand.class,
            PerfCommand.class,
            DhtCommand.class,
            TopicCommand.class,
            GateCommand.class,
            KeyCommand.class,
            ConfigCommand.class,
            CompletionCommand.class,
            VersionCommand.class
        })
public final class Guts implements Runnable {
    @Option(
            names = "--home",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "the node's folder: key, database, repositories, log, control socket")
    @Nullable String home;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "JSON lines on stdout, and nothing else there")
    boolean json;

    @Option(names = "--quiet", scope = ScopeType.INHERIT, description = "no progress and no remarks")
    boolean quiet;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "stack traces and the log on stderr")
    boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "shows this help")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "shows the version")
    boolean version;

    @CommandLine.Spec
    CommandLine.Model.@Nullable CommandSpec spec;

    private final PrintStream out;
    private final PrintStream err;

    Guts(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** The parser of the whole command line. */
    static CommandLine commandLine(PrintStream out, PrintStream err) {
        CommandLine line = new CommandLine(new Guts(out, err));
        line.setOut(new java.io.PrintWriter(out, true, java.nio.charset.StandardCharsets.UTF_8));
        line.setErr(new java.io.PrintWriter(err, true, java.nio.charset.StandardCharsets.UTF_8));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(false);
        return line;
    }

    /** Runs one command line; returns its exit code. */
    public static int run(String[] arguments, PrintStream out, PrintStream err) {
        LogFile.off();
        CommandLine line = commandLine(out, err);
        line.setParameterExceptionHandler((problem, args) -> {
            output(args, out, err).failure(usage(problem));
            return ExitCode.USAGE.number();
        });
        line.setExecutionExceptionHandler((problem, command, parsed) -> {
            Failure failure = Failure.of(problem, "guts " + command.getCommandName());
            Guts root = (Guts) line.getCommand();
            new Output(out, err, root.style()).failure(failure);
            return failure.code().number();
        });
        return line.execute(arguments);
    }

    private static Failure usage(ParameterException problem) {
        String message = problem.getMessage() == null ? "wrong usage" : problem.getMessage();
        String command = problem.getCommandLine().getCommandSpec().qualifiedName();
        return new Failure(
                ExitCode.USAGE, Printable.line(message.lines().findFirst().orElse("")), "see: " + command + " --help");
    }

    /** How to speak when the arguments could not be parsed. */
    private static Output output(String[] arguments, PrintStream out, PrintStream err) {
        List<String> words = Arrays.asList(arguments);
        Guts flags = new Guts(out, err);
        flags.json = words.contains("--json");
        flags.quiet = words.contains("--quiet");
        flags.debug = words.contains("--debug");
        return new Output(out, err, flags.style());
    }

    Output.Style style() {
        boolean terminal = "1".equals(System.getProperty("guts.terminal")) && !"dumb".equals(System.getenv("TERM"));
        String noColour = System.getenv("NO_COLOR");
        return new Output.Style(json, quiet, debug, terminal, terminal && (noColour == null || noColour.isEmpty()));
    }

    Session session() throws Failure {
        return new Session(
                Home.find(Optional.ofNullable(home), System.getenv()), new Output(out, err, style()), System.getenv());
    }

    /** No command: the overview. */
    @Override
    public void run() {
        CommandLine.Model.CommandSpec known = spec;
        if (known != null) {
            throw new ParameterException(known.commandLine(), "a command is missing");
        }
    }
}
