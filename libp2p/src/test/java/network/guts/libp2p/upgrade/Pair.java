package network.guts.libp2p.upgrade;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import network.guts.core.PrivateKey;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.yamux.YamuxConfig;

/** Two ends of a real connection over loopback, upgraded by ourselves. */
public record Pair(UpgradedConnection dialer, UpgradedConnection listener) implements AutoCloseable {
    public static final Duration TIMEOUT = Duration.ofSeconds(30);

    public static Pair connect(YamuxConfig dialerConfig, YamuxConfig listenerConfig) throws IOException {
        PrivateKey one = PrivateKey.generate(new java.security.SecureRandom());
        PrivateKey two = PrivateKey.generate(new java.security.SecureRandom());
        Sockets sockets = Sockets.connect();
        CompletableFuture<UpgradedConnection> accepted =
                inBackground(() -> new TcpUpgrader(two, listenerConfig).inbound(sockets.accepted(), TIMEOUT));
        UpgradedConnection dialed =
                new TcpUpgrader(one, dialerConfig).outbound(sockets.dialed(), Optional.of(two.peerId()), TIMEOUT);
        return new Pair(dialed, accepted.join());
    }

    public static Pair connect() throws IOException {
        return connect(YamuxConfig.DEFAULT, YamuxConfig.DEFAULT);
    }

    public MuxedConnection ours() {
        return dialer.connection();
    }

    public MuxedConnection theirs() {
        return listener.connection();
    }

    @Override
    public void close() {
        ours().close("test over");
        theirs().close("test over");
    }

    /** Two ends of a plain TCP connection. */
    public record Sockets(SocketChannel dialed, SocketChannel accepted) {
        public static Sockets connect() throws IOException {
            try (ServerSocketChannel server = ServerSocketChannel.open()) {
                server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel dialed = SocketChannel.open(server.getLocalAddress());
                return new Sockets(dialed, server.accept());
            }
        }
    }

    /** What may throw. */
    @FunctionalInterface
    public interface Task<T> {
        T run() throws Exception;
    }

    /** Runs on a virtual thread. */
    public static <T> CompletableFuture<T> inBackground(Task<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(task.run());
            } catch (Exception | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
