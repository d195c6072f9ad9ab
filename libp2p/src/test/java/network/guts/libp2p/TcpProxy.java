package network.guts.libp2p;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import network.guts.core.Multiaddr;

/**
 * Stands between a dialer and a listener. Passes so many bytes on each way, then swallows what comes and closes nothing:
 * to both ends the connection is open, and silent.
 */
final class TcpProxy implements Closeable {
    private final ServerSocketChannel server;
    private final InetSocketAddress target;
    private final Queue<Closeable> open = new ConcurrentLinkedQueue<>();
    private final long there;
    private final long back;
    private volatile boolean swallowing;

    TcpProxy(InetSocketAddress target, long there, long back) throws IOException {
        this.target = target;
        this.there = there;
        this.back = back;
        this.server = ServerSocketChannel.open();
        open.add(server);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().name("proxy-accept").start(this::accept);
    }

    InetSocketAddress socket() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    Multiaddr address() throws IOException {
        return Multiaddr.tcp(socket().getAddress(), socket().getPort());
    }

    /** From now on nothing passes. */
    void swallow() {
        swallowing = true;
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel near = server.accept();
                open.add(near);
                SocketChannel far = SocketChannel.open(target);
                open.add(far);
                Thread.ofVirtual().name("proxy-there").start(() -> copy(near, far, there));
                Thread.ofVirtual().name("proxy-back").start(() -> copy(far, near, back));
            }
        } catch (IOException closed) {
            swallowing = true;
        }
    }

    private void copy(SocketChannel from, SocketChannel to, long limit) {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        long left = limit;
        try {
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip().limit((int) Math.min(buffer.limit(), swallowing ? 0 : left));
                left -= buffer.limit();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
            if (left > 0 && !swallowing) {
                to.shutdownOutput();
            }
        } catch (IOException ended) {
            left = 0;
        }
    }

    @Override
    public void close() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
    }
}
