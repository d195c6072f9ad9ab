package network.guts.node.cli;

import picocli.CommandLine.Command;

@Command(
        name = "node",
        description = "Starts or stops the node.",
        subcommands = {NodeStartCommand.class, NodeStopCommand.class})
final class NodeCommand extends CommandGroup {}
