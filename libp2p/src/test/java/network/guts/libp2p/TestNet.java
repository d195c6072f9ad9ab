package network.guts.libp2p;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.runtime.Database;

/** Real hosts on loopback, ended together. */
public final class TestNet implements Closeable {
    public static final Duration LONG = Duration.ofSeconds(30);
    static final String TCP = "/ip4/127.0.0.1/tcp/0";
    static final String QUIC = "/ip4/127.0.0.1/udp/0/quic-v1";
    static final String ECHO = "/test/echo/1";

    private final Path folder;
    private final Multiaddr listen;
    private final List<Closeable> open = new ArrayList<>();

    public TestNet(Path folder) {
        this(folder, TCP);
    }

    /** Whose hosts listen on {@code listen} unless told otherwise. */
    public TestNet(Path folder, String listen) {
        this.folder = folder;
        this.listen = Keys.address(listen);
    }

    public Libp2pHost host(int number) throws IOException {
        return host(number, builder -> builder);
    }

    Libp2pHost host(int number, UnaryOperator<HostConfig.Builder> settings) throws IOException {
        return host(number, InstantSource.system(), settings);
    }

    /** A host that listens and echoes; the same number has the same key and database. */
    Libp2pHost host(int number, InstantSource clock, UnaryOperator<HostConfig.Builder> settings) throws IOException {
        HostConfig.Builder builder = HostConfig.of(Keys.key(number)).listen(listen);
        Database database = Database.open(folder.resolve("host-" + number + ".db"));
        open.add(database::close);
        Libp2pHost host = new Libp2pHost(settings.apply(builder).build(), database, clock);
        open.add(host);
        host.handle(ECHO, TestNet::echo);
        return host.start();
    }

    private static void echo(Stream stream) throws IOException {
        byte[] buffer = new byte[8192];
        int count = stream.read(buffer, 0, buffer.length);
        while (count >= 0) {
            stream.write(buffer, 0, count);
            count = stream.read(buffer, 0, buffer.length);
        }
    }

    public static ConnectionInfo connect(Libp2pHost from, Libp2pHost to) throws IOException {
        return from.connect(to.peerId(), to.addresses(), LONG);
    }

    static Stream open(Libp2pHost from, Libp2pHost to) throws IOException {
        return from.open(to.peerId(), List.of(ECHO), LONG);
    }

    /** The bytes come back. */
    static void talk(Stream stream) throws IOException {
        byte[] sent = "hello".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        stream.write(sent);
        byte[] answer = new byte[sent.length];
        stream.readFully(answer, 0, answer.length);
        if (!java.util.Arrays.equals(sent, answer)) {
            throw new IOException(
                    "the echo is another: " + new String(answer, java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    public static void talk(Libp2pHost from, Libp2pHost to) throws IOException {
        try (Stream stream = open(from, to)) {
            talk(stream);
        }
    }

    static Multiaddr address(Libp2pHost host) {
        return host.addresses().getFirst();
    }

    @Override
    public void close() throws IOException {
        for (Closeable each : open.reversed()) {
            each.close();
        }
    }
}
