package network.guts.libp2p.bench;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import network.guts.core.Multiaddr;
import network.guts.core.PrivateKey;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.quic.QuicConfig;
import network.guts.libp2p.quic.QuicTransport;
import network.guts.libp2p.tcp.AddressResolver;
import network.guts.libp2p.tcp.TcpDialer;
import network.guts.libp2p.tcp.TcpTransport;
import network.guts.libp2p.tls.TlsProtocol;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.upgrade.TcpUpgrader;
import network.guts.libp2p.yamux.YamuxConfig;

/**
 * How fast one stream is over loopback, with the whole stack between two processes. Without arguments it starts the other
 * process itself, and prints the medians.
 */
public final class StreamBenchmark {
    private static final int MIB = 1 << 20;
    private static final int CHUNK = 128 * 1024;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final byte UP = 'u';
    private static final byte DOWN = 'd';

    private StreamBenchmark() {}

    /**
     * @param args rounds (7), MiB a round (512) and {@code noise}, {@code tls} or {@code quic} (noise); or {@code serve} and
     *     one of them
     */
    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("serve")) {
            serve(args[1]);
            return;
        }
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 7;
        int mib = args.length > 1 ? Integer.parseInt(args[1]) : 512;
        String kind = args.length > 2 ? args[2] : "noise";
        String java = ProcessHandle.current().info().command().orElse("java");
        Process server = new ProcessBuilder(
                        java,
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        className(),
                        "serve",
                        kind)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var lines = server.inputReader()) {
            Thread client = Thread.ofVirtual().start(() -> {
                try {
                    measure(kind, Multiaddr.parse(lines.readLine()), rounds, mib, server.toHandle());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            client.join();
        } finally {
            server.destroy();
        }
    }

    private static String className() {
        return StreamBenchmark.class.getName();
    }

    private static Transport transport(String kind) {
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        return switch (kind) {
            case "quic" -> new QuicTransport(key, InstantSource.system(), QuicConfig.DEFAULT);
            case "tls" ->
                tcp(new TcpUpgrader(List.of(new TlsProtocol(key, InstantSource.system())), YamuxConfig.DEFAULT));
            default -> tcp(new TcpUpgrader(key));
        };
    }

    private static Transport tcp(TcpUpgrader upgrader) {
        return new TcpTransport(new TcpDialer(AddressResolver.NUMERIC), upgrader);
    }

    private static void serve(String kind) throws Exception {
        Thread server = Thread.ofVirtual().start(() -> {
            try (Transport transport = transport(kind)) {
                BlockingQueue<Incoming> arrived = new LinkedBlockingQueue<>();
                String address = kind.equals("quic") ? "/ip4/127.0.0.1/udp/0/quic-v1" : "/ip4/127.0.0.1/tcp/0";
                transport.bind(List.of(Multiaddr.parse(address)), arrived::add);
                transport.start();
                System.out.println(transport.addresses().getFirst());
                MuxedConnection connection = arrived.take().upgrade(TIMEOUT).connection();
                while (true) {
                    MuxedStream stream = connection.accept();
                    byte[] order = new byte[5];
                    int got = 0;
                    while (got < order.length) {
                        got += stream.read(order, got, order.length - got);
                    }
                    long bytes = (long) MIB * java.nio.ByteBuffer.wrap(order).getInt(1);
                    if (order[0] == UP) {
                        receive(stream, bytes);
                        stream.write(order, 0, 1);
                    } else {
                        send(stream, bytes);
                    }
                    stream.close();
                }
            } catch (IOException | InterruptedException e) {
                System.err.println("server ends: " + e.getMessage());
            }
        });
        server.join();
    }

    private static void measure(String kind, Multiaddr address, int rounds, int mib, ProcessHandle server)
            throws IOException {
        try (Transport transport = transport(kind)) {
            measure(transport.dial(address, Optional.empty(), TIMEOUT).connection(), rounds, mib, server);
        }
    }

    private static void measure(MuxedConnection connection, int rounds, int mib, ProcessHandle server)
            throws IOException {
        double[] up = new double[rounds];
        double[] down = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            double before = cpuSeconds(server);
            up[round] = once(connection, UP, mib);
            double between = cpuSeconds(server);
            down[round] = once(connection, DOWN, mib);
            double scale = 1024.0 / mib;
            System.out.printf(
                    Locale.ROOT,
                    "round %d: up %.0f MiB/s (%.2f CPU s/GiB, both ends), down %.0f MiB/s (%.2f)%n",
                    round,
                    up[round],
                    (between - before) * scale,
                    down[round],
                    (cpuSeconds(server) - between) * scale);
        }
        Arrays.sort(up);
        Arrays.sort(down);
        System.out.printf(
                Locale.ROOT,
                "one stream, %d MiB a round, median of %d: up %.0f MiB/s, down %.0f MiB/s%n",
                mib,
                rounds,
                up[rounds / 2],
                down[rounds / 2]);
        connection.close();
    }

    /** Of both processes: what tells the cost apart from how busy the machine is. */
    private static double cpuSeconds(ProcessHandle server) {
        Duration mine = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        return mine.plus(server.info().totalCpuDuration().orElse(Duration.ZERO)).toMillis() / 1000.0;
    }

    private static double once(MuxedConnection connection, byte direction, int mib) throws IOException {
        long bytes = (long) mib * MIB;
        try (MuxedStream stream = connection.open(TIMEOUT)) {
            long start = System.nanoTime();
            byte[] order =
                    java.nio.ByteBuffer.allocate(5).put(direction).putInt(mib).array();
            stream.write(order, 0, order.length);
            if (direction == UP) {
                send(stream, bytes);
                receive(stream, 1);
            } else {
                receive(stream, bytes);
            }
            return mib * 1e9 / (System.nanoTime() - start);
        }
    }

    private static void send(MuxedStream stream, long bytes) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (long sent = 0; sent < bytes; sent += chunk.length) {
            stream.write(chunk, 0, chunk.length);
        }
    }

    private static void receive(MuxedStream stream, long bytes) throws IOException {
        byte[] buffer = new byte[CHUNK];
        long received = 0;
        while (received < bytes) {
            int count = stream.read(buffer, 0, buffer.length);
            if (count < 0) {
                throw new IOException("ended after " + received + " bytes");
            }
            received += count;
        }
    }
}
