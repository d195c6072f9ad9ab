package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import network.guts.node.config.Config;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;

/** A process that is a node: the log, signals, and the end. */
public final class NodeProcess {
    /** A node that a command started by itself ends after this long without a request. */
    private static final Duration IDLE_END = Duration.ofMinutes(10);

    private static final Duration LOOK_ROUND = Duration.ofSeconds(5);

    /** A stop that takes longer than this is cut short: the state on disk is safe at any moment. */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

    private NodeProcess() {}

    /**
     * Runs a node until it is told to stop.
     *
     * @param ready gets the {@code ready} event once the node can be used
     */
    public static void run(Home home, Config config, boolean onDemand, boolean debug, Consumer<Event> ready)
            throws Failure, InterruptedException {
        home.prepare();
        try {
            LogFile.open(home.logFolder(), debug);
        } catch (IOException e) {
            throw home.notWritable(e);
        }
        CountDownLatch ended = new CountDownLatch(1);
        try (NodeRuntime node =
                NodeRuntime.start(home, config, new NodeRuntime.Options(onDemand, UnaryOperator.identity()))) {
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stopAndWait(node, ended)));
            ready.accept(NodeOperations.ready(node));
            while (!node.awaitStop(LOOK_ROUND)) {
                if (onDemand && node.idle().compareTo(IDLE_END) > 0) {
                    node.requestStop();
                }
            }
        } finally {
            ended.countDown();
        }
    }

    private static void stopAndWait(NodeRuntime node, CountDownLatch ended) {
        node.requestStop();
        try {
            if (!ended.await(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("warning: the node did not stop in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
