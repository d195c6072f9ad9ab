package network.guts.libp2p;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.core.Multiaddr;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.HostListener;
import network.guts.core.host.Reachability;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.libp2p.NatConfig.Autonat;
import network.guts.libp2p.NatConfig.Scope;
import network.guts.libp2p.autonat.wire.AutonatMessage;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialStatus;
import network.guts.libp2p.autonat.wire.AutonatMessage.ResponseStatus;
import network.guts.libp2p.autonat.wire.DialBackMessage;
import network.guts.libp2p.gate.GateEntry;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AutoNAT v2 between real hosts on loopback. */
class AutonatTest {
    private static final String DIAL_REQUEST = "/libp2p/autonat/2/dial-request";
    private static final String DIAL_BACK = "/libp2p/autonat/2/dial-back";

    @TempDir
    Path folder;

    private TestNet net;

    @BeforeEach
    void start() {
        net = new TestNet(folder);
    }

    @AfterEach
    void stop() throws IOException {
        net.close();
    }

    private Libp2pHost host(int number, Autonat mode, String... listen) throws IOException {
        return host(number, new NatConfig(mode, Scope.LOOPBACK, Optional.empty()), listen);
    }

    private Libp2pHost host(int number, NatConfig nat, String... listen) throws IOException {
        List<Multiaddr> addresses =
                java.util.Arrays.stream(listen).map(Keys::address).toList();
        return net.host(number, builder -> (listen.length == 0 ? builder : builder.listen(addresses)).nat(nat));
    }

    /** A port where nobody listens. */
    private static Multiaddr closed() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Keys.address("/ip4/127.0.0.1/tcp/" + socket.getLocalPort());
        }
    }

    private static void ask(Stream stream, long nonce, Multiaddr... addresses) throws IOException {
        List<Optional<Multiaddr>> all =
                java.util.Arrays.stream(addresses).map(Optional::of).toList();
        Frames.write(stream, new DialRequest(all, nonce).encode());
    }

    private static AutonatMessage read(Stream stream) throws IOException {
        return AutonatMessage.parse(Frames.readRequired(stream, AutonatMessage.MAX_BYTES));
    }

    private static Stream open(Libp2pHost from, Libp2pHost to) throws IOException {
        TestNet.connect(from, to);
        return from.open(to.peerId(), List.of(DIAL_REQUEST), TestNet.LONG);
    }

    /** What the server answers to a client that only asks. */
    private static AutonatMessage answer(Libp2pHost client, Libp2pHost server, Multiaddr... addresses)
            throws IOException {
        try (Stream stream = open(client, server)) {
            ask(stream, 1, addresses);
            return read(stream);
        }
    }

    private static AutonatMessage refusal(ResponseStatus status) {
        return new DialResponse(status, 0, DialStatus.UNUSED);
    }

    /** A client by hand: takes dial-backs and tells how they came. */
    private record Back(ConnectionInfo connection, long nonce) {}

    private static BlockingQueue<Back> takeBacks(Libp2pHost client) {
        BlockingQueue<Back> backs = new LinkedBlockingQueue<>();
        client.handle(DIAL_BACK, stream -> {
            DialBackMessage message = DialBackMessage.parse(Frames.readRequired(stream, DialBackMessage.MAX_BYTES));
            backs.add(new Back(stream.connection(), message.nonce()));
            Frames.write(stream, DialBackMessage.answer());
        });
        return backs;
    }

    // The server, and what may be done to it.

    @ParameterizedTest
    @ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
    void the_server_dials_back_from_another_port_under_another_name(String listen) throws Exception {
        Libp2pHost server = host(1, Autonat.ON, listen);
        Libp2pHost client = host(2, Autonat.OFF, listen);
        BlockingQueue<Back> backs = takeBacks(client);
        try (Stream stream = open(client, server)) {
            ask(stream, 77, client.addresses().getFirst());
            assertThat(read(stream)).isEqualTo(new DialResponse(ResponseStatus.OK, 0, DialStatus.OK));
        }
        Back back = backs.poll(30, TimeUnit.SECONDS);
        assertThat(back.nonce()).isEqualTo(77);
        assertThat(back.connection().peer()).isNotEqualTo(server.peerId());
        assertThat(back.connection().address()).isNotEqualTo(server.addresses().getFirst());
        Await.until(
                "the dial-back's connection ends", () -> client.connections().size() == 1);
    }

    @Test
    void the_server_does_not_dial_a_denied_network_for_anybody() throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF);
        Multiaddr elsewhere = Keys.address("/ip4/127.0.0.2/tcp/4001");
        assertThat(answer(client, server, elsewhere)).isInstanceOf(DialDataRequest.class);
        GateEntry denied = GateEntry.parse("127.0.0.2/32");
        server.gate(rules -> rules.withLists(List.of(denied), List.of()));
        assertThat(answer(client, server, elsewhere)).isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
    }

    @Test
    void in_a_closed_network_the_server_dials_as_itself() throws Exception {
        NatConfig nat = new NatConfig(Autonat.ON, Scope.LOOPBACK, Optional.empty());
        Libp2pHost server = net.host(1, builder -> builder.nat(nat).members(List.of(Keys.peer(1), Keys.peer(2))));
        Libp2pHost client = net.host(
                2, builder -> builder.nat(nat.autonat(Autonat.OFF)).members(List.of(Keys.peer(1), Keys.peer(2))));
        BlockingQueue<Back> backs = takeBacks(client);
        assertThat(answer(client, server, client.addresses().getFirst()))
                .isEqualTo(new DialResponse(ResponseStatus.OK, 0, DialStatus.OK));
        assertThat(backs.poll(30, TimeUnit.SECONDS).connection().peer()).isEqualTo(server.peerId());
    }

    @Test
    void an_address_where_nobody_listens_is_said_to_be_unreachable() throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF);
        assertThat(answer(client, server, closed()))
                .isEqualTo(new DialResponse(ResponseStatus.OK, 0, DialStatus.E_DIAL_ERROR));
    }

    @Test
    void where_somebody_else_listens_nobody_gets_the_nonce() throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF);
        Libp2pHost other = host(3, Autonat.OFF);
        BlockingQueue<Back> backs = takeBacks(other);
        assertThat(answer(client, server, other.addresses().getFirst()))
                .isEqualTo(new DialResponse(ResponseStatus.OK, 0, DialStatus.E_DIAL_ERROR));
        assertThat(backs).isEmpty();
    }

    @Test
    void a_client_that_takes_no_nonce_is_told_so() throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF);
        assertThat(answer(client, server, client.addresses().getFirst()))
                .isEqualTo(new DialResponse(ResponseStatus.OK, 0, DialStatus.E_DIAL_BACK_ERROR));
    }

    @Test
    void what_is_not_to_be_dialled_is_refused() throws Exception {
        Libp2pHost open = host(1, Autonat.ON);
        Libp2pHost strict = host(2, NatConfig.DEFAULT.autonat(Autonat.ON));
        Libp2pHost client = host(3, Autonat.OFF);
        Multiaddr own = client.addresses().getFirst();
        assertThat(answer(client, strict, own)).isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
        assertThat(answer(client, open, Keys.address("/ip4/10.1.2.3/tcp/80"), Keys.address("/dns4/localhost/tcp/80")))
                .isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
        assertThat(answer(client, open)).isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
        // The next one that may be dialled is.
        assertThat(answer(client, open, Keys.address("/ip4/10.1.2.3/tcp/80"), own))
                .isEqualTo(new DialResponse(ResponseStatus.OK, 1, DialStatus.E_DIAL_BACK_ERROR));
    }

    @Test
    void an_address_elsewhere_is_dialled_only_for_data() throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF, TestNet.TCP, "/ip4/127.0.0.2/tcp/0");
        Multiaddr elsewhere = client.addresses().stream()
                .filter(address -> address.toString().startsWith("/ip4/127.0.0.2/"))
                .findFirst()
                .orElseThrow();
        BlockingQueue<Back> backs = takeBacks(client);
        try (Stream stream = open(client, server)) {
            ask(stream, 5, elsewhere);
            DialDataRequest wanted = (DialDataRequest) read(stream);
            assertThat(wanted.index()).isZero();
            assertThat(wanted.bytes()).isBetween(30_000L, 100_000L);
            assertThat(backs).isEmpty();
            for (long left = wanted.bytes(); left > 0; left -= 4096) {
                Frames.write(stream, new DialDataResponse(4096).encode());
            }
            assertThat(read(stream)).isEqualTo(new DialResponse(ResponseStatus.OK, 0, DialStatus.OK));
        }
        assertThat(backs.poll(30, TimeUnit.SECONDS).nonce()).isEqualTo(5);
    }

    @Test
    void a_client_that_does_not_pay_is_not_dialled() throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF, TestNet.TCP, "/ip4/127.0.0.2/tcp/0");
        Multiaddr elsewhere = client.addresses().stream()
                .filter(address -> address.toString().startsWith("/ip4/127.0.0.2/"))
                .findFirst()
                .orElseThrow();
        BlockingQueue<Back> backs = takeBacks(client);
        for (AutonatMessage cheat :
                List.of(new DialDataResponse(1), new DialDataResponse(0), new DialRequest(List.of(), 3))) {
            Stream stream = open(client, server);
            ask(stream, 5, elsewhere);
            assertThat(read(stream)).isInstanceOf(DialDataRequest.class);
            Frames.write(stream, cheat.encode());
            assertThat(catchThrowable(() -> read(stream))).isInstanceOf(IOException.class);
        }
        assertThat(backs).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ff", "0a05", "1a00", "2200"})
    void a_request_that_is_none_is_answered_by_a_reset(String hex) throws Exception {
        Libp2pHost server = host(1, Autonat.ON);
        Libp2pHost client = host(2, Autonat.OFF);
        Stream stream = open(client, server);
        Frames.write(stream, java.util.HexFormat.of().parseHex(hex));
        assertThat(catchThrowable(() -> read(stream))).isInstanceOf(IOException.class);
        assertThat(answer(client, server)).isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
    }

    @Test
    void a_client_that_asks_too_often_is_rejected() throws Exception {
        TestClock clock = new TestClock();
        NatConfig nat = new NatConfig(Autonat.ON, Scope.LOOPBACK, Optional.empty());
        Libp2pHost server = net.host(1, clock, builder -> builder.nat(nat));
        Libp2pHost client = host(2, Autonat.OFF);
        for (int i = 0; i < 12; i++) {
            assertThat(answer(client, server)).isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
        }
        assertThat(answer(client, server)).isEqualTo(refusal(ResponseStatus.E_REQUEST_REJECTED));
        clock.advance(java.time.Duration.ofMinutes(1));
        assertThat(answer(client, server)).isEqualTo(refusal(ResponseStatus.E_DIAL_REFUSED));
    }

    // The client, and what servers may do to it.

    /** A host that asks, and the servers that it knows. */
    private Libp2pHost clientOf(List<Libp2pHost> servers, HostListener listener) throws IOException {
        Libp2pHost client = host(20, Autonat.AUTO);
        client.listen(listener);
        for (Libp2pHost server : servers) {
            TestNet.connect(client, server);
        }
        return client;
    }

    private List<Libp2pHost> servers(int count, StreamHandler instead) throws IOException {
        List<Libp2pHost> servers = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            Libp2pHost server = host(number, Autonat.OFF);
            server.handle(DIAL_REQUEST, instead);
            servers.add(server);
        }
        return servers;
    }

    /** Waits until the client has heard enough. */
    private static void end(Stream stream) {
        try {
            while (stream.read(new byte[4096], 0, 4096) >= 0) {
                stream.readTimeout(TestNet.LONG);
            }
        } catch (IOException reset) {
            return;
        }
    }

    private static Reachability of(Libp2pHost host, int address) {
        return host.addressStatus().get(address).reachability();
    }

    @ParameterizedTest
    @ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
    void two_servers_that_reach_it_make_a_host_reachable(String listen) throws Exception {
        BlockingQueue<Reachability> heard = new LinkedBlockingQueue<>();
        Libp2pHost client = host(20, Autonat.AUTO, listen);
        client.listen(new HostListener() {
            @Override
            public void reachabilityChanged(Reachability reachability) {
                heard.add(reachability);
            }
        });
        assertThat(client.reachability()).isEqualTo(Reachability.UNKNOWN);
        TestNet.connect(client, host(1, Autonat.ON, listen));
        TestNet.connect(client, host(2, Autonat.ON, listen));
        assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(Reachability.PUBLIC);
        assertThat(client.reachability()).isEqualTo(Reachability.PUBLIC);
        assertThat(of(client, 0)).isEqualTo(Reachability.PUBLIC);
        assertThat(client.addressStatus().getFirst().told()).isTrue();
    }

    @Test
    void servers_that_say_they_did_not_reach_it_make_it_unreachable_and_it_serves_no_more() throws Exception {
        List<Libp2pHost> servers = servers(2, stream -> {
            read(stream);
            Frames.write(stream, new DialResponse(ResponseStatus.OK, 0, DialStatus.E_DIAL_ERROR).encode());
        });
        Libp2pHost client = clientOf(servers, new HostListener() {});
        Await.until("the host is known to be unreachable", () -> client.reachability() == Reachability.PRIVATE);
        assertThat(of(client, 0)).isEqualTo(Reachability.PRIVATE);
        Await.until(
                "nobody is told that it serves",
                () -> servers.getFirst()
                        .identified(client.peerId())
                        .filter(said -> !said.protocols().contains(DIAL_REQUEST)
                                && said.protocols().contains(DIAL_BACK))
                        .isPresent());
    }

    @Test
    void servers_that_lie_are_not_believed() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(6);
        StreamHandler liar = stream -> {
            int kind = asked.getAndIncrement() % 6;
            DialRequest request = (DialRequest) read(stream);
            AutonatMessage lie = switch (kind) {
                // No dial-back at all, or one with another nonce.
                case 0, 1 -> new DialResponse(ResponseStatus.OK, 0, DialStatus.OK);
                case 2 -> new DialResponse(ResponseStatus.OK, 7, DialStatus.E_DIAL_ERROR);
                case 3 -> new DialResponse(ResponseStatus.OK, 0, DialStatus.UNUSED);
                case 4 -> new DialDataRequest(0, 100_001);
                default -> request;
            };
            Frames.write(stream, lie.encode());
            end(stream);
            all.countDown();
        };
        List<Libp2pHost> servers = servers(6, liar);
        Libp2pHost client = clientOf(servers, new HostListener() {});
        for (Libp2pHost server : servers) {
            try (Stream back = server.open(client.peerId(), List.of(DIAL_BACK), TestNet.LONG)) {
                Frames.write(back, new DialBackMessage(123).encode());
                assertThat(catchThrowable(() -> Frames.readRequired(back, 100))).isInstanceOf(IOException.class);
            }
        }
        assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(client.reachability()).isEqualTo(Reachability.UNKNOWN);
        assertThat(of(client, 0)).isEqualTo(Reachability.UNKNOWN);
    }

    @Test
    void a_nonce_on_a_connection_that_was_there_before_proves_nothing() throws Exception {
        CountDownLatch done = new CountDownLatch(2);
        List<Libp2pHost> servers = new ArrayList<>();
        for (int number = 1; number <= 2; number++) {
            Libp2pHost server = host(number, Autonat.OFF);
            server.handle(DIAL_REQUEST, stream -> {
                DialRequest request = (DialRequest) read(stream);
                try (Stream back = server.open(stream.connection().peer(), List.of(DIAL_BACK), TestNet.LONG)) {
                    Frames.write(back, new DialBackMessage(request.nonce()).encode());
                    Frames.readRequired(back, 100);
                }
                Frames.write(stream, new DialResponse(ResponseStatus.OK, 0, DialStatus.OK).encode());
                end(stream);
                done.countDown();
            });
            servers.add(server);
        }
        Libp2pHost client = clientOf(servers, new HostListener() {});
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(client.reachability()).isEqualTo(Reachability.UNKNOWN);
    }

    @Test
    void a_client_pays_what_it_is_asked_for() throws Exception {
        BlockingQueue<Integer> paid = new LinkedBlockingQueue<>();
        List<Libp2pHost> servers = servers(1, stream -> {
            read(stream);
            Frames.write(stream, new DialDataRequest(0, 30_000).encode());
            int received = 0;
            while (received < 30_000) {
                received += ((DialDataResponse) read(stream)).size();
            }
            paid.add(received);
            Frames.write(stream, refusal(ResponseStatus.E_DIAL_REFUSED).encode());
        });
        clientOf(servers, new HostListener() {});
        assertThat(paid.poll(30, TimeUnit.SECONDS)).isEqualTo(30_000);
    }

    @Test
    void on_the_public_network_loopback_is_not_asked_about_and_nobody_unverified_serves() throws Exception {
        Libp2pHost host = host(1, NatConfig.DEFAULT);
        Libp2pHost other = host(2, NatConfig.DEFAULT);
        TestNet.connect(other, host);
        Await.until(
                "they have identified themselves",
                () -> other.identified(host.peerId()).isPresent());
        assertThat(other.identified(host.peerId()).orElseThrow().protocols())
                .contains(DIAL_BACK)
                .doesNotContain(DIAL_REQUEST);
        assertThat(host.addressStatus()).allMatch(status -> status.reachability() == Reachability.UNKNOWN);
        assertThat(host.reachability()).isEqualTo(Reachability.UNKNOWN);
    }
}
