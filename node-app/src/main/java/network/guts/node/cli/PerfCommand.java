package network.guts.node.cli;

import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Units;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "perf", description = "Measures how fast a stream to a libp2p peer is that serves /perf/1.0.0.")
final class PerfCommand extends GutsCommand {
    private static final long DEFAULT_BYTES = 64L << 20;

    @Parameters(paramLabel = "ADDR", description = "a multiaddr with /p2p/…, or a peer id")
    String address = "";

    @Option(names = "--upload", paramLabel = "BYTES", description = "how much to send (default: 67108864)")
    long upload = DEFAULT_BYTES;

    @Option(names = "--download", paramLabel = "BYTES", description = "how much to receive (default: 67108864)")
    long download = DEFAULT_BYTES;

    @Override
    void run(Session session) throws Failure {
        Event done = session.ask(
                Request.of("perf")
                        .with("address", address)
                        .with("upload", upload)
                        .with("download", download),
                event -> {});
        session.output().result(line("up", done, "upload"));
        session.done(done, line("down", done, "download"));
    }

    private static String line(String name, Event done, String direction) {
        long bytes = done.number(direction + "_bytes");
        double seconds = done.real(direction + "_seconds");
        return name + "  " + Units.bytes(bytes) + " in " + Units.seconds(seconds)
                + (bytes > 0 && seconds > 0 ? ": " + Units.rate(bytes / seconds) : "");
    }
}
