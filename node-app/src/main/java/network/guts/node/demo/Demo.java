package network.guts.node.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import network.guts.node.daemon.LogFile;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import org.jspecify.annotations.Nullable;

/** Sets the stage, has the story played, and clears up. */
public final class Demo {
    /** The first node, the publisher, two seeders and a cloner can be told apart; the others join where they are needed. */
    private static final int MIN_NODES = 4;

    /** Each node costs about 10 MiB and a few dozen threads. */
    private static final int MAX_NODES = 64;

    private Demo() {}

    /**
     * What was asked for.
     *
     * @param path the repository; without one, the checkout that the program runs from
     * @param nodes how many
     * @param keep leaves the network running until Ctrl-C
     */
    public record Options(@Nullable Path path, int nodes, boolean keep) {}

    /**
     * Plays all six steps.
     *
     * @throws Failure if a step fails, or what it claims does not hold
     */
    public static void run(Output output, Options options) throws Failure, IOException, InterruptedException {
        if (options.nodes < MIN_NODES || options.nodes > MAX_NODES) {
            throw new Failure(
                    ExitCode.USAGE,
                    "a demo with " + options.nodes + " nodes",
                    "choose between " + MIN_NODES + " and " + MAX_NODES);
        }
        Path source = source(options.path);
        Path folder = Files.createTempDirectory("guts-demo-");
        CountDownLatch cleared = new CountDownLatch(1);
        Thread hook = Thread.ofPlatform().unstarted(() -> clear(folder));
        Runtime.getRuntime().addShutdownHook(hook);
        LogFile.open(Files.createDirectories(folder.resolve("log")), false);
        try (DemoNetwork network = new DemoNetwork(folder)) {
            Story story = new Story(output, network, source, options.nodes);
            story.play();
            if (options.keep) {
                explain(output, network, story);
                cleared.await();
            }
        } finally {
            LogFile.off();
            clear(folder);
        }
    }

    private static Path source(@Nullable Path given) throws Failure {
        if (given != null) {
            return given.toAbsolutePath().normalize();
        }
        String launcher = System.getProperty("guts.launcher");
        Path checkout =
                launcher == null ? null : Path.of(launcher).toAbsolutePath().getParent();
        if (checkout == null || !Files.exists(checkout.resolve(".git"))) {
            throw new Failure(
                    ExitCode.USAGE,
                    "guts does not run from a checkout with a history of its own",
                    "give a repository: guts demo PATH");
        }
        return checkout;
    }

    private static void explain(Output output, DemoNetwork network, Story story) {
        output.note("The network keeps running until Ctrl-C. Use any of its nodes from another terminal:");
        for (DemoNode node : network.nodes()) {
            output.note("  export GUTS_HOME=" + node.home().path());
        }
        output.note("then for example: guts status · guts providers " + story.url() + " · git clone " + story.url());
    }

    private static void clear(Path folder) {
        try {
            DemoNetwork.deleteTree(folder);
        } catch (IOException e) {
            System.err.println("warning: " + folder + " is left over: " + e.getMessage());
        }
    }

    /** What the demo is about to show, in order. */
    static final List<String> TITLES = List.of(
            "the nodes find one another from one bootstrap peer",
            "node A publishes a real repository",
            "two others find it in the DHT and seed it",
            "another clones it from all of them at once",
            "A commits and pushes; the seeders hear of it",
            "a provider that lies is found out, one that dies is replaced");
}
