package network.guts.integration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * A long line on loopback: forwards TCP connections and UDP packets to one port, and delivers each byte so many milliseconds
 * after it came, in both directions. What is under way is held in memory, so the line itself is as wide as the machine.
 */
public final class DelayRelay {
    /** What may be under way in one direction: a second of a fast line. */
    private static final int UNDER_WAY = 512 << 20;

    private static final int CHUNK = 256 * 1024;

    /** The largest UDP packet. */
    private static final int PACKET = 65535;

    private static final int SOCKET_BUFFER = 8 << 20;

    private final InetSocketAddress target;
    private final long delayNanos;

    private DelayRelay(InetSocketAddress target, long delayNanos) {
        this.target = target;
        this.delayNanos = delayNanos;
    }

    /**
     * Prints the port that it forwards, and goes on until stdin ends.
     *
     * @param arguments {@code tcp} or {@code udp}, the port on loopback to forward to, the delay of one direction in
     *     milliseconds
     */
    public static void main(String[] arguments) throws IOException {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        DelayRelay relay = new DelayRelay(
                new InetSocketAddress(loopback, Integer.parseInt(arguments[1])),
                Long.parseLong(arguments[2]) * 1_000_000);
        if (arguments[0].equals("tcp")) {
            ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(loopback, 0));
            System.out.println(listener.socket().getLocalPort());
            daemon(() -> relay.accept(listener));
        } else {
            DatagramChannel socket = udp().bind(new InetSocketAddress(loopback, 0));
            System.out.println(socket.socket().getLocalPort());
            daemon(() -> relay.packets(socket));
        }
        System.out.flush();
        while (System.in.read() >= 0) {}
        System.exit(0);
    }

    /** Work that ends with its sockets. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private static void daemon(Work work) {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                work.run();
            } catch (IOException | InterruptedException e) {
                System.err.println("relay: " + e);
            }
        });
    }

    /** Bytes and when they are due; none: the end. */
    private record Due(ByteBuffer bytes, long at) {}

    /** One direction: what is put in comes out later, in order. */
    private final class Line {
        private final BlockingQueue<Due> queue = new LinkedBlockingQueue<>();
        private final Semaphore room = new Semaphore(UNDER_WAY);

        void put(ByteBuffer bytes) throws InterruptedException {
            room.acquire(bytes.remaining());
            queue.add(new Due(bytes, System.nanoTime() + delayNanos));
        }

        ByteBuffer take() throws InterruptedException {
            Due due = queue.take();
            for (long left = due.at - System.nanoTime(); left > 0; left = due.at - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            room.release(due.bytes.remaining());
            return due.bytes;
        }
    }

    private void accept(ServerSocketChannel listener) throws IOException {
        while (true) {
            SocketChannel near = listener.accept();
            SocketChannel far = SocketChannel.open(target);
            for (SocketChannel each : new SocketChannel[] {near, far}) {
                each.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            direction(near, far);
            direction(far, near);
        }
    }

    private void direction(SocketChannel from, SocketChannel to) {
        Line line = new Line();
        daemon(() -> {
            try {
                ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
                while (from.read(buffer.clear()) >= 0) {
                    line.put(ByteBuffer.allocate(buffer.position())
                            .put(buffer.flip())
                            .flip());
                }
            } finally {
                line.put(ByteBuffer.allocate(0));
            }
        });
        daemon(() -> {
            for (ByteBuffer bytes = line.take(); bytes.hasRemaining(); bytes = line.take()) {
                while (bytes.hasRemaining()) {
                    to.write(bytes);
                }
            }
            to.close();
        });
    }

    private static DatagramChannel udp() throws IOException {
        return DatagramChannel.open()
                .setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER)
                .setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
    }

    /** Each sender is known to the target by a socket of its own. */
    private void packets(DatagramChannel near) throws IOException, InterruptedException {
        Map<SocketAddress, Line> lines = new HashMap<>();
        ByteBuffer buffer = ByteBuffer.allocateDirect(PACKET);
        while (true) {
            SocketAddress sender = near.receive(buffer.clear());
            Line line = lines.get(sender);
            if (line == null) {
                line = new Line();
                lines.put(sender, line);
                connect(near, sender, line);
            }
            line.put(ByteBuffer.allocate(buffer.position()).put(buffer.flip()).flip());
        }
    }

    private void connect(DatagramChannel near, SocketAddress sender, Line there) throws IOException {
        DatagramChannel far = udp().connect(target);
        Line back = new Line();
        daemon(() -> {
            while (true) {
                far.write(there.take());
            }
        });
        daemon(() -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(PACKET);
            while (far.read(buffer.clear()) >= 0) {
                back.put(ByteBuffer.allocate(buffer.position())
                        .put(buffer.flip())
                        .flip());
            }
        });
        daemon(() -> {
            while (true) {
                near.send(back.take(), sender);
            }
        });
    }
}
