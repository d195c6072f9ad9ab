package network.guts.libp2p.relay;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionLimit;
import network.guts.core.host.Stream;
import network.guts.libp2p.relay.wire.Status;
import network.guts.libp2p.relay.wire.StopMessage;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Swarm;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.UnsupportedAddressException;
import network.guts.libp2p.upgrade.UpgradedConnection;
import network.guts.libp2p.upgrade.Upgrader;
import network.guts.runtime.Frames;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections through relays: a stream to the relay, which the relay carries on to the other side, takes the place of TCP.
 * Such an address is listened on by a {@linkplain Reservations reservation}.
 */
public final class CircuitTransport implements Transport {
    /** As people are told it. */
    public static final String NAME = "p2p-circuit";

    /** A relay may bring as many connections at a time as it carries to one peer by default. */
    private static final int STREAMS_PER_RELAY = 16;

    private static final Duration GREETING = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(CircuitTransport.class);

    private final PeerId self;
    private final Upgrader upgrader;
    private final List<Multiaddr> wanted = new ArrayList<>();

    /** The host behind this transport; it needs its transports first. */
    private record Behind(Swarm swarm, Reservations reservations, HopClient hop) {}

    private volatile @Nullable Behind behind;
    private volatile boolean accepting;

    public CircuitTransport(PeerId self, Upgrader upgrader) {
        this.self = self;
        this.upgrader = upgrader;
    }

    /** Connects it with the host that has it as a transport, before anything is dialled. */
    public void attach(Swarm swarm, Reservations reservations, Protocols protocols) {
        behind = new Behind(swarm, reservations, new HopClient(self, swarm));
        protocols.serve(StopMessage.PROTOCOL, this::arrived, STREAMS_PER_RELAY);
    }

    private Behind behind() {
        Behind attached = behind;
        if (attached == null) {
            throw new IllegalStateException("the transport has no host yet");
        }
        return attached;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean handles(Multiaddr address) {
        return CircuitAddress.is(address);
    }

    // ---- dialling

    @Override
    public UpgradedConnection dial(Multiaddr address, Optional<PeerId> expected, Duration timeout) throws IOException {
        CircuitAddress circuit = CircuitAddress.of(address);
        PeerId target = expected.orElseThrow(
                () -> new UnsupportedAddressException("through a relay only a peer with a name is reached"));
        if (circuit.relay().equals(target) || circuit.relay().equals(self)) {
            throw new UnsupportedAddressException("one of both ends is no relay between them");
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        Connection relay;
        try {
            relay = behind().swarm()
                    .connectDirectly(
                            circuit.relay(), circuit.relayAddress().stream().toList(), timeout);
        } catch (IOException e) {
            throw new IOException("no way to the relay: " + e.getMessage(), e);
        }
        HopClient.Opened opened = behind().hop().connect(relay, target, left(deadline));
        UpgradedConnection upgraded = upgrader.outbound(raw(opened.stream()), expected, left(deadline));
        return opened.limit().map(upgraded::limited).orElse(upgraded);
    }

    private static RawConnection raw(Stream stream) {
        CircuitChannel channel = new CircuitChannel(stream);
        return new RawConnection(channel, channel::endOutput);
    }

    /** Never nothing: what comes too late ends by its own reason. */
    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(Duration.ofMillis(1).toNanos(), deadline - System.nanoTime()));
    }

    // ---- being dialled

    /** A relay brings somebody. The stream is the connection: this returns when that is over. */
    private void arrived(Stream stream) throws IOException {
        stream.readTimeout(GREETING);
        stream.writeTimeout(GREETING);
        StopMessage message;
        try {
            message = StopMessage.parse(Frames.readRequired(stream, StopMessage.MAX_ENCODED));
        } catch (MalformedException e) {
            refuse(stream, Status.MALFORMED_MESSAGE);
            return;
        }
        if (!(message instanceof StopMessage.Connect connect)) {
            refuse(stream, Status.UNEXPECTED_MESSAGE);
            return;
        }
        PeerId relay = stream.connection().peer();
        boolean invited = accepting
                && !CircuitAddress.is(stream.connection().address())
                && behind().reservations().hold(relay);
        Optional<InetAddress> remote = stream.connection().address().ip();
        if (!invited || remote.isEmpty()) {
            refuse(stream, Status.PERMISSION_DENIED);
            return;
        }
        Arrived arrived = new Arrived(stream, remote.get(), connect.source(), connect.limit());
        behind().swarm().accepted(arrived);
        try {
            arrived.channel.awaitClose();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private static void refuse(Stream stream, Status status) throws IOException {
        LOG.debug("{}: refused with {}", stream, status);
        Frames.write(stream, new StopMessage.Answer(status).encode());
    }

    private final class Arrived implements Incoming {
        private final Stream stream;
        private final CircuitChannel channel;
        private final InetAddress remote;
        private final PeerId source;
        private final Optional<ConnectionLimit> limit;
        private final AtomicBoolean answered = new AtomicBoolean();

        Arrived(Stream stream, InetAddress remote, PeerId source, Optional<ConnectionLimit> limit) {
            this.stream = stream;
            this.channel = new CircuitChannel(stream);
            this.remote = remote;
            this.source = source;
            this.limit = limit;
        }

        @Override
        public Multiaddr address() {
            return CircuitAddress.through(
                    stream.connection().address(), stream.connection().peer());
        }

        /** The relay's: what comes through it is counted for it. */
        @Override
        public InetAddress remote() {
            return remote;
        }

        @Override
        public String transport() {
            return NAME;
        }

        @Override
        public UpgradedConnection upgrade(Duration timeout) throws IOException {
            boolean done = false;
            try {
                if (answered.compareAndSet(false, true)) {
                    Frames.write(stream, new StopMessage.Answer(Status.OK).encode());
                }
                UpgradedConnection upgraded = upgrader.inbound(new RawConnection(channel, channel::endOutput), timeout);
                if (!upgraded.peer().equals(source)) {
                    upgraded.connection().close("the relay has named another peer");
                    throw new WrongPeerException(source, upgraded.peer());
                }
                done = true;
                return limit.map(upgraded::limited).orElse(upgraded);
            } finally {
                if (!done) {
                    channel.close();
                }
            }
        }

        @Override
        public void refuse() {
            if (answered.compareAndSet(false, true)) {
                Thread.ofVirtual().name("refuse-circuit").start(() -> {
                    try {
                        CircuitTransport.refuse(stream, Status.RESOURCE_LIMIT_EXCEEDED);
                    } catch (IOException e) {
                        LOG.debug("{}: {}", stream, e.getMessage());
                    } finally {
                        channel.close();
                    }
                });
            } else {
                channel.close();
            }
        }
    }

    // ---- listening

    /** Keeps places with the relays in {@code addresses}; the connections go to the host itself. */
    @Override
    public void bind(List<Multiaddr> addresses, Consumer<Incoming> acceptor) throws IOException {
        for (Multiaddr address : addresses) {
            CircuitAddress circuit = CircuitAddress.of(address);
            Multiaddr relay = circuit.relayAddress()
                    .orElseThrow(() -> new UnsupportedAddressException(
                            "cannot listen on " + address + ": it does not say where the relay is"));
            wanted.add(relay.withPeerId(circuit.relay()));
        }
    }

    @Override
    public void start() {
        accepting = true;
        wanted.forEach(behind().reservations()::keep);
    }

    @Override
    public List<Multiaddr> addresses() {
        return behind().reservations().addresses();
    }

    @Override
    public void stopListening() {
        accepting = false;
    }

    @Override
    public void close() {
        accepting = false;
    }
}
