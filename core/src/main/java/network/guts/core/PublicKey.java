package network.guts.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import network.guts.core.wire.proto.KeyTypePb;
import network.guts.core.wire.proto.PublicKeyPb;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A public key of the libp2p peer-ids specification. A closed set: what cannot be verified here cannot be constructed.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md">peer-ids</a>
 */
public sealed interface PublicKey {
    /** The largest encoded key that is read: RSA 8192 needs about 1,100 bytes. */
    int MAX_ENCODED = 2048;

    /** The protobuf encoding of the specification, deterministic. */
    byte[] encoded();

    /** True if {@code signature} is this key's signature of {@code message}; false for anything malformed. */
    boolean verify(byte[] message, byte[] signature);

    /** The peer that this key belongs to. */
    default PeerId peerId() {
        return PeerId.of(this);
    }

    /**
     * @throws MalformedException if the bytes are no key, a key type that is not supported, or an unsafe key
     */
    static PublicKey parse(byte[] encoded) throws MalformedException {
        if (encoded.length > MAX_ENCODED) {
            throw new MalformedException("public key of " + encoded.length + " bytes");
        }
        PublicKeyPb key;
        try {
            key = PublicKeyPb.parseFrom(encoded);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("public key is no protobuf", e);
        }
        if (key.getType() != KeyTypePb.ED25519) {
            throw new MalformedException("public keys of type " + key.getType() + " are not supported");
        }
        return Ed25519Key.of(key.getData().toByteArray());
    }

    /** An Ed25519 key (RFC 8032): 32 bytes, a canonical point that is not of small order. */
    record Ed25519Key(Bytes raw) implements PublicKey {
        public Ed25519Key {
            if (raw.size() != Ed25519.PUBLIC_KEY_SIZE) {
                throw new IllegalArgumentException("an Ed25519 key has 32 bytes, not " + raw.size());
            }
        }

        /**
         * @throws MalformedException if {@code raw} is not 32 bytes, no canonical point, or of small order
         */
        public static Ed25519Key of(byte[] raw) throws MalformedException {
            if (raw.length != Ed25519.PUBLIC_KEY_SIZE || !Ed25519.validatePublicKeyPartial(raw, 0)) {
                throw new MalformedException("not a safe Ed25519 public key");
            }
            return new Ed25519Key(Bytes.of(raw));
        }

        @Override
        public byte[] encoded() {
            return PublicKeyPb.newBuilder()
                    .setType(KeyTypePb.ED25519)
                    .setData(ByteString.copyFrom(raw.toArray()))
                    .build()
                    .toByteArray();
        }

        @Override
        public boolean verify(byte[] message, byte[] signature) {
            byte[] key = raw.toArray();
            return signature.length == Ed25519.SIGNATURE_SIZE
                    && Ed25519.validatePublicKeyPartial(key, 0)
                    && Ed25519.verify(signature, 0, key, 0, message, 0, message.length);
        }
    }
}
