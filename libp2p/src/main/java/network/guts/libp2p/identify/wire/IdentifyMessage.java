package network.guts.libp2p.identify.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.libp2p.identify.proto.IdentifyPb;

/**
 * What a peer says of itself. A field that a remote left out or filled with something unusable is empty: a push may hold
 * some of the fields alone.
 *
 * @param publicKey the protobuf encoding of its key, unverified
 * @param addresses at most {@link #MAX_ADDRESSES}; those of unknown protocols are left out
 * @param protocols at most {@link #MAX_PROTOCOLS}, without unprintable ones
 * @param observed where it sees the one it talks to
 * @param record unverified
 */
public record IdentifyMessage(
        Optional<PublicKey> publicKey,
        List<Multiaddr> addresses,
        Set<String> protocols,
        Optional<Multiaddr> observed,
        Optional<String> protocolVersion,
        Optional<String> agentVersion,
        Optional<SignedEnvelope> record) {
    /** As other implementations: 8 KiB, all parts of a message together. */
    public static final int MAX_RECEIVED = 8 * 1024;

    /** rust-libp2p reads 4 KiB. */
    public static final int MAX_SENT = 4 * 1024;

    /** As many as a signed record may hold. */
    private static final int MAX_ADDRESSES = 64;

    /** A kubo node serves about 30. */
    private static final int MAX_PROTOCOLS = 256;

    private static final int MAX_PROTOCOL_ID = 256;
    private static final int MAX_VERSION = 128;

    public IdentifyMessage {
        addresses = List.copyOf(addresses);
        protocols = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(protocols));
    }

    /**
     * Reads the parts of a message, which are merged as protobuf does it.
     *
     * @throws MalformedException if they are no protobuf, or the key is malformed
     */
    public static IdentifyMessage parse(List<byte[]> parts) throws MalformedException {
        IdentifyPb.Builder merged = IdentifyPb.newBuilder();
        try {
            for (byte[] part : parts) {
                merged.mergeFrom(part);
            }
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("identify is no protobuf", e);
        }
        Optional<PublicKey> key = merged.hasPublicKey()
                ? Optional.of(PublicKey.parse(merged.getPublicKey().toByteArray()))
                : Optional.empty();
        return new IdentifyMessage(
                key,
                addresses(merged.getListenAddrsList()),
                protocols(merged.getProtocolsList()),
                merged.hasObservedAddr()
                        ? Multiaddr.tryParse(merged.getObservedAddr().toByteArray())
                        : Optional.empty(),
                merged.hasProtocolVersion() ? Optional.of(printable(merged.getProtocolVersion())) : Optional.empty(),
                merged.hasAgentVersion() ? Optional.of(printable(merged.getAgentVersion())) : Optional.empty(),
                merged.hasSignedPeerRecord() ? record(merged.getSignedPeerRecord()) : Optional.empty());
    }

    private static List<Multiaddr> addresses(List<ByteString> encoded) {
        List<Multiaddr> addresses = new ArrayList<>();
        for (ByteString address : encoded.subList(0, Math.min(encoded.size(), MAX_ADDRESSES))) {
            Multiaddr.tryParse(address.toByteArray()).ifPresent(addresses::add);
        }
        return addresses;
    }

    private static Set<String> protocols(Collection<String> said) {
        Set<String> protocols = new LinkedHashSet<>();
        for (String id : said) {
            boolean valid = !id.isEmpty()
                    && id.length() <= MAX_PROTOCOL_ID
                    && id.chars().allMatch(c -> c > 0x20 && c < 0x7f);
            if (valid && protocols.size() < MAX_PROTOCOLS) {
                protocols.add(id);
            }
        }
        return protocols;
    }

    /** An envelope that cannot be read is as if it were not there: the rest of the message may be of use. */
    private static Optional<SignedEnvelope> record(ByteString encoded) {
        try {
            return Optional.of(SignedEnvelope.parse(encoded.toByteArray()));
        } catch (MalformedException unusable) {
            return Optional.empty();
        }
    }

    /** What people may see of a remote's text: printable ASCII, and not endless. */
    private static String printable(String text) {
        StringBuilder clean = new StringBuilder();
        text.chars().limit(MAX_VERSION).forEach(c -> clean.append(c >= 0x20 && c < 0x7f ? (char) c : '?'));
        return clean.toString();
    }

    /** The encoding, of at most {@link #MAX_SENT} bytes: plain addresses, which the record repeats, are left out first. */
    public byte[] encode() {
        IdentifyPb.Builder message = IdentifyPb.newBuilder();
        publicKey.ifPresent(key -> message.setPublicKey(ByteString.copyFrom(key.encoded())));
        observed.ifPresent(address -> message.setObservedAddr(ByteString.copyFrom(address.toBytes())));
        protocolVersion.ifPresent(message::setProtocolVersion);
        agentVersion.ifPresent(message::setAgentVersion);
        record.ifPresent(envelope -> message.setSignedPeerRecord(
                ByteString.copyFrom(envelope.encoded().toArray())));
        message.addAllProtocols(protocols);
        addresses.forEach(address -> message.addListenAddrs(ByteString.copyFrom(address.toBytes())));
        byte[] encoded = message.build().toByteArray();
        while (encoded.length > MAX_SENT && message.getListenAddrsCount() > 0) {
            List<ByteString> fewer =
                    List.copyOf(message.getListenAddrsList().subList(0, message.getListenAddrsCount() - 1));
            message.clearListenAddrs().addAllListenAddrs(fewer);
            encoded = message.build().toByteArray();
        }
        if (encoded.length > MAX_SENT) {
            encoded = message.clearSignedPeerRecord().build().toByteArray();
        }
        return encoded;
    }
}
