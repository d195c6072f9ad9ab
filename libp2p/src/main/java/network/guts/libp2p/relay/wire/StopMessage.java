package network.guts.libp2p.relay.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.host.ConnectionLimit;
import network.guts.libp2p.relay.proto.StopMessagePb;

/** What a relay and the target of a circuit say to each other. */
public sealed interface StopMessage {
    /** The protocol's id. */
    String PROTOCOL = "/libp2p/circuit/relay/0.2.0/stop";

    /** As go-libp2p. */
    int MAX_ENCODED = 4096;

    /**
     * Somebody wants to connect.
     *
     * @param source who, as the relay says
     * @param limit of the circuit; empty: it has none
     */
    record Connect(PeerId source, Optional<ConnectionLimit> limit) implements StopMessage {}

    /** The target's answer. */
    record Answer(Status status) implements StopMessage {}

    /**
     * @throws MalformedException if it is no message of this protocol
     */
    static StopMessage parse(byte[] encoded) throws MalformedException {
        StopMessagePb message;
        try {
            message = StopMessagePb.parseFrom(encoded);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("stop message is no protobuf", e);
        }
        if (!message.hasType()) {
            throw new MalformedException("stop message without a type that is known");
        }
        return switch (message.getType()) {
            case CONNECT ->
                new Connect(
                        Messages.peer(message.hasPeer(), message.getPeer()),
                        message.hasLimit() ? Optional.of(Messages.limit(message.getLimit())) : Optional.empty());
            case STATUS -> new Answer(Messages.status(message.hasStatus(), message.getStatus()));
        };
    }

    /** As it travels. */
    default byte[] encode() {
        StopMessagePb.Builder message = StopMessagePb.newBuilder();
        switch (this) {
            case Connect(PeerId source, Optional<ConnectionLimit> limit) -> {
                message.setType(StopMessagePb.Type.CONNECT).setPeer(Messages.peer(source));
                limit.ifPresent(allowed -> message.setLimit(Messages.limit(allowed)));
            }
            case Answer(Status status) ->
                message.setType(StopMessagePb.Type.STATUS).setStatus(status.code());
        }
        return message.build().toByteArray();
    }
}
