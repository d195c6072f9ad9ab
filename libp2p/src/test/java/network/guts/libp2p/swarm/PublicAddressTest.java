package network.guts.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.metrics.Metrics;
import network.guts.libp2p.Await;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.Keys;
import network.guts.libp2p.addressbook.StoredAddressBook;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.tcp.AddressResolver;
import network.guts.libp2p.tcp.TcpDialer;
import network.guts.libp2p.tcp.TcpTransport;
import network.guts.libp2p.transport.Incoming;
import network.guts.libp2p.transport.Transport;
import network.guts.libp2p.transport.Transports;
import network.guts.libp2p.upgrade.TcpUpgrader;
import network.guts.libp2p.upgrade.UpgradedConnection;
import network.guts.runtime.Database;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real sockets whose remotes are taken to be at one public address. */
class PublicAddressTest {
    private static final Multiaddr PUBLIC = Keys.address("/ip4/8.8.8.8/tcp/4001");

    @TempDir
    private Path folder;

    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void end() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** Sockets that send nothing; returns how many of them are closed at once, when the others are in their handshake. */
    private int closedOf(int count, UnaryOperator<HostConfig.Builder> settings) throws Exception {
        HostConfig config = settings.apply(HostConfig.of(Keys.key(1))).build();
        InstantSource clock = InstantSource.system();
        Transport transport = new AtPublicAddress(
                new TcpTransport(new TcpDialer(AddressResolver.NUMERIC), new TcpUpgrader(config.identity())));
        Events events = new Events();
        try (Database database = Database.open(folder.resolve("book.db"));
                StoredAddressBook book = new StoredAddressBook(database, clock, Set::of);
                events) {
            Swarm swarm = new Swarm(
                    config,
                    new Transports(transport),
                    book,
                    clock,
                    new Protocols(() -> {}),
                    events,
                    new HostMetrics(Metrics.none()),
                    connection -> {});
            transport.bind(List.of(Keys.address("/ip4/127.0.0.1/tcp/0")), swarm::accepted);
            transport.start();
            int port = transport.addresses().getFirst().port().orElseThrow();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                sockets.add(socket);
                readers.add(Thread.ofVirtual().start(() -> readToEnd(socket)));
            }
            Await.until(
                    "each is in its handshake or closed",
                    () -> swarm.handshakes()
                                    + readers.stream()
                                            .filter(thread -> !thread.isAlive())
                                            .count()
                            == count);
            int handshakes = swarm.handshakes();
            long refused = swarm.resources().refusals().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertThat(refused).isEqualTo(count - handshakes);
            swarm.close();
            transport.close();
            return count - handshakes;
        }
    }

    private static void readToEnd(Socket socket) {
        try {
            assertThat(socket.getInputStream().read()).isNegative();
        } catch (SocketException reset) {
            assertThat(socket.isConnected()).isTrue();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whoComesTooFastIsClosedBeforeTheHandshake() throws Exception {
        assertThat(closedOf(5, config -> config.perIp(100).inboundRate(new InboundRate(0.0001, 3))))
                .isEqualTo(2);
    }

    @Test
    void whoHasTooManyIsClosedBeforeTheHandshake() throws Exception {
        assertThat(closedOf(5, config -> config.perIp(4))).isEqualTo(1);
    }

    @Test
    void anAllowedNetworkHasNeitherBound() throws Exception {
        GateRules rules = GateRules.OPEN.withLists(List.of(), List.of(GateEntry.parse("8.8.8.0/24")));
        assertThat(closedOf(
                        5,
                        config -> config.perIp(1)
                                .inboundRate(new InboundRate(0.0001, 1))
                                .gate(rules)))
                .isZero();
    }

    @Test
    void aDeniedNetworkIsClosedBeforeTheHandshake() throws Exception {
        GateRules rules = GateRules.OPEN.withLists(List.of(GateEntry.parse("8.0.0.0/8")), List.of());
        assertThat(closedOf(5, config -> config.gate(rules))).isEqualTo(5);
    }

    /** TCP whose remotes are at {@link #PUBLIC}. */
    private record AtPublicAddress(TcpTransport tcp) implements Transport {
        @Override
        public String name() {
            return tcp.name();
        }

        @Override
        public boolean handles(Multiaddr address) {
            return tcp.handles(address);
        }

        @Override
        public UpgradedConnection dial(Multiaddr address, Optional<PeerId> expected, Duration timeout)
                throws IOException {
            return tcp.dial(address, expected, timeout);
        }

        @Override
        public void bind(List<Multiaddr> addresses, Consumer<Incoming> acceptor) throws IOException {
            tcp.bind(addresses, incoming -> acceptor.accept(new FromPublicAddress(incoming)));
        }

        @Override
        public void start() {
            tcp.start();
        }

        @Override
        public List<Multiaddr> addresses() {
            return tcp.addresses();
        }

        @Override
        public void stopListening() throws IOException {
            tcp.stopListening();
        }

        @Override
        public void close() throws IOException {
            tcp.close();
        }
    }

    private record FromPublicAddress(Incoming incoming) implements Incoming {
        @Override
        public Multiaddr address() {
            return PUBLIC;
        }

        @Override
        public InetAddress remote() {
            return PUBLIC.ip().orElseThrow();
        }

        @Override
        public String transport() {
            return incoming.transport();
        }

        @Override
        public UpgradedConnection upgrade(Duration timeout) throws IOException {
            return incoming.upgrade(timeout);
        }

        @Override
        public void refuse() {
            incoming.refuse();
        }
    }
}
