package network.guts.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.wire.proto.PeerRecordPb;

/**
 * What a peer says, signed, of its own addresses (libp2p's RFC 0003, as it is deployed: domain
 * {@code libp2p-peer-record}, payload type {@code 03 01}). The older form that rust-libp2p sends (domain
 * {@code libp2p-routing-state}) is read and never written.
 *
 * @param peer whose addresses these are: the signer
 * @param sequence rises with every new record of the peer
 * @param addresses at most {@link #MAX_ADDRESSES}
 * @see <a href="https://github.com/libp2p/specs/blob/master/RFC/0003-routing-records.md">RFC 0003</a>
 */
public record PeerRecord(PeerId peer, long sequence, List<Multiaddr> addresses) {
    /** A host with more usable addresses than this has none that matter. */
    public static final int MAX_ADDRESSES = 64;

    private static final String DOMAIN = "libp2p-peer-record";
    private static final byte[] TYPE = {0x03, 0x01};
    private static final String OLD_DOMAIN = "libp2p-routing-state";
    private static final byte[] OLD_TYPE = "/libp2p/routing-state-record".getBytes(StandardCharsets.US_ASCII);

    public PeerRecord {
        addresses = List.copyOf(addresses);
    }

    /** Signs this record; {@code key} must be the peer's. */
    public SignedEnvelope seal(PrivateKey key) {
        if (!key.peerId().equals(peer)) {
            throw new IllegalArgumentException("a peer signs its own record only");
        }
        PeerRecordPb.Builder record = PeerRecordPb.newBuilder()
                .setPeerId(ByteString.copyFrom(peer.toBytes()))
                .setSeq(sequence);
        for (Multiaddr address : addresses) {
            record.addAddressesBuilder().setMultiaddr(ByteString.copyFrom(address.toBytes()));
        }
        return SignedEnvelope.seal(key, DOMAIN, TYPE, record.build().toByteArray());
    }

    /**
     * Verifies the envelope and reads the record. Addresses of protocols that are not known here are left out.
     *
     * @throws MalformedException if the signature is wrong, or the signer is not the peer of the record
     */
    public static PeerRecord open(SignedEnvelope envelope) throws MalformedException {
        PeerRecordPb record;
        try {
            record = PeerRecordPb.parseFrom(payload(envelope));
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("peer record is no protobuf", e);
        }
        PeerId peer = PeerId.parse(record.getPeerId().toByteArray());
        if (!peer.equals(envelope.key().peerId())) {
            throw new MalformedException("peer record signed by somebody else");
        }
        if (record.getAddressesCount() > MAX_ADDRESSES) {
            throw new MalformedException("peer record with " + record.getAddressesCount() + " addresses");
        }
        List<Multiaddr> addresses = new ArrayList<>();
        for (PeerRecordPb.AddressInfoPb address : record.getAddressesList()) {
            Multiaddr.tryParse(address.getMultiaddr().toByteArray()).ifPresent(addresses::add);
        }
        return new PeerRecord(peer, record.getSeq(), addresses);
    }

    private static byte[] payload(SignedEnvelope envelope) throws MalformedException {
        try {
            return envelope.verify(DOMAIN, TYPE);
        } catch (MalformedException notTheDeployedForm) {
            return envelope.verify(OLD_DOMAIN, OLD_TYPE);
        }
    }
}
