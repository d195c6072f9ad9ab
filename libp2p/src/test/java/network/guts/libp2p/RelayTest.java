package network.guts.libp2p;

import static network.guts.libp2p.TestNet.ECHO;
import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.address;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerId;
import network.guts.core.PeerRecord;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionLimit;
import network.guts.core.host.Reachability;
import network.guts.core.host.Stream;
import network.guts.libp2p.RelayConfig.Limits;
import network.guts.libp2p.RelayConfig.Service;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.relay.wire.HopMessage;
import network.guts.libp2p.relay.wire.Status;
import network.guts.libp2p.relay.wire.StopMessage;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A relay, hosts that are reached through it, and those who abuse it. */
@ParameterizedClass
@ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
class RelayTest {
    private static final Limits FEW = new Limits(3, 8, Duration.ofHours(1), 8, 2, Duration.ofMinutes(2), 128 * 1024);

    private final String listen;

    @TempDir
    private Path folder;

    private TestNet net;

    RelayTest(String listen) {
        this.listen = listen;
    }

    @BeforeEach
    void begin() {
        net = new TestNet(folder, listen);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    private static UnaryOperator<HostConfig.Builder> relay(Limits limits) {
        return builder -> builder.relay(new RelayConfig(Service.ON, limits, List.of()));
    }

    private static UnaryOperator<HostConfig.Builder> at(Libp2pHost... relays) {
        List<Multiaddr> addresses = new ArrayList<>();
        for (Libp2pHost relay : relays) {
            addresses.add(address(relay).withPeerId(relay.peerId()));
        }
        return builder -> builder.relay(new RelayConfig(Service.OFF, Limits.DEFAULT, addresses));
    }

    private static List<Multiaddr> circuits(Libp2pHost host) {
        return host.addresses().stream()
                .filter(address -> address.has(Part.P2P_CIRCUIT))
                .toList();
    }

    /** A host with a place at the relay, told to others as nothing else. */
    private Libp2pHost reserved(int number, Libp2pHost relay) throws Exception {
        Libp2pHost host = net.host(number, at(relay));
        Await.until("a place with the relay", () -> !circuits(host).isEmpty());
        host.allowLimited(ECHO);
        return host;
    }

    private static ConnectionInfo dialThrough(Libp2pHost from, Libp2pHost to) throws IOException {
        from.allowLimited(ECHO);
        return from.connect(to.peerId(), circuits(to), LONG);
    }

    @Test
    void aHostIsReachedThroughItsRelay() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = reserved(2, relay);
        Libp2pHost dialer = net.host(3);
        Multiaddr circuit = circuits(hidden).getFirst();
        assertThat(circuit.toString()).isEqualTo(address(relay) + "/p2p/" + relay.peerId() + "/p2p-circuit");
        assertThat(PeerRecord.open(hidden.peerRecord()).addresses()).contains(circuit);

        ConnectionInfo info = dialThrough(dialer, hidden);
        assertThat(info.peer()).isEqualTo(hidden.peerId());
        assertThat(info.address()).isEqualTo(circuit);
        assertThat(info.transport()).isEqualTo("p2p-circuit");
        assertThat(info.limit()).contains(new ConnectionLimit(Duration.ofMinutes(2), OptionalLong.of(128 * 1024)));
        talk(dialer, hidden);
        assertThat(dialer.ping(hidden.peerId(), LONG)).isPositive();
        Await.until(
                "identify runs over it",
                () -> hidden.identified(dialer.peerId()).isPresent()
                        && dialer.identified(hidden.peerId()).isPresent());
        ConnectionInfo inbound = hidden.connections().stream()
                .filter(connection -> connection.peer().equals(dialer.peerId()))
                .findFirst()
                .orElseThrow();
        assertThat(inbound.direction()).isEqualTo(ConnectionInfo.Direction.INBOUND);
        assertThat(inbound.transport()).isEqualTo("p2p-circuit");
        assertThat(inbound.limit()).isEqualTo(info.limit());
        assertThat(inbound.address().toString()).endsWith("/p2p/" + relay.peerId() + "/p2p-circuit");
        assertThat(relay.relayStatus().reservations()).isEqualTo(1);
        assertThat(relay.relayStatus().circuits()).isEqualTo(1);
        assertThat(relay.status()).anySatisfy(connection -> {
            assertThat(connection.info().peer()).isEqualTo(hidden.peerId());
            assertThat(connection.protectedPeer()).isTrue();
        });
        assertThat(hidden.relayStatus().relays()).singleElement().satisfies(place -> {
            assertThat(place.relay()).isEqualTo(relay.peerId());
            assertThat(place.expires()).isPresent();
            assertThat(place.problem()).isEmpty();
        });

        dialer.disconnect(hidden.peerId(), "enough");
        Await.until("the relay's place is free", () -> relay.relayStatus().circuits() == 0);
        Await.until("the other end is told", () -> !hidden.isConnected(dialer.peerId()));
    }

    @Test
    void whatIsNotMeantForRelaysDoesNotRunOverThem() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = reserved(2, relay);
        Libp2pHost dialer = net.host(3);
        dialer.connect(hidden.peerId(), circuits(hidden), LONG);
        // On loopback nobody has a public address, so a direct way is soon known not to be.
        Await.until(
                "the holes are given up",
                () -> hidden.whyRelayed(dialer.peerId()).isPresent());
        assertThatThrownBy(() -> dialer.open(hidden.peerId(), List.of(ECHO), Duration.ofSeconds(2)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("only a relayed connection to " + hidden.peerId())
                .hasMessageContaining(ECHO);
        dialer.allowLimited(ECHO);
        talk(dialer, hidden);
    }

    @Test
    void aDirectConnectionIsPreferredAndTheRelayedOneLetGo() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = reserved(2, relay);
        Libp2pHost dialer = net.host(3);
        dialThrough(dialer, hidden);
        ConnectionInfo direct = dialer.connect(hidden.peerId(), List.of(address(hidden)), LONG);
        assertThat(direct.limit()).isEmpty();
        assertThat(direct.address()).isEqualTo(address(hidden));
        try (Stream stream = dialer.open(hidden.peerId(), List.of(ECHO), LONG)) {
            assertThat(stream.connection().id()).isEqualTo(direct.id());
            TestNet.talk(stream);
        }
        Await.until(
                "the relayed one is let go",
                () -> dialer.connections().stream()
                        .noneMatch(connection -> connection.transport().equals("p2p-circuit")));
        assertThat(dialer.isConnected(hidden.peerId())).isTrue();
        talk(dialer, hidden);
    }

    @Test
    void aDialTakesTheDirectAddressFirst() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = reserved(2, relay);
        Libp2pHost dialer = net.host(3);
        assertThat(dialer.connect(hidden.peerId(), hidden.addresses(), LONG).address())
                .isEqualTo(address(hidden));
    }

    @Test
    void bytesOverTheLimitEndTheCircuit() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = reserved(2, relay);
        Libp2pHost dialer = net.host(3);
        dialThrough(dialer, hidden);
        long before = received(hidden, dialer.peerId());
        assertThatThrownBy(() -> {
                    try (Stream stream = TestNet.open(dialer, hidden)) {
                        byte[] much = new byte[16 * 1024];
                        for (int sent = 0; sent < 64; sent++) {
                            stream.write(much);
                            stream.readFully(much, 0, much.length);
                        }
                    }
                })
                .isInstanceOf(IOException.class);
        assertThat(received(hidden, dialer.peerId()) - before).isLessThanOrEqualTo(128 * 1024);
        Await.until("the circuit is gone", () -> relay.relayStatus().circuits() == 0);
        Await.until(
                "both ends see it", () -> !hidden.isConnected(dialer.peerId()) && !dialer.isConnected(hidden.peerId()));
        assertThat(circuits(hidden)).as("the place stays").isNotEmpty();
    }

    private static long received(Libp2pHost host, PeerId from) {
        return host.status().stream()
                .filter(connection -> connection.info().peer().equals(from))
                .mapToLong(ConnectionStatus::bytesRead)
                .sum();
    }

    @Test
    void aCircuitEndsWhenItsTimeIsOver() throws Exception {
        Limits short1 = new Limits(3, 8, Duration.ofHours(1), 8, 2, Duration.ofSeconds(1), 128 * 1024);
        Libp2pHost relay = net.host(1, relay(short1));
        Libp2pHost hidden = reserved(2, relay);
        Libp2pHost dialer = net.host(3);
        assertThat(dialThrough(dialer, hidden).limit().orElseThrow().duration()).isEqualTo(Duration.ofSeconds(1));
        Await.until("the circuit is gone", () -> relay.relayStatus().circuits() == 0);
        Await.until(
                "both ends see it", () -> !hidden.isConnected(dialer.peerId()) && !dialer.isConnected(hidden.peerId()));
    }

    @Test
    void aRelayThatEndsIsAskedAgainWhenItIsBack() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Multiaddr there = address(relay);
        Libp2pHost hidden = reserved(2, relay);
        relay.close();
        Await.until("the address is gone", () -> circuits(hidden).isEmpty());
        assertThat(hidden.relayStatus().relays().getFirst().expires()).isEmpty();
        net.host(1, relay(Limits.DEFAULT).andThen(builder -> builder.listen(there))::apply);
        Await.until("the address is back", () -> {
            hidden.forgetFailures(relay.peerId());
            return !circuits(hidden).isEmpty();
        });
    }

    @Test
    void whoCannotBeReachedTakesARelayAmongItsPeers() throws Exception {
        Libp2pHost relay =
                net.host(1, builder -> builder.relay(new RelayConfig(Service.AUTO, Limits.DEFAULT, List.of())));
        Libp2pHost hidden = net.host(2);
        connect(hidden, relay);
        hidden.assumeReachability(Reachability.PRIVATE);
        assertThat(relay.relayStatus().serving()).isFalse();
        relay.assumeReachability(Reachability.PUBLIC);
        assertThat(relay.relayStatus().serving()).isTrue();
        Await.until("a place is taken", () -> !circuits(hidden).isEmpty());
        Libp2pHost dialer = net.host(3);
        dialThrough(dialer, hidden);
        talk(dialer, hidden);
        hidden.assumeReachability(Reachability.PUBLIC);
        assertThat(circuits(hidden)).isEmpty();
        relay.assumeReachability(Reachability.PRIVATE);
        assertThat(relay.relayStatus().serving()).isFalse();
        Await.until("its circuits end", () -> !dialer.isConnected(hidden.peerId()));
    }

    // ---- what a relay refuses

    /** One request on a stream of its own. */
    private static HopMessage.Answer ask(Libp2pHost from, Libp2pHost relay, byte[] request) throws IOException {
        try (Stream stream = from.open(relay.peerId(), List.of(HopMessage.PROTOCOL), LONG)) {
            Frames.write(stream, request);
            return (HopMessage.Answer) HopMessage.parse(Frames.readRequired(stream, HopMessage.MAX_ENCODED));
        }
    }

    @Test
    void whatIsNoRequestIsAnsweredWithItsStatus() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost stranger = net.host(2);
        connect(stranger, relay);
        assertThat(ask(stranger, relay, new byte[] {1, 2, 3}).status()).isEqualTo(Status.MALFORMED_MESSAGE);
        assertThat(ask(stranger, relay, new byte[0]).status()).isEqualTo(Status.MALFORMED_MESSAGE);
        assertThat(ask(stranger, relay, new HopMessage.Answer(Status.OK).encode())
                        .status())
                .isEqualTo(Status.UNEXPECTED_MESSAGE);
        assertThat(ask(stranger, relay, new HopMessage.Connect(Keys.peer(9)).encode())
                        .status())
                .isEqualTo(Status.NO_RESERVATION);
        assertThat(ask(stranger, relay, new HopMessage.Connect(relay.peerId()).encode())
                        .status())
                .isEqualTo(Status.NO_RESERVATION);
        HopMessage.Answer granted = ask(stranger, relay, new HopMessage.Reserve().encode());
        assertThat(granted.status()).isEqualTo(Status.OK);
        assertThat(granted.reservation().orElseThrow().voucher()).isPresent();
        assertThat(ask(stranger, relay, new HopMessage.Connect(stranger.peerId()).encode())
                        .status())
                .as("a circuit to itself")
                .isEqualTo(Status.PERMISSION_DENIED);
        assertThat(relay.relayStatus().circuits()).isZero();
    }

    @Test
    void aFloodOfReservationsFindsAnEnd() throws Exception {
        Libp2pHost relay = net.host(1, relay(FEW));
        for (int number = 10; number < 13; number++) {
            Libp2pHost peer = net.host(number);
            connect(peer, relay);
            for (int round = 0; round < 20; round++) {
                assertThat(ask(peer, relay, new HopMessage.Reserve().encode()).status())
                        .isEqualTo(Status.OK);
            }
        }
        Libp2pHost late = net.host(13);
        connect(late, relay);
        for (int round = 0; round < 20; round++) {
            assertThat(ask(late, relay, new HopMessage.Reserve().encode()).status())
                    .isEqualTo(Status.RESERVATION_REFUSED);
        }
        assertThat(relay.relayStatus().reservations()).isEqualTo(3);
        assertThat(relay.openStreams()).isLessThan(20);
    }

    @Test
    void moreCircuitsThanAllowedAreRefused() throws Exception {
        Libp2pHost relay = net.host(1, relay(FEW));
        Libp2pHost hidden = reserved(2, relay);
        List<Libp2pHost> dialers = new ArrayList<>();
        for (int number = 10; number < 12; number++) {
            Libp2pHost dialer = net.host(number);
            dialThrough(dialer, hidden);
            dialers.add(dialer);
        }
        Libp2pHost third = net.host(12);
        assertThatThrownBy(() -> dialThrough(third, hidden))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("RESOURCE_LIMIT_EXCEEDED");
        talk(dialers.getFirst(), hidden);
    }

    @Test
    void whatComesThroughARelayCountsAsAnyConnection() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = net.host(
                2,
                builder -> at(relay)
                        .apply(builder)
                        .limits(network.guts.libp2p.limits.Limits.scaled(128 << 20)
                                .with(Level.SYSTEM, Resource.CONNECTIONS_INBOUND, 1)));
        Await.until("a place with the relay", () -> !circuits(hidden).isEmpty());
        hidden.allowLimited(ECHO);
        Libp2pHost first = net.host(3);
        Libp2pHost second = net.host(4);
        dialThrough(first, hidden);
        talk(first, hidden);
        assertThatThrownBy(() -> dialThrough(second, hidden)).isInstanceOf(IOException.class);
        assertThat(hidden.refusals()).isEqualTo(java.util.Map.of("system.connections_inbound", 1L));
        talk(first, hidden);
        first.disconnect(hidden.peerId(), "makes room");
        Await.until("there is room", () -> !hidden.isConnected(first.peerId()));
        second.forgetFailures(hidden.peerId());
        dialThrough(second, hidden);
        talk(second, hidden);
        hidden.gate(rules -> rules.withLists(List.of(GateEntry.of(second.peerId())), List.of()));
        Await.until("a denied one is gone, too", () -> !hidden.isConnected(second.peerId()));
        Await.until("nothing is left of it", () -> hidden.limits().system().used(Resource.CONNECTIONS_INBOUND) == 0);
        assertThat(hidden.isConnected(relay.peerId())).isTrue();
    }

    @Test
    void aPlaceEndsWithTheConnection() throws Exception {
        Libp2pHost relay = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost hidden = reserved(2, relay);
        List<Multiaddr> old = circuits(hidden);
        hidden.close();
        Await.until("the place is free", () -> relay.relayStatus().reservations() == 0);
        Libp2pHost dialer = net.host(3);
        assertThatThrownBy(() -> dialer.connect(hidden.peerId(), old, LONG))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the peer has no reservation there (NO_RESERVATION)");
    }

    @Test
    void placesExpireAndAreRenewed() throws Exception {
        TestClock clock = new TestClock();
        Libp2pHost relay = net.host(1, clock, relay(Limits.DEFAULT));
        Libp2pHost hidden = net.host(2, clock, at(relay));
        Await.until("a place with the relay", () -> !circuits(hidden).isEmpty());
        Libp2pHost idle = net.host(3, clock, builder -> builder);
        connect(idle, relay);
        ask(idle, relay, new HopMessage.Reserve().encode());
        assertThat(relay.relayStatus().reservations()).isEqualTo(2);
        var first = hidden.relayStatus().relays().getFirst().expires();
        clock.advance(Duration.ofMinutes(50));
        Await.until(
                "it is renewed",
                () -> !hidden.relayStatus().relays().getFirst().expires().equals(first));
        clock.advance(Duration.ofMinutes(15));
        Await.until("the other one has expired", () -> relay.relayStatus().reservations() == 1);
        assertThat(circuits(hidden)).isNotEmpty();
    }

    @Test
    void nothingIsGivenOverARelay() throws Exception {
        Libp2pHost outer = net.host(1, relay(Limits.DEFAULT));
        Libp2pHost inner = net.host(
                2,
                builder -> builder.relay(new RelayConfig(
                        Service.ON, Limits.DEFAULT, List.of(address(outer).withPeerId(outer.peerId())))));
        Await.until("a place with the relay", () -> !circuits(inner).isEmpty());
        Libp2pHost hidden = reserved(3, inner);
        Libp2pHost stranger = net.host(4);
        stranger.connect(inner.peerId(), circuits(inner), LONG);
        stranger.allowLimited(HopMessage.PROTOCOL);
        assertThat(ask(stranger, inner, new HopMessage.Reserve().encode()).status())
                .isEqualTo(Status.PERMISSION_DENIED);
        assertThat(ask(stranger, inner, new HopMessage.Connect(hidden.peerId()).encode())
                        .status())
                .isEqualTo(Status.PERMISSION_DENIED);
        assertThat(inner.relayStatus().reservations()).isEqualTo(1);
    }

    @Test
    void nobodyComesThroughARelayThatWasNotAsked() throws Exception {
        Libp2pHost target = net.host(1);
        Libp2pHost pusher = net.host(2);
        connect(pusher, target);
        try (Stream stream = pusher.open(target.peerId(), List.of(StopMessage.PROTOCOL), LONG)) {
            Frames.write(stream, new StopMessage.Connect(Keys.peer(9), Optional.empty()).encode());
            assertThat(StopMessage.parse(Frames.readRequired(stream, StopMessage.MAX_ENCODED)))
                    .isEqualTo(new StopMessage.Answer(Status.PERMISSION_DENIED));
        }
        try (Stream stream = pusher.open(target.peerId(), List.of(StopMessage.PROTOCOL), LONG)) {
            Frames.write(stream, new StopMessage.Answer(Status.OK).encode());
            assertThat(StopMessage.parse(Frames.readRequired(stream, StopMessage.MAX_ENCODED)))
                    .isEqualTo(new StopMessage.Answer(Status.UNEXPECTED_MESSAGE));
        }
        try (Stream stream = pusher.open(target.peerId(), List.of(StopMessage.PROTOCOL), LONG)) {
            Frames.write(stream, new byte[] {9, 9});
            assertThat(StopMessage.parse(Frames.readRequired(stream, StopMessage.MAX_ENCODED)))
                    .isEqualTo(new StopMessage.Answer(Status.MALFORMED_MESSAGE));
        }
    }

    @Test
    void aRelayThatNamesAnotherPeerIsFoundOut() throws Exception {
        Libp2pHost liar = net.host(1);
        liar.handle(HopMessage.PROTOCOL, stream -> {
            Frames.readRequired(stream, HopMessage.MAX_ENCODED);
            HopMessage.Granted granted = new HopMessage.Granted(
                    InstantSource.system().instant().plusSeconds(3600), List.of(), Optional.empty());
            Frames.write(stream, new HopMessage.Answer(Status.OK, Optional.of(granted), Optional.empty()).encode());
        });
        Libp2pHost hidden = net.host(2, at(liar));
        Await.until("a place with the relay", () -> !circuits(hidden).isEmpty());
        assertThat(circuits(hidden))
                .containsExactly(Keys.address(address(liar) + "/p2p/" + liar.peerId() + "/p2p-circuit"));
        // What the relay carries is a connection of its own, with another name on it.
        try (Stream stream = liar.open(hidden.peerId(), List.of(StopMessage.PROTOCOL), LONG)) {
            Frames.write(stream, new StopMessage.Connect(Keys.peer(9), Optional.empty()).encode());
            assertThat(StopMessage.parse(Frames.readRequired(stream, StopMessage.MAX_ENCODED)))
                    .isEqualTo(new StopMessage.Answer(Status.OK));
            stream.write(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
            byte[] rest = new byte[4096];
            Await.until("the connection is refused", () -> {
                try {
                    return stream.read(rest, 0, rest.length) < 0;
                } catch (IOException reset) {
                    return true;
                }
            });
        }
        assertThat(hidden.isConnected(Keys.peer(9))).isFalse();
    }

    @Test
    void aDialThroughWhatIsNoRelaySaysSo() throws Exception {
        Libp2pHost ordinary = net.host(1);
        Libp2pHost dialer = net.host(2);
        Multiaddr circuit = Keys.address(address(ordinary) + "/p2p/" + ordinary.peerId() + "/p2p-circuit");
        assertThatThrownBy(() -> dialer.connect(Keys.peer(9), List.of(circuit), LONG))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(ordinary.peerId() + " is no relay");
        Libp2pHost other = net.host(3);
        assertThatThrownBy(() -> other.connect(ordinary.peerId(), List.of(circuit), LONG))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no relay between them");
    }
}
