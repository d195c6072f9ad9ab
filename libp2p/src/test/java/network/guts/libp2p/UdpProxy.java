package network.guts.libp2p;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import network.guts.core.Multiaddr;

/** As {@link TcpProxy}, for the datagrams of one dialer. */
final class UdpProxy implements Closeable {
    private final DatagramChannel near;
    private final DatagramChannel far;
    private final CompletableFuture<SocketAddress> dialer = new CompletableFuture<>();
    private volatile boolean swallowing;

    UdpProxy(InetSocketAddress target, long there, long back) throws IOException {
        this.near = DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        this.far = DatagramChannel.open().connect(target);
        Thread.ofVirtual().name("proxy-there").start(() -> copyThere(there));
        Thread.ofVirtual().name("proxy-back").start(() -> copyBack(back));
    }

    Multiaddr address() throws IOException {
        int port = ((InetSocketAddress) near.getLocalAddress()).getPort();
        return Keys.address("/ip4/127.0.0.1/udp/" + port + "/quic-v1");
    }

    /** From now on nothing passes. */
    void swallow() {
        swallowing = true;
    }

    private void copyThere(long limit) {
        ByteBuffer packet = ByteBuffer.allocate(65_535);
        long left = limit;
        try {
            while (true) {
                SocketAddress from = near.receive(packet.clear());
                dialer.complete(from);
                if (left > 0 && !swallowing) {
                    left--;
                    far.write(packet.flip());
                }
            }
        } catch (IOException closed) {
            swallowing = true;
        }
    }

    private void copyBack(long limit) {
        ByteBuffer packet = ByteBuffer.allocate(65_535);
        long left = limit;
        while (true) {
            try {
                far.read(packet.clear());
                if (left > 0 && !swallowing) {
                    left--;
                    near.send(packet.flip(), dialer.join());
                }
            } catch (java.net.PortUnreachableException nobodyThere) {
                swallowing = true;
            } catch (IOException closed) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        dialer.complete(Optional.of(near.getLocalAddress()).get());
        near.close();
        far.close();
    }
}
