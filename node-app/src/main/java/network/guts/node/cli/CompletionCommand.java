package network.guts.node.cli;

import java.util.Map;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

@Command(name = "completion", description = "Prints a completion script: eval \"$(guts completion bash)\"")
final class CompletionCommand extends GutsCommand {
    @Parameters(paramLabel = "bash|zsh|fish", description = "the shell")
    String shell = "";

    @Override
    void run(Session session) throws Failure {
        CommandLine root = Guts.commandLine(System.out, System.err);
        System.out.print(
                switch (shell) {
                    // The script that picocli makes works in zsh as well: it loads bashcompinit there.
                    case "bash", "zsh" -> AutoComplete.bash("guts", root);
                    case "fish" -> fish(root);
                    default ->
                        throw new Failure(
                                ExitCode.USAGE,
                                "no completion for the shell \"" + shell + "\"",
                                "one of bash, zsh, fish");
                });
    }

    private static String fish(CommandLine root) {
        StringBuilder script = new StringBuilder("complete -c guts -f\n");
        for (Map.Entry<String, CommandLine> command : root.getSubcommands().entrySet()) {
            String description = String.join(
                    " ", command.getValue().getCommandSpec().usageMessage().description());
            script.append("complete -c guts -n __fish_use_subcommand -a ")
                    .append(command.getKey())
                    .append(" -d '")
                    .append(description.replace("'", "\\'"))
                    .append("'\n");
            options(script, command.getKey(), command.getValue());
            for (Map.Entry<String, CommandLine> below :
                    command.getValue().getSubcommands().entrySet()) {
                script.append("complete -c guts -n '__fish_seen_subcommand_from ")
                        .append(command.getKey())
                        .append("' -a ")
                        .append(below.getKey())
                        .append('\n');
                options(script, below.getKey(), below.getValue());
            }
        }
        return script.toString();
    }

    private static void options(StringBuilder script, String command, CommandLine line) {
        for (OptionSpec option : line.getCommandSpec().options()) {
            if (!option.hidden() && option.longestName().startsWith("--")) {
                script.append("complete -c guts -n '__fish_seen_subcommand_from ")
                        .append(command)
                        .append("' -l ")
                        .append(option.longestName().substring(2))
                        .append('\n');
            }
        }
    }
}
