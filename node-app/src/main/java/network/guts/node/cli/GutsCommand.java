package network.guts.node.cli;

import java.util.concurrent.Callable;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command: gets what it needs from the root, and fails by exceptions. */
abstract class GutsCommand implements Callable<Integer> {
    @Spec
    @Nullable CommandSpec spec;

    abstract void run(Session session) throws Exception;

    @Override
    public final Integer call() throws Exception {
        CommandSpec known = spec;
        if (known == null) {
            throw new IllegalStateException("picocli sets the specification before it calls a command");
        }
        Session session = ((Guts) known.root().userObject()).session();
        try {
            run(session);
            return ExitCode.DONE.number();
        } catch (Error bug) {
            // Never a stack trace on the terminal: a bug is told like any failure.
            throw Failure.of(bug, "guts " + known.name());
        }
    }
}
