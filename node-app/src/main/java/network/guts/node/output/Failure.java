package network.guts.node.output;

import java.util.Optional;
import java.util.regex.Pattern;
import network.guts.core.MalformedException;
import network.guts.dht.LookupException;
import network.guts.sync.SyncException;
import org.jspecify.annotations.Nullable;

/** A failure in two lines: what failed on what, and what to do next. */
public final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What the system, git and SQLite say when a disk, a quota or the limit for a file is full. */
    private static final Pattern DISK_IS_FULL = Pattern.compile(
            "No space left on device|Disk quota exceeded|File too large|\\[SQLITE_FULL]|\\[SQLITE_IOERR_WRITE]");

    private static final int MAX_CAUSES = 10;

    private final ExitCode code;
    private final String hint;

    /**
     * @param message what failed, on what
     * @param hint what to do next
     */
    public Failure(ExitCode code, String message, String hint) {
        this(code, message, hint, null);
    }

    public Failure(ExitCode code, String message, String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
    }

    /** Says of any exception what a person should be told; {@code doing} names the work that failed. */
    public static Failure of(Throwable problem, String doing) {
        Optional<String> disk = problem instanceof Failure ? Optional.empty() : diskProblem(problem);
        if (disk.isPresent()) {
            return new Failure(
                    ExitCode.FAILED,
                    doing + ": cannot write to the disk: " + disk.get(),
                    "make room (df shows which disk is full), then run it again: what was verified is kept",
                    problem);
        }
        return switch (problem) {
            case Failure failure -> failure;
            case SyncException sync ->
                new Failure(
                        switch (sync.kind()) {
                            case FAILED -> ExitCode.FAILED;
                            case NOT_FOUND -> ExitCode.NOT_FOUND;
                            case REFUSED -> ExitCode.REFUSED;
                        },
                        words(sync),
                        sync.hint(),
                        sync);
            case LookupException lookup ->
                new Failure(
                        ExitCode.FAILED,
                        words(lookup),
                        "see who was asked and what each said with --trace; guts peers shows who is connected",
                        lookup);
            case MalformedException malformed ->
                new Failure(ExitCode.USAGE, doing + ": " + words(malformed), "check the spelling", malformed);
            case InterruptedException interrupted ->
                new Failure(ExitCode.INTERRUPTED, doing + " was interrupted", "run it again to go on", interrupted);
            default -> {
                boolean ours = problem instanceof RuntimeException || problem instanceof Error;
                yield new Failure(
                        ExitCode.FAILED,
                        doing + ": " + words(problem),
                        ours
                                ? "this is a bug in Guts; the node's log (log/node.log in its home) has the details"
                                : "the node's log (log/node.log in its home) may say more",
                        problem);
            }
        };
    }

    /** The words of the first cause that says that the disk takes no more, however deep it lies. */
    private static Optional<String> diskProblem(Throwable problem) {
        Throwable cause = problem;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (DISK_IS_FULL.matcher(words(cause)).find()) {
                return Optional.of(words(cause));
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }

    private static String words(Throwable problem) {
        String message = problem.getMessage();
        return message == null || message.isBlank() ? problem.getClass().getSimpleName() : message;
    }

    public ExitCode code() {
        return code;
    }

    public String message() {
        String message = getMessage();
        return message == null ? "" : message;
    }

    public String hint() {
        return hint;
    }

    /** The {@code error} event. */
    public Event event() {
        return Event.of("error")
                .with("code", code.number())
                .with("message", message())
                .with("hint", hint);
    }

    /** Reads an {@code error} event. */
    public static Failure of(Event error) {
        return new Failure(ExitCode.of(error.number("code")), error.text("message"), error.text("hint"));
    }
}
