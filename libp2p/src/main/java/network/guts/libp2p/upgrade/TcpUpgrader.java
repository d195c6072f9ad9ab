package network.guts.libp2p.upgrade;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.libp2p.multistream.Duplex;
import network.guts.libp2p.multistream.Multistream;
import network.guts.libp2p.noise.NoiseProtocol;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.tcp.Deadline;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.yamux.YamuxConfig;
import network.guts.libp2p.yamux.YamuxConnection;

/** Upgrades TCP connections: a security protocol, then Yamux. Thread-safe. */
public final class TcpUpgrader implements Upgrader {
    private static final List<String> MUXERS = List.of(YamuxConnection.PROTOCOL);

    private final List<SecurityProtocol> security;
    private final YamuxConfig yamux;

    /** Noise and Yamux with their usual bounds. */
    public TcpUpgrader(PrivateKey identity) {
        this(identity, YamuxConfig.DEFAULT);
    }

    /** Noise, and Yamux with these bounds. */
    public TcpUpgrader(PrivateKey identity, YamuxConfig yamux) {
        this(List.of(new NoiseProtocol(identity, new SecureRandom())), yamux);
    }

    /**
     * @param security what is offered and accepted, the most wanted first
     */
    public TcpUpgrader(List<SecurityProtocol> security, YamuxConfig yamux) {
        if (security.isEmpty()) {
            throw new IllegalArgumentException("no security protocol");
        }
        this.security = List.copyOf(security);
        this.yamux = yamux;
    }

    @Override
    public UpgradedConnection outbound(SocketChannel channel, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        return outbound(raw(channel), expected, timeout);
    }

    @Override
    public UpgradedConnection outbound(RawConnection raw, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        return upgrade(raw, timeout, connection -> outbound(connection, proposed(connection), expected));
    }

    @Override
    public UpgradedConnection outboundAsking(SocketChannel channel, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        return upgrade(raw(channel), timeout, connection -> outbound(connection, agreed(connection), expected));
    }

    @Override
    public boolean hasAlternatives() {
        return security.size() > 1;
    }

    private UpgradedConnection outbound(RawConnection connection, SecurityProtocol protocol, Optional<PeerId> expected)
            throws IOException {
        SecureConnection secure = protocol.outbound(connection, expected, MUXERS);
        if (secure.earlyMuxer().isEmpty()) {
            Multistream.select(of(secure), MUXERS);
        }
        return upgraded(secure, protocol, true);
    }

    @Override
    public UpgradedConnection inbound(SocketChannel channel, Duration timeout) throws IOException {
        return inbound(raw(channel), timeout);
    }

    @Override
    public UpgradedConnection inbound(RawConnection raw, Duration timeout) throws IOException {
        return upgrade(raw, timeout, connection -> {
            List<String> ids = security.stream().map(SecurityProtocol::id).toList();
            SecurityProtocol protocol = named(Multistream.respond(Multistream.of(connection), ids));
            SecureConnection secure = protocol.inbound(connection, MUXERS);
            if (secure.earlyMuxer().isEmpty()) {
                Multistream.respond(of(secure), MUXERS);
            }
            return upgraded(secure, protocol, false);
        });
    }

    /** The proposal travels together with the first bytes of the handshake. */
    private SecurityProtocol proposed(RawConnection connection) {
        Multistream.propose(connection, security.getFirst().id());
        return security.getFirst();
    }

    private SecurityProtocol agreed(RawConnection connection) throws IOException {
        List<String> ids = security.stream().map(SecurityProtocol::id).toList();
        return named(Multistream.select(Multistream.of(connection), ids));
    }

    private SecurityProtocol named(String id) throws MalformedException {
        for (SecurityProtocol protocol : security) {
            if (protocol.id().equals(id)) {
                return protocol;
            }
        }
        throw new MalformedException("a security protocol was agreed on that is not offered");
    }

    private UpgradedConnection upgraded(SecureConnection secure, SecurityProtocol protocol, boolean dialer) {
        PublicKey key = secure.remoteKey();
        YamuxConnection connection = new YamuxConnection(secure, dialer, yamux);
        return new UpgradedConnection(key.peerId(), key, protocol.name(), YamuxConnection.NAME, connection);
    }

    @FunctionalInterface
    private interface Steps {
        UpgradedConnection run(RawConnection connection) throws IOException;
    }

    private static RawConnection raw(SocketChannel channel) throws IOException {
        boolean done = false;
        try {
            RawConnection raw = new RawConnection(channel);
            done = true;
            return raw;
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    /** Runs all steps within the time-out; on any failure the connection is closed. */
    private static UpgradedConnection upgrade(RawConnection raw, Duration timeout, Steps steps) throws IOException {
        boolean done = false;
        try (Deadline deadline = new Deadline(raw, timeout)) {
            try {
                UpgradedConnection upgraded = steps.run(raw);
                if (deadline.passed()) {
                    throw new SocketTimeoutException("the handshake took longer than " + timeout.toMillis() + " ms");
                }
                done = true;
                return upgraded;
            } catch (IOException e) {
                if (deadline.passed() && !(e instanceof SocketTimeoutException)) {
                    SocketTimeoutException late =
                            new SocketTimeoutException("the handshake took longer than " + timeout.toMillis() + " ms");
                    late.initCause(e);
                    throw late;
                }
                throw e;
            }
        } finally {
            if (!done) {
                raw.close();
            }
        }
    }

    /** Negotiates the muxer within the secured channel and leaves what follows in it. */
    private static Duplex of(SecureConnection secure) {
        return new Duplex() {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                ByteBuffer view = secure.read();
                while (view != null && !view.hasRemaining()) {
                    view = secure.read();
                }
                if (view == null) {
                    return -1;
                }
                int count = Math.min(length, view.remaining());
                view.get(buffer, offset, count);
                return count;
            }

            @Override
            public void write(byte[] buffer, int offset, int length) throws IOException {
                secure.write(ByteBuffer.wrap(buffer, offset, length));
            }
        };
    }
}
