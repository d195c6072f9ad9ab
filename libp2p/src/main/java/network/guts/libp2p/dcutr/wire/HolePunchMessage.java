package network.guts.libp2p.dcutr.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.libp2p.dcutr.proto.HolePunchPb;

/** What two peers say to each other before both dial. */
public sealed interface HolePunchMessage {
    /** The specification's bound. */
    int MAX_ENCODED = 4096;

    /** A host behind a NAT is seen at two or three addresses; each costs dials of the peer. */
    int MAX_ADDRESSES = 8;

    /**
     * Where the sender may be reached.
     *
     * @param addresses at most {@link #MAX_ADDRESSES}; those of protocols that are not known here are left out
     */
    record Connect(List<Multiaddr> addresses) implements HolePunchMessage {
        public Connect {
            addresses = addresses.stream().limit(MAX_ADDRESSES).toList();
        }
    }

    /** Now. */
    record Sync() implements HolePunchMessage {}

    /**
     * @throws MalformedException if it is no message of this protocol
     */
    static HolePunchMessage parse(byte[] encoded) throws MalformedException {
        HolePunchPb message;
        try {
            message = HolePunchPb.parseFrom(encoded);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("hole punch message is no protobuf", e);
        }
        if (!message.hasType()) {
            throw new MalformedException("hole punch message without a type that is known");
        }
        return switch (message.getType()) {
            case CONNECT -> {
                List<Multiaddr> addresses = new ArrayList<>();
                message.getObsAddrsList().stream()
                        .limit(MAX_ADDRESSES)
                        .forEach(address ->
                                Multiaddr.tryParse(address.toByteArray()).ifPresent(addresses::add));
                yield new Connect(addresses);
            }
            case SYNC -> new Sync();
        };
    }

    /** As it travels. */
    default byte[] encode() {
        HolePunchPb.Builder message = HolePunchPb.newBuilder();
        switch (this) {
            case Connect(List<Multiaddr> addresses) -> {
                message.setType(HolePunchPb.Type.CONNECT);
                addresses.forEach(address -> message.addObsAddrs(ByteString.copyFrom(address.toBytes())));
            }
            case Sync() -> message.setType(HolePunchPb.Type.SYNC);
        }
        return message.build().toByteArray();
    }
}
