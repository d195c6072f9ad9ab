package network.guts.integration;

import static network.guts.integration.Eventually.eventually;
import static network.guts.integration.GitRepositories.fsck;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thousand connections that send nothing, or garbage, all at once. */
class FloodIT {
    private static final int CONNECTIONS = 1000;
    private static final long SEED = 4;
    private static final Duration HANDSHAKE = Duration.ofSeconds(3);

    /** What the flood may cost: a handshake takes about 100 KiB, and 128 of them run at once. */
    private static final long MEMORY_BYTES = 128L << 20;

    /** Descriptors that come and go in a node that works. */
    private static final int SOME_DESCRIPTORS = 20;

    @TempDir
    Path folder;

    @Test
    void are_ended_in_time_and_the_node_stays_usable() throws InterruptedException {
        try (GutsNode node = GutsNode.start(
                        folder.resolve("node"),
                        "--dht",
                        "server",
                        "--connection-timeout",
                        HANDSHAKE.toSeconds() + "s");
                GutsNode other = GutsNode.start(folder.resolve("other"), "--dht", "client")) {
            Path source = GitRepositories.create(folder.resolve("source"), 5, 50_000, SEED);
            String url = node.guts()
                            .json("publish", source.toString())
                            .succeeded()
                            .event("repository")
                            .path("url")
                            .asString()
                    + "?peer=" + node.address();
            other.guts().run("ping", node.address(), "-c", "1").succeeded();
            other.guts().run("disconnect", node.peer()).succeeded();
            int descriptors = node.descriptors();
            long memory = node.residentBytes();
            try (Flood flood = new Flood(node)) {
                flood.opened.await(60, TimeUnit.SECONDS);
                other.guts().run("ping", node.address(), "-c", "1").succeeded();
                Path clone = folder.resolve("clone");
                other.guts().run("clone", url, clone.toString()).succeeded();
                fsck(clone);
                assertThat(node.descriptors())
                        .as("connections that wait are few")
                        .isLessThan(descriptors + 400);
                eventually("every connection is ended", flood.ended::getCount, left -> left == 0);
                assertThat(node.residentBytes() - memory)
                        .as("bytes that the flood cost")
                        .isLessThan(MEMORY_BYTES);
            }
            eventually(
                    "descriptors are given back",
                    () -> node.descriptors(),
                    now -> now <= descriptors + SOME_DESCRIPTORS);
            other.guts().run("ping", node.address(), "-c", "1").succeeded();
        }
    }

    /** The connections, each on a thread that reads until it is ended. */
    private static final class Flood implements AutoCloseable {
        private final CountDownLatch opened = new CountDownLatch(CONNECTIONS);
        private final CountDownLatch ended = new CountDownLatch(CONNECTIONS);
        private final List<Socket> sockets = new ArrayList<>();
        private final String host;
        private final int port;

        Flood(GutsNode node) {
            String[] parts = node.listenAddress().split("/");
            host = parts[2];
            port = Integer.parseInt(parts[4]);
            SplittableRandom random = new SplittableRandom(SEED);
            for (int number = 0; number < CONNECTIONS; number++) {
                byte[] first = opening(number, random);
                Socket socket = new Socket();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> converse(socket, first));
            }
        }

        /** Nothing; noise; half a greeting; a right greeting and noise where the handshake is due. */
        private static byte[] opening(int number, SplittableRandom random) {
            byte[] noise = new byte[1 + random.nextInt(2000)];
            random.nextBytes(noise);
            String greeting = "\u0013/multistream/1.0.0\n\u0007/noise\n";
            return switch (number % 4) {
                case 0 -> new byte[0];
                case 1 -> noise;
                case 2 -> greeting.substring(0, 10).getBytes(StandardCharsets.ISO_8859_1);
                default ->
                    (greeting + new String(noise, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
            };
        }

        private void converse(Socket socket, byte[] first) {
            boolean counted = false;
            try {
                socket.connect(new java.net.InetSocketAddress(InetAddress.getByName(host), port));
                opened.countDown();
                counted = true;
                socket.getOutputStream().write(first);
                socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
            } catch (IOException refusedOrReset) {
                if (!counted) {
                    opened.countDown();
                }
            } finally {
                ended.countDown();
            }
        }

        @Override
        public void close() {
            for (Socket socket : sockets) {
                try {
                    socket.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
