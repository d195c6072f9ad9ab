package network.guts.node.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only has others below it. */
abstract class CommandGroup implements Runnable {
    @Spec
    @Nullable CommandSpec spec;

    @Override
    public final void run() {
        CommandSpec known = spec;
        if (known != null) {
            throw new ParameterException(
                    known.commandLine(),
                    "say what: guts " + known.name() + " "
                            + String.join("|", known.subcommands().keySet()));
        }
    }
}
