package network.guts.libp2p.upgrade;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.libp2p.yamux.YamuxConfig;

/** Noise and Yamux over TCP. Thread-safe. */
public final class TcpUpgrader implements Upgrader {
    private final PrivateKey identity;
    private final YamuxConfig yamux;

    public TcpUpgrader(PrivateKey identity) {
        this(identity, YamuxConfig.DEFAULT);
    }

    public TcpUpgrader(PrivateKey identity, YamuxConfig yamux) {
        this.identity = identity;
        this.yamux = yamux;
    }

    @Override
    public UpgradedConnection outbound(SocketChannel channel, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        throw new IOException("not there yet: " + identity + yamux);
    }

    @Override
    public UpgradedConnection inbound(SocketChannel channel, Duration timeout) throws IOException {
        throw new IOException("not there yet: " + identity + yamux);
    }
}
