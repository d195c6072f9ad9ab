package network.guts.libp2p.relay.wire;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionLimit;
import network.guts.libp2p.relay.proto.CircuitPeerPb;
import network.guts.libp2p.relay.proto.LimitPb;

/** What both protocols of a relay have in common. */
final class Messages {
    /** The last second that has four digits of year: what is later is no time. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private Messages() {}

    static Instant instant(long seconds) throws MalformedException {
        if (seconds < 0 || seconds > LAST_SECOND) {
            throw new MalformedException("a time that is none");
        }
        return Instant.ofEpochSecond(seconds);
    }

    static PeerId peer(boolean present, CircuitPeerPb peer) throws MalformedException {
        if (!present || !peer.hasId()) {
            throw new MalformedException("a circuit with nobody at its end");
        }
        return PeerId.parse(peer.getId().toByteArray());
    }

    static CircuitPeerPb peer(PeerId peer) {
        return CircuitPeerPb.newBuilder()
                .setId(ByteString.copyFrom(peer.toBytes()))
                .build();
    }

    static Status status(boolean present, int code) throws MalformedException {
        if (!present) {
            throw new MalformedException("an answer without a status");
        }
        return Status.of(code).orElseThrow(() -> new MalformedException("status " + code + " is not known"));
    }

    /** A number of zero says that there is no bound, and so does one that is left out. */
    static ConnectionLimit limit(LimitPb limit) {
        return new ConnectionLimit(
                Duration.ofSeconds(Integer.toUnsignedLong(limit.getDuration())),
                limit.getData() > 0 ? OptionalLong.of(limit.getData()) : OptionalLong.empty());
    }

    static LimitPb limit(ConnectionLimit limit) {
        return LimitPb.newBuilder()
                .setDuration((int) Math.min(limit.duration().toSeconds(), Integer.MAX_VALUE))
                .setData(limit.bytes().orElse(0))
                .build();
    }

    /** At most {@code most} addresses; those of protocols that are not known here are left out. */
    static List<Multiaddr> addresses(List<ByteString> encoded, int most) {
        List<Multiaddr> addresses = new ArrayList<>();
        for (ByteString address : encoded.subList(0, Math.min(encoded.size(), most))) {
            Optional<Multiaddr> parsed = Multiaddr.tryParse(address.toByteArray());
            parsed.ifPresent(addresses::add);
        }
        return addresses;
    }
}
