package network.guts.libp2p.relay;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionLimit;
import network.guts.core.host.Stream;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.relay.wire.HopMessage;
import network.guts.libp2p.relay.wire.HopMessage.Granted;
import network.guts.libp2p.relay.wire.Status;
import network.guts.libp2p.relay.wire.Voucher;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Swarm;
import network.guts.runtime.Frames;

/** Asks a relay. */
final class HopClient {
    private final PeerId self;
    private final Swarm swarm;

    HopClient(PeerId self, Swarm swarm) {
        this.self = self;
        this.swarm = swarm;
    }

    /**
     * A place, as the relay has said; its voucher holds.
     *
     * @param addresses of the relay, without {@code /p2p}
     */
    record Reservation(Instant expires, List<Multiaddr> addresses) {
        Reservation {
            addresses = List.copyOf(addresses);
        }
    }

    /** A stream that the relay carries on to the target. */
    record Opened(Stream stream, Optional<ConnectionLimit> limit) {}

    /**
     * @throws IOException with the relay's reason, if it gives no place
     */
    Reservation reserve(Connection relay, Instant now, Duration timeout) throws IOException {
        try (Stream stream = open(relay, timeout)) {
            HopMessage.Answer answer = ask(stream, new HopMessage.Reserve(), timeout);
            Granted granted = answer.reservation()
                    .orElseThrow(() -> new MalformedException("the relay gives a place and says nothing of it"));
            if (!granted.expires().isAfter(now)) {
                throw new MalformedException("the relay gives a place whose time is over");
            }
            PeerId peer = relay.info().peer();
            if (granted.voucher().isPresent()) {
                Voucher voucher = Voucher.open(granted.voucher().get());
                if (!voucher.relay().equals(peer) || !voucher.peer().equals(self)) {
                    throw new MalformedException("the relay's voucher is another one's");
                }
            }
            return new Reservation(
                    granted.expires(),
                    granted.addresses().stream()
                            .filter(address -> !CircuitAddress.is(address)
                                    && address.peerId().filter(peer::equals).isPresent())
                            .flatMap(address -> address.withoutPeerId().stream())
                            .toList());
        }
    }

    /**
     * @throws IOException with the relay's reason, if it does not get to {@code target}
     */
    Opened connect(Connection relay, PeerId target, Duration timeout) throws IOException {
        Stream stream = open(relay, timeout);
        boolean opened = false;
        try {
            HopMessage.Answer answer = ask(stream, new HopMessage.Connect(target), timeout);
            opened = true;
            return new Opened(stream, answer.limit());
        } finally {
            if (!opened) {
                stream.reset();
            }
        }
    }

    private Stream open(Connection relay, Duration timeout) throws IOException {
        try {
            return swarm.openOn(relay, HopMessage.PROTOCOL, timeout);
        } catch (UnsupportedProtocolException e) {
            throw new IOException(relay.info().peer() + " is no relay", e);
        }
    }

    private static HopMessage.Answer ask(Stream stream, HopMessage request, Duration timeout) throws IOException {
        PeerId relay = stream.connection().peer();
        stream.writeTimeout(timeout);
        stream.readTimeout(timeout);
        Frames.write(stream, request.encode());
        HopMessage reply = HopMessage.parse(Frames.readRequired(stream, HopMessage.MAX_ENCODED));
        if (!(reply instanceof HopMessage.Answer answer)) {
            throw new MalformedException("relay " + relay + " asks instead of answering");
        }
        if (answer.status() != Status.OK) {
            throw new IOException("relay " + relay + ": " + answer.status().text() + " (" + answer.status() + ")");
        }
        return answer;
    }
}
