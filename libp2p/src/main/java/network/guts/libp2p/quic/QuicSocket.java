package network.guts.libp2p.quic;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicClosedChannelException;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import io.netty.handler.codec.quic.QuicResetTokenGenerator;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.libp2p.limits.RefusedException;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.tls.PeerCertificateException;
import network.guts.libp2p.tls.PeerTrustManager;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** One UDP socket, on which this host listens and from which it dials. */
final class QuicSocket {
    private static final AttributeKey<QuicConnection> CONNECTION = AttributeKey.valueOf(QuicSocket.class, "connection");
    private static final AttributeKey<PeerTrustManager> TRUST = AttributeKey.valueOf(QuicSocket.class, "trust");

    /** Fits an Ethernet frame with IPv6; reached by probing, so that a narrower path works too. */
    private static final int MAX_PACKET = 1452;

    private static final long STOP_SECONDS = 5;

    /** As large as go-libp2p's, in bytes. */
    private static final int KNOCK = 64;

    private static final long KNOCK_LEAST = 10;
    private static final long KNOCK_MOST = 200;

    private final QuicEndpoint endpoint;
    private final boolean listens;
    private final Consumer<Incoming> acceptor;
    private final Demultiplexer demultiplexer = new Demultiplexer();
    private final AtomicInteger handshakes = new AtomicInteger();
    private final Set<QuicConnection> connections = ConcurrentHashMap.newKeySet();
    private final Channel channel;
    private final InetSocketAddress bound;

    /**
     * Binds the socket.
     *
     * @param listens false if it was made for dials alone
     * @param acceptor gets each connection
     * @throws IOException with the reason in few words
     */
    QuicSocket(QuicEndpoint endpoint, InetSocketAddress address, boolean listens, Consumer<Incoming> acceptor)
            throws IOException {
        this.endpoint = endpoint;
        this.listens = listens;
        this.acceptor = acceptor;
        ChannelHandler server = server();
        ChannelHandler client = client();
        this.channel = Udp.bind(endpoint.loop(), address, new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel socket) {
                socket.pipeline().addLast(demultiplexer, server, demultiplexer.gate(), client);
            }
        });
        this.bound = (InetSocketAddress) channel.localAddress();
    }

    /** Where it is bound. */
    InetSocketAddress bound() {
        return bound;
    }

    /** True if others may dial it. */
    boolean listens() {
        return listens;
    }

    /**
     * Sends packets that mean nothing to {@code target}, until the time is over or the thread is interrupted: as DCUtR
     * has it, at random intervals of 10 to 200 ms.
     */
    void knock(InetSocketAddress target, Duration timeout) {
        RandomGenerator random = new SplittableRandom();
        long deadline = System.nanoTime() + timeout.toNanos();
        byte[] nothing = new byte[KNOCK];
        try {
            while (System.nanoTime() < deadline) {
                random.nextBytes(nothing);
                // The fixed bit of QUIC is not set: no codec, here or there, takes it for a packet of its own.
                nothing[0] &= 0x3f;
                DatagramPacket packet = new DatagramPacket(Unpooled.copiedBuffer(nothing), target);
                Outcome.ofNoConcern(channel.pipeline().firstContext().writeAndFlush(packet));
                Thread.sleep(KNOCK_LEAST + random.nextLong(KNOCK_MOST - KNOCK_LEAST));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Inbound connections that are not established yet. */
    int handshakes() {
        return handshakes.get();
    }

    private <B extends QuicCodecBuilder<B>> B bounded(B builder) {
        QuicConfig config = endpoint.config();
        return builder.localConnectionIdLength(Demultiplexer.ID_BYTES)
                .maxIdleTimeout(config.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .maxRecvUdpPayloadSize(Udp.MAX_RECEIVED)
                .maxSendUdpPayloadSize(MAX_PACKET)
                .discoverPmtu(true)
                .initialMaxData(config.connectionWindow())
                .initialMaxStreamDataBidirectionalLocal(config.streamWindow())
                .initialMaxStreamDataBidirectionalRemote(config.streamWindow())
                .initialMaxStreamsBidirectional(config.maxInboundStreams())
                .initialMaxStreamsUnidirectional(0)
                .sslTaskExecutor(task -> Thread.ofVirtual().name("quic-tls").start(task))
                .sslEngineProvider(this::engine);
    }

    private QuicSslEngine engine(QuicChannel quic) {
        PeerTrustManager dialled = quic.attr(TRUST).get();
        PeerTrustManager trust = dialled == null ? endpoint.trust().expecting(Optional.empty()) : dialled;
        quic.attr(TRUST).set(trust);
        QuicSslEngine engine = endpoint.engine(dialled != null);
        Handshakes all = endpoint.trust();
        all.begin(engine, trust);
        quic.closeFuture().addListener(done -> all.end(engine));
        return engine;
    }

    private ChannelHandler client() {
        return bounded(new QuicClientCodecBuilder()).build();
    }

    private ChannelHandler server() {
        return bounded(new QuicServerCodecBuilder())
                .tokenHandler(new AddressValidation(
                        () -> handshakes.get() > endpoint.config().retryAbove()))
                .connectionIdAddressGenerator(QuicConnectionIdGenerator.signGenerator())
                .resetTokenGenerator(QuicResetTokenGenerator.signGenerator())
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, Udp.segments())
                .handler(new ChannelInitializer<QuicChannel>() {
                    @Override
                    protected void initChannel(QuicChannel quic) {
                        arrived(quic);
                    }
                })
                .streamHandler(new Arrivals())
                .build();
    }

    /** Makes a {@link QuicStream} of each stream that a remote opens. */
    private static final class Arrivals extends ChannelInitializer<QuicStreamChannel> {
        @Override
        protected void initChannel(QuicStreamChannel stream) {
            QuicConnection connection =
                    Objects.requireNonNull(stream.parent().attr(CONNECTION).get(), "the connection of a stream");
            if (connection.isOpen()) {
                stream.pipeline().addLast(new StreamHandler(connection, connection.arrived()));
            } else {
                Outcome.ofNoConcern(stream.close());
            }
        }
    }

    private QuicConnection newConnection() {
        QuicConnection connection = new QuicConnection(endpoint.config(), connections::remove);
        connections.add(connection);
        return connection;
    }

    // ---- dialling

    UpgradedConnection dial(InetSocketAddress target, Optional<PeerId> expected, Duration timeout) throws IOException {
        QuicConnection connection = newConnection();
        PeerTrustManager trust = endpoint.trust().expecting(expected);
        Future<QuicChannel> dialled = QuicChannel.newBootstrap(channel)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, Udp.segments())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE))
                .attr(CONNECTION, connection)
                .attr(TRUST, trust)
                .handler(new ConnectionHandler(connection, trust))
                .streamHandler(new Arrivals())
                .remoteAddress(target)
                .localConnectionAddress(demultiplexer.newId())
                .connect();
        boolean done = false;
        try {
            if (!dialled.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new SocketTimeoutException("no answer within " + timeout.toSeconds() + " s");
            }
            Throwable failure = dialled.cause();
            if (failure != null) {
                throw reason(failure, connection, trust, expected, timeout);
            }
            done = true;
            return upgraded(connection, trust);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("given up");
        } finally {
            if (!done) {
                connection.close("given up");
            }
        }
    }

    private static IOException reason(
            Throwable failure,
            QuicConnection connection,
            PeerTrustManager trust,
            Optional<PeerId> expected,
            Duration timeout) {
        Optional<PeerCertificateException> refused = trust.refused();
        if (refused.isPresent()) {
            Optional<PeerId> actual = refused.get().actual();
            return expected.isPresent() && actual.isPresent()
                    ? new WrongPeerException(expected.get(), actual.get())
                    : new IOException(
                            Reasons.printable(String.valueOf(refused.get().getMessage()), 200), failure);
        }
        if (failure instanceof ConnectTimeoutException) {
            return new IOException("no answer within " + timeout.toSeconds() + " s", failure);
        }
        if (failure instanceof QuicClosedChannelException closed && closed.event() != null) {
            return new IOException(CloseReasons.of(closed.event()), failure);
        }
        String text = connection.endReason().orElseGet(() -> String.valueOf(failure.getMessage()));
        return new IOException(Reasons.printable(text, 200), failure);
    }

    private static UpgradedConnection upgraded(QuicConnection connection, PeerTrustManager trust) throws IOException {
        PublicKey key = trust.verified().orElseThrow(() -> new IOException("the remote showed no certificate"));
        return new UpgradedConnection(key.peerId(), key, QuicConnection.NAME, QuicConnection.NAME, connection);
    }

    // ---- being dialled

    /** Somebody wants to connect; on the event loop. */
    private void arrived(QuicChannel quic) {
        QuicConnection connection = newConnection();
        PeerTrustManager trust = Objects.requireNonNull(quic.attr(TRUST).get(), "the trust of a connection");
        quic.attr(CONNECTION).set(connection);
        quic.pipeline().addLast(new ConnectionHandler(connection, trust));
        handshakes.incrementAndGet();
        connection.onHandshakeOver(handshakes::decrementAndGet);
        if (quic.remoteSocketAddress() instanceof InetSocketAddress remote) {
            acceptor.accept(new Arrived(remote, connection, trust));
        } else {
            Outcome.ofNoConcern(quic.close());
        }
    }

    private static final class Arrived implements Incoming {
        private final InetSocketAddress remote;
        private final QuicConnection connection;
        private final PeerTrustManager trust;

        Arrived(InetSocketAddress remote, QuicConnection connection, PeerTrustManager trust) {
            this.remote = remote;
            this.connection = connection;
            this.trust = trust;
        }

        @Override
        public Multiaddr address() {
            return QuicAddress.of(remote);
        }

        @Override
        public InetAddress remote() {
            return remote.getAddress();
        }

        @Override
        public String transport() {
            return QuicTransport.NAME;
        }

        @Override
        public UpgradedConnection upgrade(Duration timeout) throws IOException {
            boolean done = false;
            try {
                connection.awaitEstablished(timeout);
                UpgradedConnection upgraded = upgraded(connection, trust);
                done = true;
                return upgraded;
            } finally {
                if (!done) {
                    connection.close("the handshake took too long");
                }
            }
        }

        @Override
        public void refuse() {
            connection.close("too many connections");
        }

        @Override
        public void refuse(RefusedException why) {
            connection.close(why.code(), String.valueOf(why.getMessage()));
        }
    }

    /** True if packets from this socket can reach {@code target}. */
    boolean reaches(InetAddress target) {
        InetAddress from = bound.getAddress();
        if (from.isAnyLocalAddress()) {
            return !(from instanceof Inet4Address) || target instanceof Inet4Address;
        }
        return from instanceof Inet4Address == target instanceof Inet4Address
                && from.isLoopbackAddress() == target.isLoopbackAddress();
    }

    /** Ends what is left, once the connections that were closed before have said goodbye. */
    void close() {
        for (QuicConnection connection : connections) {
            connection.close("this host is closing");
        }
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS);
            for (QuicConnection connection : connections) {
                connection.awaitGone(deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        channel.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
