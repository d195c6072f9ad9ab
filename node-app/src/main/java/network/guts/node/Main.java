package network.guts.node;

import java.util.Arrays;
import network.guts.node.cli.Guts;
import network.guts.node.helper.RemoteHelper;

/** Where {@code ./guts} and {@code git-remote-guts} begin. */
public final class Main {
    /** What {@code git-remote-guts} calls the program with, before git's own arguments. */
    static final String REMOTE_HELPER = "--as-git-remote-helper";

    /** Loads what commands and nodes load, and ends: for the cache that makes the next starts fast. */
    static final String TRAIN = "--train";

    private Main() {}

    public static void main(String[] arguments) {
        if (arguments.length == 1 && (arguments[0].equals("--version") || arguments[0].equals("version"))) {
            System.out.println("guts " + Version.TEXT);
            return;
        }
        // System.exit: a node's daemon threads and shutdown hooks must not decide how long a command lasts.
        if (arguments.length > 0 && arguments[0].equals(REMOTE_HELPER)) {
            System.exit(RemoteHelper.run(Arrays.copyOfRange(arguments, 1, arguments.length)));
        }
        if (arguments.length == 1 && arguments[0].equals(TRAIN)) {
            System.exit(Training.run());
        }
        System.exit(Guts.run(arguments, System.out, System.err));
    }
}
