package network.guts.libp2p.upgrade;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.metrics.Result;
import network.guts.libp2p.tcp.RawConnection;

/**
 * Measures the handshakes of a dialer over TCP and over circuits through relays; those of a listener are measured for all
 * transports in one place.
 */
public final class MeasuredUpgrader implements Upgrader {
    private static final String TCP = "tcp";
    private static final String CIRCUIT = "p2p-circuit";

    private final Upgrader upgrader;
    private final HostMetrics metrics;

    public MeasuredUpgrader(Upgrader upgrader, HostMetrics metrics) {
        this.upgrader = upgrader;
        this.metrics = metrics;
    }

    @Override
    public UpgradedConnection outbound(SocketChannel channel, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        return measured(TCP, () -> upgrader.outbound(channel, expected, timeout));
    }

    @Override
    public UpgradedConnection outboundAsking(SocketChannel channel, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        return measured(TCP, () -> upgrader.outboundAsking(channel, expected, timeout));
    }

    @FunctionalInterface
    private interface Handshake {
        UpgradedConnection run() throws IOException;
    }

    private UpgradedConnection measured(String transport, Handshake handshake) throws IOException {
        long start = System.nanoTime();
        try {
            UpgradedConnection upgraded = handshake.run();
            metrics.handshake(transport, upgraded.security(), Direction.OUTBOUND, start);
            return upgraded;
        } catch (IOException e) {
            metrics.handshakeFailed(transport, Direction.OUTBOUND, Result.of(e), start);
            throw e;
        }
    }

    @Override
    public boolean hasAlternatives() {
        return upgrader.hasAlternatives();
    }

    @Override
    public UpgradedConnection outbound(RawConnection connection, Optional<PeerId> expected, Duration timeout)
            throws IOException {
        return measured(CIRCUIT, () -> upgrader.outbound(connection, expected, timeout));
    }

    @Override
    public UpgradedConnection inbound(RawConnection connection, Duration timeout) throws IOException {
        return upgrader.inbound(connection, timeout);
    }

    @Override
    public UpgradedConnection inbound(SocketChannel channel, Duration timeout) throws IOException {
        return upgrader.inbound(channel, timeout);
    }
}
