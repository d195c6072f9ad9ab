package network.guts.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import network.guts.core.wire.proto.EnvelopePb;

/**
 * A signed envelope of libp2p's RFC 0002. An instance has been parsed, not verified: {@link #verify} is the only way to
 * its payload, and asks for the domain and the payload type that the caller expects.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md">RFC 0002</a>
 */
public final class SignedEnvelope {
    /** The largest envelope that is read, in bytes; the largest payload in use (a chain's identity) is 16 KiB. */
    public static final int MAX_ENCODED = 64 * 1024;

    private final Bytes encoded;
    private final PublicKey key;
    private final Bytes payloadType;
    private final Bytes payload;
    private final Bytes signature;

    private SignedEnvelope(Bytes encoded, PublicKey key, Bytes payloadType, Bytes payload, Bytes signature) {
        this.encoded = encoded;
        this.key = key;
        this.payloadType = payloadType;
        this.payload = payload;
        this.signature = signature;
    }

    /** Signs {@code payload} for {@code domain}. */
    public static SignedEnvelope seal(PrivateKey key, String domain, byte[] payloadType, byte[] payload) {
        byte[] signature = key.sign(signedBytes(domain, payloadType, payload));
        EnvelopePb envelope = EnvelopePb.newBuilder()
                .setPublicKey(ByteString.copyFrom(key.publicKey().encoded()))
                .setPayloadType(ByteString.copyFrom(payloadType))
                .setPayload(ByteString.copyFrom(payload))
                .setSignature(ByteString.copyFrom(signature))
                .build();
        return new SignedEnvelope(
                Bytes.of(envelope.toByteArray()),
                key.publicKey(),
                Bytes.of(payloadType),
                Bytes.of(payload),
                Bytes.of(signature));
    }

    /**
     * Parses an envelope without trusting it.
     *
     * @throws MalformedException if it is larger than {@link #MAX_ENCODED}, no protobuf, or its key is not supported
     */
    public static SignedEnvelope parse(byte[] encoded) throws MalformedException {
        if (encoded.length > MAX_ENCODED) {
            throw new MalformedException("envelope of " + encoded.length + " bytes");
        }
        try {
            EnvelopePb envelope = EnvelopePb.parseFrom(encoded);
            return new SignedEnvelope(
                    Bytes.of(encoded),
                    PublicKey.parse(envelope.getPublicKey().toByteArray()),
                    Bytes.of(envelope.getPayloadType().toByteArray()),
                    Bytes.of(envelope.getPayload().toByteArray()),
                    Bytes.of(envelope.getSignature().toByteArray()));
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("envelope is no protobuf", e);
        }
    }

    /**
     * The payload, if the signature holds for this domain and the type is the expected one.
     *
     * @throws MalformedException if either does not hold
     */
    public byte[] verify(String domain, byte[] expectedType) throws MalformedException {
        if (!payloadType.equals(Bytes.of(expectedType))) {
            throw new MalformedException("envelope holds another type of payload");
        }
        byte[] data = payload.toArray();
        if (!key.verify(signedBytes(domain, expectedType, data), signature.toArray())) {
            throw new MalformedException("bad signature by " + key.peerId());
        }
        return data;
    }

    /** Who signed, if {@link #verify} holds. */
    public PublicKey key() {
        return key;
    }

    /** The exact bytes that were parsed or made. */
    public Bytes encoded() {
        return encoded;
    }

    private static byte[] signedBytes(String domain, byte[] payloadType, byte[] payload) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(payload.length + 64);
        for (byte[] part : new byte[][] {domain.getBytes(StandardCharsets.UTF_8), payloadType, payload}) {
            Varint.write(bytes, part.length);
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SignedEnvelope envelope && encoded.equals(envelope.encoded);
    }

    @Override
    public int hashCode() {
        return encoded.hashCode();
    }

    @Override
    public String toString() {
        return "SignedEnvelope of " + payload.size() + " bytes by " + key.peerId();
    }
}
