package network.guts.node.cli;

import java.nio.file.Path;
import network.guts.node.demo.Demo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "demo", description = "Shows everything at work in a small network of its own, with nothing set up.")
final class DemoCommand extends GutsCommand {
    @Parameters(paramLabel = "PATH", arity = "0..1", description = "a git repository (default: this checkout's own)")
    @Nullable Path path;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "8", description = "how many nodes (default: 8)")
    int nodes;

    @Option(names = "--keep", description = "leaves the network running, and says how to use it")
    boolean keep;

    @Override
    void run(Session session) throws Exception {
        Demo.run(session.output(), new Demo.Options(path, nodes, keep));
    }
}
