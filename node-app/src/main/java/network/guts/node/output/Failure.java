package network.guts.node.output;

import network.guts.core.MalformedException;
import network.guts.dht.LookupException;
import network.guts.sync.SyncException;
import org.jspecify.annotations.Nullable;

/** A failure in two lines: what failed on what, and what to do next. */
public final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

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
