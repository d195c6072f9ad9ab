package network.guts.sync;

import java.io.IOException;

/** A failure that a person should understand: what failed, on what, and what to do next. */
public final class SyncException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The kinds of failure, as the program's exit codes tell them apart. */
    public enum Kind {
        /** It was tried and did not work; it may be tried again. */
        FAILED,
        /** The repository, or a provider of it, was not found. */
        NOT_FOUND,
        /** Not a delegate, a policy, a quota or a limit. */
        REFUSED
    }

    private final Kind kind;
    private final String hint;

    /**
     * @param hint what to do next, a sentence
     */
    public SyncException(Kind kind, String message, String hint) {
        super(message);
        this.kind = kind;
        this.hint = hint;
    }

    public Kind kind() {
        return kind;
    }

    public String hint() {
        return hint;
    }
}
