package network.guts.libp2p.quic;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.ssl.ClientAuth;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import network.guts.libp2p.tls.HostCertificate;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.UnsupportedAddressException;

/** The native side of a host's QUIC: the event loop, the TLS contexts and the sockets. */
final class QuicEndpoint implements Closeable {
    /** As the specification names it. */
    private static final String ALPN = "libp2p";

    private static final long STOP_SECONDS = 5;

    private final QuicConfig config;
    private final Handshakes trust;
    private final QuicSslContext serverTls;
    private final QuicSslContext clientTls;
    private final EventLoopGroup loop = Udp.newLoop();

    /** Guarded by this object's monitor, like the next. */
    private final List<QuicSocket> listening = new ArrayList<>();

    private final List<QuicSocket> dialling = new ArrayList<>();

    private QuicEndpoint(HostCertificate own, InstantSource clock, QuicConfig config) {
        this.config = config;
        this.trust = new Handshakes(clock);
        this.serverTls = QuicSslContextBuilder.forServer(own.privateKey(), null, own.certificate())
                .trustManager(trust)
                .clientAuth(ClientAuth.REQUIRE)
                .applicationProtocols(ALPN)
                .build();
        this.clientTls = QuicSslContextBuilder.forClient()
                .keyManager(own.privateKey(), null, own.certificate())
                .trustManager(trust)
                .applicationProtocols(ALPN)
                .build();
    }

    /**
     * @throws UnsupportedAddressException if the native library is not there or does not load, with the reason
     */
    static QuicEndpoint create(Supplier<HostCertificate> certificate, InstantSource clock, QuicConfig config)
            throws UnsupportedAddressException {
        if (!Quic.isAvailable()) {
            Optional<String> reason = Optional.ofNullable(Quic.unavailabilityCause())
                    .map(Throwable::getMessage)
                    .flatMap(text -> text.lines().findFirst());
            throw new UnsupportedAddressException(
                    "QUIC is not available on this platform: " + reason.orElse("its library does not load"));
        }
        return new QuicEndpoint(certificate.get(), clock, config);
    }

    QuicConfig config() {
        return config;
    }

    Handshakes trust() {
        return trust;
    }

    EventLoopGroup loop() {
        return loop;
    }

    QuicSslEngine engine(boolean client) {
        return (client ? clientTls : serverTls).newEngine(PooledByteBufAllocator.DEFAULT);
    }

    synchronized InetSocketAddress listen(InetSocketAddress address, Consumer<Incoming> acceptor) throws IOException {
        QuicSocket socket = new QuicSocket(this, address, true, acceptor);
        listening.add(socket);
        return socket.bound();
    }

    synchronized List<InetSocketAddress> listening() {
        return listening.stream().map(QuicSocket::bound).toList();
    }

    /** The socket to dial {@code target} from: one that listens, so that remotes see the port at which we are reached. */
    synchronized QuicSocket socketFor(InetAddress target) throws IOException {
        Optional<QuicSocket> there = listening.stream()
                .filter(socket -> socket.reaches(target))
                .findFirst()
                .or(() -> dialling.stream()
                        .filter(socket -> socket.reaches(target))
                        .findFirst());
        if (there.isPresent()) {
            return there.get();
        }
        String any = target instanceof Inet4Address ? "0.0.0.0" : "::";
        QuicSocket fresh =
                new QuicSocket(this, new InetSocketAddress(InetAddress.getByName(any), 0), false, Incoming::refuse);
        dialling.add(fresh);
        return fresh;
    }

    /** Ends all connections and gives the ports back. */
    @Override
    public synchronized void close() {
        listening.forEach(QuicSocket::close);
        dialling.forEach(QuicSocket::close);
        loop.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
