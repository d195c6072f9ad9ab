package network.guts.runtime;

import java.io.EOFException;
import java.io.IOException;
import network.guts.core.MalformedException;
import network.guts.core.Varint;
import network.guts.core.host.Stream;
import org.jspecify.annotations.Nullable;

/** Messages on a stream, each behind its length as an unsigned varint: the framing of nearly every libp2p protocol. */
public final class Frames {
    private Frames() {}

    /**
     * Reads one message; null if the remote closed its side before a message began.
     *
     * @throws MalformedException if the length is over {@code maxBytes} or no varint
     * @throws EOFException if the stream ends within the message
     */
    public static byte @Nullable [] read(Stream stream, int maxBytes) throws IOException {
        byte[] one = new byte[1];
        long length = 0;
        for (int count = 0; ; count++) {
            if (count == Varint.MAX_BYTES) {
                throw new MalformedException("message length is no varint");
            }
            if (stream.read(one, 0, 1) < 0) {
                if (count == 0) {
                    return null;
                }
                throw new EOFException("stream ended within a message's length");
            }
            length |= (long) (one[0] & 0x7f) << (7 * count);
            if (one[0] >= 0) {
                break;
            }
        }
        if (length > maxBytes) {
            throw new MalformedException("message of " + length + " bytes, at most " + maxBytes + " are allowed");
        }
        byte[] message = new byte[(int) length];
        stream.readFully(message, 0, message.length);
        return message;
    }

    /**
     * Reads one message that must be there.
     *
     * @throws EOFException if the remote closed its side instead
     */
    public static byte[] readRequired(Stream stream, int maxBytes) throws IOException {
        byte[] message = read(stream, maxBytes);
        if (message == null) {
            throw new EOFException("stream ended where a message was expected");
        }
        return message;
    }

    /** Writes one message with its length, in one write. */
    public static void write(Stream stream, byte[] message) throws IOException {
        int prefix = Varint.size(message.length);
        byte[] frame = new byte[prefix + message.length];
        Varint.put(frame, 0, message.length);
        System.arraycopy(message, 0, frame, prefix, message.length);
        stream.write(frame);
    }
}
