package network.guts.gossip.core;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.Varint;

/**
 * A message whose fields are valid. Whoever hands one to the core has checked its signature.
 *
 * @param topic 1 to {@link Limits#MAX_TOPIC_BYTES} bytes
 * @param from who published and signed it
 * @param data at most {@link Limits#MAX_DATA} bytes
 * @param id as {@link #idOf} says
 * @param encoded the protobuf message with its signature, to be forwarded byte for byte
 */
public record SignedMessage(String topic, PeerId from, Bytes data, Bytes id, Bytes encoded) {
    /** The length of an id. */
    public static final int ID_BYTES = 32;

    /**
     * The id that every peer of the network gives a message: SHA-256(uvarint(length of topic) ‖ topic ‖ data). It comes
     * from the content alone, so one announcement relayed by two publishers is one message.
     */
    public static Bytes idOf(String topic, Bytes data) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        MessageDigest digest = Bytes.sha256();
        digest.update(Varint.encode(name.length));
        digest.update(name);
        return Bytes.of(digest.digest(data.toArray()));
    }

    /** What it takes in memory, about. */
    public int weight() {
        return data.size() + encoded.size() + 2 * topic.length();
    }
}
