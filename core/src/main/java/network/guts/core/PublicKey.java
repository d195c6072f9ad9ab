package network.guts.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Arrays;
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
        if (!key.hasType()) {
            // Also where the type is a number that the specification does not have.
            throw new MalformedException("public key of no known type");
        }
        byte[] data = key.getData().toByteArray();
        PublicKey parsed = switch (key.getType()) {
            case ED25519 -> Ed25519Key.of(data);
            case SECP256K1 -> Secp256k1Key.of(data);
            case ECDSA -> EcdsaKey.of(data);
            case RSA -> RsaKey.of(data);
        };
        // Fields that are unknown, doubled or in another order would give one key several peer ids.
        if (!Arrays.equals(parsed.encoded(), encoded)) {
            throw new MalformedException("public key that is not encoded canonically");
        }
        return parsed;
    }

    /**
     * As {@link #parse}, for records that Ed25519 keys alone may sign.
     *
     * @throws MalformedException if the bytes are no safe Ed25519 key
     */
    static Ed25519Key parseEd25519(byte[] encoded) throws MalformedException {
        if (parse(encoded) instanceof Ed25519Key key) {
            return key;
        }
        throw new MalformedException("a key of another kind than Ed25519, which alone may sign this");
    }

    /** As the specification names the kind of key. */
    String type();

    private static byte[] encode(KeyTypePb type, Bytes data) {
        return PublicKeyPb.newBuilder()
                .setType(type)
                .setData(ByteString.copyFrom(data.toArray()))
                .build()
                .toByteArray();
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
            return encode(KeyTypePb.ED25519, raw);
        }

        @Override
        public String type() {
            return "Ed25519";
        }

        @Override
        public boolean verify(byte[] message, byte[] signature) {
            byte[] key = raw.toArray();
            return signature.length == Ed25519.SIGNATURE_SIZE
                    && Ed25519.validatePublicKeyPartial(key, 0)
                    && Ed25519.verify(signature, 0, key, 0, message, 0, message.length);
        }
    }

    /** A key on Bitcoin's curve: the compressed point, 33 bytes. Signs SHA-256 with ECDSA. */
    record Secp256k1Key(Bytes raw) implements PublicKey {
        public Secp256k1Key {
            if (raw.size() != Ecdsa.SECP256K1_BYTES) {
                throw new IllegalArgumentException("a compressed secp256k1 key has 33 bytes, not " + raw.size());
            }
        }

        /**
         * @throws MalformedException if {@code raw} is no compressed point of the curve
         */
        public static Secp256k1Key of(byte[] raw) throws MalformedException {
            if (raw.length != Ecdsa.SECP256K1_BYTES) {
                throw new MalformedException("secp256k1 key of " + raw.length + " bytes, not of 33");
            }
            Ecdsa.point(Ecdsa.SECP256K1, raw);
            return new Secp256k1Key(Bytes.of(raw));
        }

        @Override
        public byte[] encoded() {
            return encode(KeyTypePb.SECP256K1, raw);
        }

        @Override
        public String type() {
            return "secp256k1";
        }

        @Override
        public boolean verify(byte[] message, byte[] signature) {
            return Ecdsa.verify(Ecdsa.SECP256K1, raw.toArray(), message, signature);
        }
    }

    /** A key on P-256, P-384 or P-521: a SubjectPublicKeyInfo in DER. Signs SHA-256 with ECDSA. */
    record EcdsaKey(Bytes spki) implements PublicKey {
        /**
         * @throws MalformedException if {@code spki} is no canonical DER of a point on one of these curves
         */
        public static EcdsaKey of(byte[] spki) throws MalformedException {
            Ecdsa.parse(spki);
            return new EcdsaKey(Bytes.of(spki));
        }

        @Override
        public byte[] encoded() {
            return encode(KeyTypePb.ECDSA, spki);
        }

        @Override
        public String type() {
            return "ECDSA";
        }

        @Override
        public boolean verify(byte[] message, byte[] signature) {
            return Ecdsa.verify(spki.toArray(), message, signature);
        }
    }

    /** An RSA key of 2048 to 8192 bits: a SubjectPublicKeyInfo in DER. Signs SHA-256 with PKCS #1 v1.5. */
    record RsaKey(Bytes spki) implements PublicKey {
        /** What is shorter can be factored. */
        public static final int MIN_BITS = 2048;
        /** What is longer costs the verifier too much. */
        public static final int MAX_BITS = 8192;

        /**
         * @throws MalformedException if {@code spki} is no canonical DER of a safe RSA key
         */
        public static RsaKey of(byte[] spki) throws MalformedException {
            Rsa.parse(spki);
            return new RsaKey(Bytes.of(spki));
        }

        @Override
        public byte[] encoded() {
            return encode(KeyTypePb.RSA, spki);
        }

        @Override
        public String type() {
            return "RSA";
        }

        @Override
        public boolean verify(byte[] message, byte[] signature) {
            return Rsa.verify(spki.toArray(), message, signature);
        }
    }
}
