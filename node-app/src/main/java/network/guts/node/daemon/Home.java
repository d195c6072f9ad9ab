package network.guts.node.daemon;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** The folder of a node: keys, database, repositories, log, control socket. */
public record Home(Path path) {
    /**
     * {@code --home}, else {@code GUTS_HOME}, else {@code $XDG_DATA_HOME/guts}, else {@code ~/.local/share/guts}.
     *
     * @throws Failure USAGE if what was given is no path
     */
    public static Home find(Optional<String> flag, Map<String, String> environment) throws Failure {
        String given = flag.or(() -> present(environment, "GUTS_HOME"))
                .or(() -> present(environment, "XDG_DATA_HOME").map(data -> data + "/guts"))
                .orElseGet(() -> System.getProperty("user.home") + "/.local/share/guts");
        try {
            return new Home(Path.of(given).toAbsolutePath().normalize());
        } catch (InvalidPathException e) {
            throw new Failure(ExitCode.USAGE, "the home is no path: " + given, "give a folder with --home", e);
        }
    }

    private static Optional<String> present(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    public Path nodeKey() {
        return path.resolve("node.key");
    }

    public Path signingKey() {
        return path.resolve("signing.key");
    }

    public Path database() {
        return path.resolve("guts.db");
    }

    /** Where pushes are unpacked before they are judged. */
    public Path quarantine() {
        return path.resolve("quarantine");
    }

    public Path logFolder() {
        return path.resolve("log");
    }

    public Path logFile() {
        return logFolder().resolve("node.log");
    }

    public Path config() {
        return path.resolve("config.toml");
    }

    public Path lock() {
        return path.resolve("lock");
    }

    /**
     * Makes the folders that are missing, the home for its owner alone.
     *
     * @throws Failure FAILED if it is not writable
     */
    public void prepare() throws Failure {
        try {
            Files.createDirectories(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.createDirectories(quarantine());
            Files.createDirectories(logFolder());
            if (!Files.isWritable(path)) {
                throw new IOException("no permission to write");
            }
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    /** What the system said, without the names of Java's exceptions. */
    private static String reason(IOException problem) {
        return switch (problem) {
            case AccessDeniedException _ -> "permission denied";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            default -> String.valueOf(problem.getMessage());
        };
    }

    Failure notWritable(IOException problem) {
        return new Failure(
                ExitCode.FAILED,
                "the home " + path + " cannot be written: " + reason(problem),
                "make it a writable folder, or choose another with --home",
                problem);
    }
}
