package network.guts.node.output;

/** How the program ends. Scripts are written against these numbers. */
public enum ExitCode {
    DONE(0),
    FAILED(1),
    /** Wrong usage or configuration. */
    USAGE(2),
    /** A repository, provider, peer or key was not found. */
    NOT_FOUND(3),
    /** Not a delegate, or a policy, quota or limit. */
    REFUSED(4),
    /** No node runs and none could be started. */
    NO_NODE(5),
    INTERRUPTED(130);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** The code with this number; {@link #FAILED} for any other. */
    public static ExitCode of(long number) {
        for (ExitCode code : values()) {
            if (code.number == number) {
                return code;
            }
        }
        return FAILED;
    }
}
