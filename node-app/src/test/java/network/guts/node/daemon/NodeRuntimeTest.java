package network.guts.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import network.guts.core.Multiaddr;
import network.guts.node.config.Config;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.control.ControlClient;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes on loopback, asked over their control sockets. */
class NodeRuntimeTest {
    @TempDir
    Path folder;

    private static Config config(List<Multiaddr> bootstrap, String listen) throws Failure {
        return ConfigLoader.load(
                        Path.of("/nonexistent/config.toml"),
                        Map.of(),
                        Map.of(
                                Key.NETWORK, List.of("private"),
                                Key.LISTEN, List.of(listen),
                                Key.BOOTSTRAP,
                                        bootstrap.stream()
                                                .map(Multiaddr::toString)
                                                .toList()))
                .config();
    }

    private NodeRuntime start(String name, List<Multiaddr> bootstrap) throws Failure {
        return NodeRuntime.start(
                new Home(folder.resolve(name)),
                config(bootstrap, "/ip4/127.0.0.1/tcp/0"),
                NodeRuntime.Options.ORDINARY);
    }

    private NodeRuntime startWithPerf(String name) throws Failure {
        Config config = ConfigLoader.load(
                        Path.of("/nonexistent/config.toml"),
                        Map.of(),
                        Map.of(
                                Key.NETWORK, List.of("private"),
                                Key.LISTEN, List.of("/ip4/127.0.0.1/tcp/0"),
                                Key.ALLOW_PERF, List.of("true")))
                .config();
        return NodeRuntime.start(new Home(folder.resolve(name)), config, NodeRuntime.Options.ORDINARY);
    }

    private static List<Event> ask(NodeRuntime node, Request request) throws Failure {
        List<Event> events = new ArrayList<>();
        events.add(new ControlClient(node.home().path()).call(request, events::add));
        return events;
    }

    @Test
    void twoNodesMeetAndCanBeAsked() throws Exception {
        try (NodeRuntime a = start("a", List.of());
                NodeRuntime b = start("b", List.of())) {
            String address = a.fullAddresses().getFirst().toString();
            List<Event> connected = ask(b, Request.of("connect").with("address", address));
            assertThat(connected.getFirst().name()).isEqualTo("peer");
            assertThat(connected.getFirst().text("peer"))
                    .isEqualTo(a.host().peerId().toString());
            List<Event> pings = ask(b, Request.of("ping").with("address", address));
            assertThat(pings.getFirst().real("latency_seconds")).isPositive();
            assertThat(pings.getLast().number("received")).isEqualTo(1);
            Event status = ask(b, Request.of("status")).getFirst();
            assertThat(status.text("network")).isEqualTo("private");
            assertThat(status.number("peers")).isEqualTo(1);
            assertThat(status.object("dht").text("mode")).isEqualTo("server");
            assertThat(ask(b, Request.of("repos")).getLast().number("repositories"))
                    .isZero();
            assertThat(ask(b, Request.of("disconnect").with("peer", a.host().peerId()))
                            .getLast()
                            .name())
                    .isEqualTo("done");
        }
    }

    @Test
    void whatIsNotThereIsNotFound() throws Exception {
        try (NodeRuntime a = start("a", List.of())) {
            String nobody = "12D3KooWQeJPPhWTxdCTdngHTJH2hBxyohnafUvRZFZcMXHytt7v";
            String cid = "bafkreiaoz7c7bd32tmw4tdnsb5nqmzi563apay62lk3qqtbcrauolpuy44";
            assertThat(code(a, Request.of("disconnect").with("peer", nobody))).isEqualTo(ExitCode.NOT_FOUND);
            assertThat(code(a, Request.of("repos").with("url", cid))).isEqualTo(ExitCode.NOT_FOUND);
            assertThat(code(a, Request.of("unseed").with("url", cid))).isEqualTo(ExitCode.NOT_FOUND);
            assertThat(code(a, Request.of("connect").with("address", "/ip4/127.0.0.1/tcp/1/p2p/" + nobody)))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(code(a, Request.of("connect").with("address", "/ip4/127.0.0.1/tcp/1")))
                    .isEqualTo(ExitCode.USAGE);
            assertThat(code(a, Request.of("push").with("url", cid).with("quarantine", "/tmp")))
                    .isEqualTo(ExitCode.USAGE);
        }
    }

    @Test
    void perfMeasuresWhereItIsAllowed() throws Exception {
        try (NodeRuntime a = startWithPerf("a");
                NodeRuntime b = start("b", List.of())) {
            String address = a.fullAddresses().getFirst().toString();
            Event done = ask(
                            b,
                            Request.of("perf")
                                    .with("address", address)
                                    .with("upload", 3_000_000)
                                    .with("download", 1_000_001))
                    .getLast();
            assertThat(done.name()).isEqualTo("done");
            assertThat(done.number("upload_bytes")).isEqualTo(3_000_000);
            assertThat(done.real("upload_seconds")).isPositive();
            assertThat(done.number("download_bytes")).isEqualTo(1_000_001);
            assertThat(done.real("download_seconds")).isPositive();
            String back = b.fullAddresses().getFirst().toString();
            assertThat(code(a, Request.of("perf").with("address", back))).isEqualTo(ExitCode.REFUSED);
            assertThat(code(b, Request.of("perf").with("address", address).with("upload", -1)))
                    .isEqualTo(ExitCode.USAGE);
        }
    }

    private static ExitCode code(NodeRuntime node, Request request) {
        return catchThrowableOfType(Failure.class, () -> ask(node, request)).code();
    }

    @Test
    void aSecondNodeInAHomeIsRefused() throws Exception {
        try (NodeRuntime first = start("a", List.of())) {
            Failure failure = catchThrowableOfType(Failure.class, () -> start("a", List.of()));
            assertThat(failure.message()).contains("another node runs in");
            assertThat(new ControlClient(first.home().path()).isRunning())
                    .as("the first is not disturbed")
                    .isTrue();
        }
        try (NodeRuntime again = start("a", List.of())) {
            assertThat(again.host().addresses()).isNotEmpty();
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String listen = "/ip4/127.0.0.1/tcp/" + taken.getLocalPort();
            Failure failure = catchThrowableOfType(
                    Failure.class,
                    () -> NodeRuntime.start(
                            new Home(folder.resolve("a")), config(List.of(), listen), NodeRuntime.Options.ORDINARY));
            assertThat(failure.code()).isEqualTo(ExitCode.FAILED);
            assertThat(failure.message()).contains(Integer.toString(taken.getLocalPort()));
            assertThat(failure.hint()).contains("--listen");
        }
    }

    @Test
    void aHomeThatIsAFileIsNotWritable() throws Exception {
        Files.writeString(folder.resolve("a"), "a file");
        Failure failure = catchThrowableOfType(Failure.class, () -> start("a", List.of()));
        assertThat(failure.code()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.message()).contains("cannot be written");
        assertThat(folder.resolve("a")).hasContent("a file");
    }

    @Test
    void aDamagedKeyEndsTheStart() throws Exception {
        start("a", List.of()).close();
        Files.write(folder.resolve("a/node.key"), new byte[] {1, 2, 3});
        Failure failure = catchThrowableOfType(Failure.class, () -> start("a", List.of()));
        assertThat(failure.code()).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("a/node.key")).hasBinaryContent(new byte[] {1, 2, 3});
    }
}
