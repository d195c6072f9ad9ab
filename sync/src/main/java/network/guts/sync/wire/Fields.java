package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;

/** What the fields of several records have in common. */
final class Fields {
    static final int HASH = 32;

    /** The end of the year 9999: what every calendar and every language can hold. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private Fields() {}

    static <T extends MessageLite> T parse(Parser<T> parser, byte[] bytes, int limit, String what)
            throws MalformedException {
        if (bytes.length > limit) {
            throw new MalformedException(what + " of " + bytes.length + " bytes, at most " + limit + " are allowed");
        }
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException(what + " is no protobuf", e);
        }
    }

    static ByteString of(Bytes bytes) {
        return ByteString.copyFrom(bytes.toArray());
    }

    static Bytes hash(ByteString bytes, String what) throws MalformedException {
        if (bytes.size() != HASH) {
            throw new MalformedException(what + " is no hash of 32 bytes");
        }
        return Bytes.of(bytes.toByteArray());
    }

    static Optional<Bytes> optionalHash(ByteString bytes, String what) throws MalformedException {
        return bytes.isEmpty() ? Optional.empty() : Optional.of(hash(bytes, what));
    }

    static RepositoryId repository(ByteString bytes) throws MalformedException {
        Multihash hash = Multihash.parse(bytes.toByteArray());
        if (hash.code() != Multihash.SHA2_256) {
            throw new MalformedException("a repository id is a sha2-256 multihash");
        }
        return new RepositoryId(hash);
    }

    static ObjectId objectId(ByteString bytes) throws MalformedException {
        if (bytes.size() != ObjectId.BYTES) {
            throw new MalformedException("an object id has 20 bytes, not " + bytes.size());
        }
        return new ObjectId(Bytes.of(bytes.toByteArray()));
    }

    static PackId packId(ByteString bytes) throws MalformedException {
        return new PackId(hash(bytes, "pack id"));
    }

    static long sequence(long value) throws MalformedException {
        if (value < 1) {
            throw new MalformedException("sequences run from 1 to 2^63-1");
        }
        return value;
    }

    static Instant time(long seconds) throws MalformedException {
        if (seconds < 0 || seconds > LAST_SECOND) {
            throw new MalformedException("a time before 1970 or after 9999");
        }
        return Instant.ofEpochSecond(seconds);
    }

    /** Text for people: bounded, and without control characters but the line feeds and tabs that are allowed. */
    static String text(String text, int maxBytes, boolean lines, String what) throws MalformedException {
        if (text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
            throw new MalformedException(what + " longer than " + maxBytes + " bytes");
        }
        boolean controls =
                text.chars().anyMatch(c -> Character.isISOControl(c) && !(lines && (c == '\n' || c == '\t')));
        if (controls) {
            throw new MalformedException(what + " with control characters");
        }
        return text;
    }
}
