package network.guts.libp2p.quic;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.libp2p.Keys;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.tls.HostCertificate;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.upgrade.UpgradedConnection;

/** A transport that listens on loopback and keeps who comes. */
final class QuicPeer implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(30);
    static final Multiaddr LOOPBACK = Keys.address("/ip4/127.0.0.1/udp/0/quic-v1");

    final PrivateKey key;
    final QuicTransport transport;
    final BlockingQueue<Incoming> arrived = new LinkedBlockingQueue<>();

    private QuicPeer(PrivateKey key, QuicTransport transport, Multiaddr listen) throws IOException {
        this.key = key;
        this.transport = transport;
        transport.bind(List.of(listen), arrived::add);
        transport.start();
    }

    static QuicPeer listen(int number, QuicConfig config, Multiaddr listen) throws IOException {
        PrivateKey key = Keys.key(number);
        return new QuicPeer(key, new QuicTransport(key, InstantSource.system(), config), listen);
    }

    static QuicPeer listen(int number) throws IOException {
        return listen(number, QuicConfig.DEFAULT, LOOPBACK);
    }

    static QuicPeer showing(int number, Supplier<HostCertificate> certificate) throws IOException {
        return new QuicPeer(
                Keys.key(number), new QuicTransport(certificate, InstantSource.system(), QuicConfig.DEFAULT), LOOPBACK);
    }

    PeerId id() {
        return key.peerId();
    }

    Multiaddr address() {
        return transport.addresses().getFirst();
    }

    UpgradedConnection dial(QuicPeer other) throws IOException {
        return transport.dial(other.address(), Optional.of(other.id()), TIMEOUT);
    }

    Incoming next() throws IOException {
        try {
            Incoming incoming = arrived.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (incoming == null) {
                throw new IOException("nobody came");
            }
            return incoming;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    MuxedConnection accept() throws IOException {
        return next().upgrade(TIMEOUT).connection();
    }

    @Override
    public void close() {
        transport.close();
    }

    /** Two ends of a connection. */
    record Pair(QuicPeer one, QuicPeer two, MuxedConnection ours, MuxedConnection theirs) implements AutoCloseable {
        static Pair connect() throws IOException {
            return connect(QuicConfig.DEFAULT);
        }

        static Pair connect(QuicConfig config) throws IOException {
            QuicPeer one = listen(1, config, LOOPBACK);
            QuicPeer two = listen(2, config, LOOPBACK);
            return new Pair(one, two, one.dial(two).connection(), two.accept());
        }

        @Override
        public void close() {
            ours.close("test over");
            theirs.close("test over");
            one.close();
            two.close();
        }
    }
}
