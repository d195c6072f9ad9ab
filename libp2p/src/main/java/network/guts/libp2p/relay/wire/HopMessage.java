package network.guts.libp2p.relay.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.ConnectionLimit;
import network.guts.libp2p.relay.proto.HopMessagePb;
import network.guts.libp2p.relay.proto.ReservationPb;

/** What a peer and a relay say to each other. */
public sealed interface HopMessage {
    /** The protocol's id. */
    String PROTOCOL = "/libp2p/circuit/relay/0.2.0/hop";

    /** As go-libp2p: a reservation with a signed voucher and some addresses has about 1 KiB. */
    int MAX_ENCODED = 4096;

    /** Asks for a place. */
    record Reserve() implements HopMessage {}

    /** Asks for a circuit to a peer that has a place. */
    record Connect(PeerId target) implements HopMessage {}

    /**
     * The relay's answer.
     *
     * @param reservation if one was asked for and given
     * @param limit of every circuit; empty: they have none
     */
    record Answer(Status status, Optional<Granted> reservation, Optional<ConnectionLimit> limit) implements HopMessage {
        /** A bare answer. */
        public Answer(Status status) {
            this(status, Optional.empty(), Optional.empty());
        }
    }

    /**
     * A place with a relay.
     *
     * @param addresses of the relay, with its {@code /p2p}, unverified; at most {@link #MAX_ADDRESSES}
     * @param voucher unverified
     */
    record Granted(Instant expires, List<Multiaddr> addresses, Optional<SignedEnvelope> voucher) {
        /** What a relay is reached at by others; more of them only fill the descriptions of those who reserve. */
        public static final int MAX_ADDRESSES = 8;

        public Granted {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * @throws MalformedException if it is no message of this protocol
     */
    static HopMessage parse(byte[] encoded) throws MalformedException {
        HopMessagePb message;
        try {
            message = HopMessagePb.parseFrom(encoded);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("hop message is no protobuf", e);
        }
        if (!message.hasType()) {
            throw new MalformedException("hop message without a type that is known");
        }
        return switch (message.getType()) {
            case RESERVE -> new Reserve();
            case CONNECT -> new Connect(Messages.peer(message.hasPeer(), message.getPeer()));
            case STATUS ->
                new Answer(
                        Messages.status(message.hasStatus(), message.getStatus()),
                        message.hasReservation() ? Optional.of(granted(message.getReservation())) : Optional.empty(),
                        message.hasLimit() ? Optional.of(Messages.limit(message.getLimit())) : Optional.empty());
        };
    }

    private static Granted granted(ReservationPb reservation) throws MalformedException {
        Optional<SignedEnvelope> voucher = reservation.hasVoucher()
                ? Optional.of(SignedEnvelope.parse(reservation.getVoucher().toByteArray()))
                : Optional.empty();
        return new Granted(
                Messages.instant(reservation.getExpire()),
                Messages.addresses(reservation.getAddrsList(), Granted.MAX_ADDRESSES),
                voucher);
    }

    /** As it travels. */
    default byte[] encode() {
        HopMessagePb.Builder message = HopMessagePb.newBuilder();
        switch (this) {
            case Reserve() -> message.setType(HopMessagePb.Type.RESERVE);
            case Connect(PeerId target) ->
                message.setType(HopMessagePb.Type.CONNECT).setPeer(Messages.peer(target));
            case Answer(Status status, Optional<Granted> reservation, Optional<ConnectionLimit> limit) -> {
                message.setType(HopMessagePb.Type.STATUS).setStatus(status.code());
                reservation.ifPresent(granted -> message.setReservation(encode(granted)));
                limit.ifPresent(allowed -> message.setLimit(Messages.limit(allowed)));
            }
        }
        return message.build().toByteArray();
    }

    private static ReservationPb encode(Granted granted) {
        ReservationPb.Builder reservation =
                ReservationPb.newBuilder().setExpire(granted.expires().getEpochSecond());
        granted.addresses().forEach(address -> reservation.addAddrs(ByteString.copyFrom(address.toBytes())));
        granted.voucher()
                .ifPresent(voucher -> reservation.setVoucher(
                        ByteString.copyFrom(voucher.encoded().toArray())));
        return reservation.build();
    }
}
