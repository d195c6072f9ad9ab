package network.guts.libp2p.quic;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Datagram sockets as fast as the platform has them: with epoll, the kernel takes and gives many packets of a connection
 * in one piece (GSO and GRO), which halves what a byte costs; elsewhere Java's own.
 */
final class Udp {
    static final boolean EPOLL = Epoll.isAvailable();

    /** What the kernel sends in one piece, less than 64 KiB: 44 packets of 1452 bytes. */
    private static final int SEGMENTS = 44;

    /** With GRO a read may bring 64 KiB. */
    static final int MAX_RECEIVED = EPOLL ? 65_527 : 2048;

    private static final int RECEIVE_BUFFER = EPOLL ? 65_535 : 2048;
    private static final int READS = 16;

    /** The kernel may give less. */
    private static final int SOCKET_BUFFER = 4 << 20;

    private static final long BIND_SECONDS = 30;

    private Udp() {}

    /** One thread for all sockets: it moves packets and waits for nothing else. */
    static EventLoopGroup newLoop() {
        IoHandlerFactory factory = EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("quic", true), factory);
    }

    @SuppressWarnings("deprecation") // the class that replaces it does not tell if the kernel can do it
    static SegmentedDatagramPacketAllocator segments() {
        return EPOLL && io.netty.channel.epoll.SegmentedDatagramPacket.isSupported()
                ? new Segments()
                : SegmentedDatagramPacketAllocator.NONE;
    }

    /** Netty has the same, in a module that names epoll's wrongly and so cannot read it. */
    private static final class Segments implements SegmentedDatagramPacketAllocator {
        @Override
        public int maxNumSegments() {
            return SEGMENTS;
        }

        @Override
        public DatagramPacket newPacket(ByteBuf bytes, int segmentSize, InetSocketAddress remote) {
            return new SegmentedDatagramPacket(bytes, segmentSize, remote);
        }
    }

    private static ChannelFactory<Channel> sockets(boolean ip4) {
        SocketProtocolFamily family = ip4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6;
        return () -> EPOLL ? new EpollDatagramChannel(family) : new NioDatagramChannel(family);
    }

    /**
     * Binds a socket; one on {@code ::} takes IPv4 too.
     *
     * @throws IOException with the reason in few words
     */
    static Channel bind(EventLoopGroup loop, InetSocketAddress address, ChannelHandler handler) throws IOException {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channelFactory(sockets(address.getAddress() instanceof Inet4Address))
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(RECEIVE_BUFFER).maxMessagesPerRead(READS))
                .handler(handler);
        if (EPOLL) {
            bootstrap.option(EpollChannelOption.UDP_GRO, true);
        }
        ChannelFuture bound = bootstrap.bind(address);
        if (!bound.awaitUninterruptibly(BIND_SECONDS, TimeUnit.SECONDS)) {
            Outcome.ofNoConcern(bound.channel().close());
            throw new IOException("the socket is not bound within " + BIND_SECONDS + " s");
        }
        Throwable failure = bound.cause();
        if (failure != null) {
            String message = String.valueOf(failure.getMessage());
            throw new IOException(
                    message.substring(message.lastIndexOf(": ") + 1).strip(), failure);
        }
        return bound.channel();
    }
}
