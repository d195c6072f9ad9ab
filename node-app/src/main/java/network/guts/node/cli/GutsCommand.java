package network.guts.node.cli;

import java.util.concurrent.Callable;
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
        run(((Guts) known.root().userObject()).session());
        return 0;
    }
}
