package network.guts.node.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // a client that goes away before its server does
class ControlServerTest {
    private static final int PATIENCE = 30;

    @TempDir
    Path home;

    private ControlServer serve(Map<String, Operation> operations) throws IOException {
        return ControlServer.open(ControlSocket.path(home), operations);
    }

    @Test
    void eventsComeInOrderAndDoneEndsTheRequest() throws Exception {
        Operation count = (request, reply) -> {
            for (int i = 0; i < 3; i++) {
                reply.send(Event.of("number").with("value", i));
            }
            reply.send(Event.of("done").with("echo", request.text("say")));
            reply.send(Event.of("late"));
        };
        try (ControlServer server = serve(Map.of("count", count))) {
            assertThat(server.idle()).isGreaterThanOrEqualTo(Duration.ZERO);
            List<Long> values = new ArrayList<>();
            Event done = new ControlClient(home)
                    .call(Request.of("count").with("say", "héllo\n"), event -> values.add(event.number("value")));
            assertThat(values).containsExactly(0L, 1L, 2L);
            assertThat(done.text("echo")).isEqualTo("héllo\n");
        }
    }

    @Test
    void failuresArriveWithTheirCode() throws Exception {
        Operation refuse = (request, reply) -> {
            throw new Failure(ExitCode.REFUSED, "no", "never");
        };
        Operation bug = (request, reply) -> {
            throw new IllegalStateException("a bug");
        };
        try (ControlServer server = serve(Map.of("refuse", refuse, "bug", bug))) {
            ControlClient client = new ControlClient(home);
            assertThat(code(client, "refuse")).isEqualTo(ExitCode.REFUSED);
            assertThat(code(client, "bug")).isEqualTo(ExitCode.FAILED);
            assertThat(code(client, "unheard-of")).isEqualTo(ExitCode.USAGE);
            assertThat(server.idle()).isGreaterThanOrEqualTo(Duration.ZERO);
        }
    }

    private static ExitCode code(ControlClient client, String command) {
        return catchThrowableOfType(Failure.class, () -> client.call(Request.of(command)))
                .code();
    }

    @Test
    void onlyTheOwnerCanOpenTheSocket() throws Exception {
        ControlServer server = serve(Map.of());
        Path socket = ControlSocket.path(home);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
                .isEqualTo("rwx------");
        server.close();
        assertThat(socket).doesNotExist();
    }

    @Test
    void aClientThatGoesAwayInterruptsItsRequest() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Operation wait = (request, reply) -> {
            running.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        };
        try (ControlServer server = serve(Map.of("wait", wait));
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(ControlSocket.path(home)))) {
            client.write(bytes("{\"command\":\"wait\"}\n"));
            assertThat(running.await(PATIENCE, TimeUnit.SECONDS)).isTrue();
            assertThat(server.idle()).isZero();
            client.close();
            assertThat(interrupted.await(PATIENCE, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void garbageIsAnsweredAndHurtsNobodyElse() throws Exception {
        try (ControlServer server = serve(Map.of("ok", (request, reply) -> {}))) {
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(ControlSocket.path(home)))) {
                client.write(bytes("]]]\n"));
                String answer = new LineChannel(client, 10_000).read();
                assertThat(answer).contains("\"event\":\"error\"").contains("\"code\":2");
            }
            assertThat(new ControlClient(home).call(Request.of("ok")).name()).isEqualTo("done");
            assertThat(server.idle()).isGreaterThanOrEqualTo(Duration.ZERO);
        }
    }

    @Test
    void aLineWithoutAnEndIsBounded() throws Exception {
        try (ControlServer server = serve(Map.of());
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(ControlSocket.path(home)))) {
            ByteBuffer flood = ByteBuffer.allocate(1 << 20);
            IOException ended = catchThrowableOfType(IOException.class, () -> {
                for (int sent = 0; sent < 64; sent++) {
                    flood.clear();
                    while (flood.hasRemaining()) {
                        client.write(flood);
                    }
                }
            });
            assertThat(ended).as("the node hangs up").isNotNull();
            assertThat(server.idle()).isGreaterThanOrEqualTo(Duration.ZERO);
        }
    }

    @Test
    void noNodeIsExitCodeFive() {
        assertThat(code(new ControlClient(home), "status")).isEqualTo(ExitCode.NO_NODE);
    }

    @Test
    void aHomeWithALongPathHasItsSocketElsewhere() {
        Path deep = home.resolve("x".repeat(120));
        assertThat(ControlSocket.path(deep).toString().length()).isLessThanOrEqualTo(ControlSocket.MAX_PATH_BYTES);
        assertThat(ControlSocket.path(deep)).isEqualTo(ControlSocket.path(deep));
        assertThat(ControlSocket.path(home)).isEqualTo(home.resolve("control.sock"));
    }
}
