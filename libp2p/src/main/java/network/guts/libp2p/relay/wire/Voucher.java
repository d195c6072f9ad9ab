package network.guts.libp2p.relay.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.libp2p.relay.proto.ReservationVoucherPb;

/**
 * A relay's signed word that it keeps a place for a peer: domain {@code libp2p-relay-rsvp}, payload type {@code 03 02}.
 *
 * @param expires whole seconds
 */
public record Voucher(PeerId relay, PeerId peer, Instant expires) {
    private static final String DOMAIN = "libp2p-relay-rsvp";
    private static final byte[] TYPE = {0x03, 0x02};

    /** Signs it; {@code key} must be the relay's. */
    public SignedEnvelope seal(PrivateKey key) {
        if (!key.peerId().equals(relay)) {
            throw new IllegalArgumentException("a relay signs its own vouchers only");
        }
        ReservationVoucherPb voucher = ReservationVoucherPb.newBuilder()
                .setRelay(ByteString.copyFrom(relay.toBytes()))
                .setPeer(ByteString.copyFrom(peer.toBytes()))
                .setExpiration(expires.getEpochSecond())
                .build();
        return SignedEnvelope.seal(key, DOMAIN, TYPE, voucher.toByteArray());
    }

    /**
     * Verifies the envelope and reads the voucher.
     *
     * @throws MalformedException if the signature is wrong, or not that of the relay in it
     */
    public static Voucher open(SignedEnvelope envelope) throws MalformedException {
        ReservationVoucherPb voucher;
        try {
            voucher = ReservationVoucherPb.parseFrom(envelope.verify(DOMAIN, TYPE));
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("reservation voucher is no protobuf", e);
        }
        PeerId relay = PeerId.parse(voucher.getRelay().toByteArray());
        if (!relay.equals(envelope.key().peerId())) {
            throw new MalformedException("reservation voucher signed by somebody else");
        }
        return new Voucher(
                relay, PeerId.parse(voucher.getPeer().toByteArray()), Messages.instant(voucher.getExpiration()));
    }
}
