package network.guts.libp2p.autonat;

import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialStatus;
import network.guts.libp2p.autonat.wire.DialBackMessage;
import network.guts.libp2p.multistream.Multistream;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.transport.UnsupportedAddressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dials clients: with transports of its own, which listen nowhere. A dial from the port that this host listens on could
 * come through a hole that the client's own dial has left in its router, and prove nothing.
 */
public final class DialBack implements Closeable {
    /** As go-libp2p: for the connection. */
    static final Duration DIAL_TIMEOUT = Duration.ofSeconds(10);

    /** As go-libp2p: for the nonce and its answer. */
    static final Duration STREAM_TIMEOUT = Duration.ofSeconds(5);

    /** Where no packet is sent, but the system is asked for a route. */
    private static final int ANY_PORT = 9;

    private static final Logger LOG = LoggerFactory.getLogger(DialBack.class);

    /** Makes the transports to dial with. */
    @FunctionalInterface
    public interface Maker {
        /**
         * @param asItself whether they show this host's own identity, or one made for the purpose
         */
        Transports make(boolean asItself);
    }

    private final Maker maker;
    private final BooleanSupplier asItself;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Boolean, Transports> transports = new HashMap<>();
    private boolean closed;

    /**
     * @param maker asked once the first client is dialled
     * @param asItself whether only members are let in at the moment: a client would not let in a stranger then. Everywhere
     *     else dial-backs show an identity made for the purpose, so that a client does not take them for a second
     *     connection of this host
     */
    DialBack(Maker maker, BooleanSupplier asItself) {
        this.maker = maker;
        this.asItself = asItself;
    }

    private Transports transports() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("this host is closed");
            }
            return transports.computeIfAbsent(asItself.getAsBoolean(), maker::make);
        } finally {
            lock.unlock();
        }
    }

    /** True if there is a transport for the address and a route to it: a host without IPv6 cannot judge such addresses. */
    boolean canDial(Multiaddr address) {
        try {
            transports().of(address);
        } catch (UnsupportedAddressException e) {
            return false;
        } catch (IOException e) {
            return false;
        }
        Optional<InetAddress> ip = address.ip();
        return ip.isPresent() && hasRoute(ip.get());
    }

    private static boolean hasRoute(InetAddress target) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(target, ANY_PORT);
            return !socket.getLocalAddress().isAnyLocalAddress();
        } catch (IOException | java.io.UncheckedIOException noRoute) {
            return false;
        }
    }

    /** Dials {@code peer} at {@code address} and hands it the nonce. */
    DialStatus dial(PeerId peer, Multiaddr address, long nonce) {
        MuxedConnection connection;
        try {
            connection = transports()
                    .of(address)
                    .dial(address, Optional.of(peer), DIAL_TIMEOUT)
                    .connection();
        } catch (IOException e) {
            LOG.debug("{} was not reached at {}: {}", peer, address, Reasons.of(e));
            return DialStatus.E_DIAL_ERROR;
        }
        try {
            hand(connection, nonce);
            return DialStatus.OK;
        } catch (IOException e) {
            LOG.debug("{} was reached at {}, and did not take the nonce: {}", peer, address, Reasons.of(e));
            return DialStatus.E_DIAL_BACK_ERROR;
        } finally {
            connection.close("the dial-back is done");
        }
    }

    private static void hand(MuxedConnection connection, long nonce) throws IOException {
        try (MuxedStream stream =
                Multistream.agree(connection.open(STREAM_TIMEOUT), List.of(Autonat.DIAL_BACK), STREAM_TIMEOUT)
                        .stream()) {
            stream.writeTimeout(STREAM_TIMEOUT);
            byte[] message = new DialBackMessage(nonce).encode();
            byte[] frame = new byte[message.length + 1];
            frame[0] = (byte) message.length;
            System.arraycopy(message, 0, frame, 1, message.length);
            stream.write(frame, 0, frame.length);
            stream.closeWrite();
            awaitAnswer(stream);
        }
    }

    /**
     * Once there is an answer, the nonce has arrived and the connection may end. go-libp2p resets its stream behind the
     * answer, which over QUIC can overtake it; and a client that refuses the nonce knows by itself what that means.
     */
    private static void awaitAnswer(MuxedStream stream) throws IOException {
        stream.readTimeout(STREAM_TIMEOUT);
        try {
            if (stream.read(new byte[1], 0, 1) < 0) {
                LOG.trace("a dial-back was ended without an answer");
            }
        } catch (StreamResetException e) {
            LOG.trace("a dial-back was reset: {}", e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        List<Transports> all;
        lock.lock();
        try {
            closed = true;
            all = List.copyOf(transports.values());
            transports.clear();
        } finally {
            lock.unlock();
        }
        for (Transports each : all) {
            each.close();
        }
    }
}
