package network.guts.node.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import network.guts.node.daemon.Home;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** Calls the user's git, with this program's folder on its PATH so that it finds {@code git-remote-guts}. */
public final class Git {
    private final Home home;

    public Git(Home home) {
        this.home = home;
    }

    /**
     * What a call printed, and how it ended.
     *
     * @param text stdout without the line break at its end
     */
    public record Result(int exit, String text) {}

    /** A call of git in {@code folder}; its environment says which home the helper is to use. */
    public ProcessBuilder command(Path folder, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add("git");
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("GUTS_HOME", home.path().toString());
        String launcher = System.getProperty("guts.launcher");
        if (launcher != null) {
            Path folderOfHelper = Path.of(launcher).toAbsolutePath().getParent();
            builder.environment().merge("PATH", folderOfHelper + "", (path, ours) -> ours + File.pathSeparator + path);
        }
        return builder;
    }

    /** Runs git and takes its stdout; its stderr is this program's. */
    public Result run(Path folder, List<String> arguments, boolean silent) throws Failure {
        return run(folder, arguments, silent ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.INHERIT);
    }

    /** Runs git and takes its stdout; its stderr goes to {@code errors}. */
    public Result run(Path folder, List<String> arguments, ProcessBuilder.Redirect errors) throws Failure {
        ProcessBuilder builder = command(folder, arguments);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.redirectError(errors);
        try {
            Process process = builder.start();
            try (var stdout = process.getInputStream()) {
                String text = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
                return new Result(process.waitFor(), text.stripTrailing());
            }
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot call git: " + e.getMessage(), "install git 2.30 or newer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(e, "git " + String.join(" ", arguments));
        }
    }
}
