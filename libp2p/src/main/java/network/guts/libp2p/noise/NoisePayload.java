package network.guts.libp2p.noise;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.libp2p.noise.proto.NoiseExtensionsPb;
import network.guts.libp2p.noise.proto.NoiseHandshakePayloadPb;

/**
 * What libp2p says within the Noise handshake: who this is, proved by a signature over the static key, and which muxers
 * could follow.
 */
record NoisePayload(PublicKey key, List<String> muxers) {
    /** The specification lets a receiver ignore lists that are longer. */
    static final int MAX_MUXERS = 100;

    private static final byte[] DOMAIN = "noise-libp2p-static-key:".getBytes(StandardCharsets.US_ASCII);

    static byte[] encode(PrivateKey identity, byte[] staticKey, List<String> muxers) {
        return encode(identity.publicKey(), sign(identity, staticKey), muxers);
    }

    /**
     * @param signature by {@link #sign}: the same for all handshakes with one static key
     */
    static byte[] encode(PublicKey identity, byte[] signature, List<String> muxers) {
        return NoiseHandshakePayloadPb.newBuilder()
                .setIdentityKey(ByteString.copyFrom(identity.encoded()))
                .setIdentitySig(ByteString.copyFrom(signature))
                .setExtensions(NoiseExtensionsPb.newBuilder().addAllStreamMuxers(muxers))
                .build()
                .toByteArray();
    }

    /** What shows that {@code staticKey} is the host's own. */
    static byte[] sign(PrivateKey identity, byte[] staticKey) {
        return identity.sign(signed(staticKey));
    }

    /**
     * @param staticKey the sender's, from the handshake: the signature must be over it
     * @throws MalformedException if anything about it is wrong
     */
    static NoisePayload verified(byte[] payload, byte[] staticKey) throws MalformedException {
        NoiseHandshakePayloadPb parsed;
        try {
            parsed = NoiseHandshakePayloadPb.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("handshake payload is no protobuf", e);
        }
        if (!parsed.hasIdentityKey()) {
            throw new MalformedException("handshake payload without an identity key");
        }
        PublicKey key = PublicKey.parse(parsed.getIdentityKey().toByteArray());
        if (!key.verify(signed(staticKey), parsed.getIdentitySig().toByteArray())) {
            throw new MalformedException("the handshake's static key is not signed by " + key.peerId());
        }
        List<String> muxers = parsed.getExtensions().getStreamMuxersList();
        return new NoisePayload(key, muxers.size() > MAX_MUXERS ? List.of() : List.copyOf(muxers));
    }

    private static byte[] signed(byte[] staticKey) {
        byte[] message = new byte[DOMAIN.length + staticKey.length];
        System.arraycopy(DOMAIN, 0, message, 0, DOMAIN.length);
        System.arraycopy(staticKey, 0, message, DOMAIN.length, staticKey.length);
        return message;
    }
}
