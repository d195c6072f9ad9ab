package network.guts.libp2p.multistream;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import network.guts.core.MalformedException;

/** Reads lines behind their lengths, never a byte too many. A read that timed out is taken up where it stopped. */
final class LineReader {
    /** Longer lines are no protocol ids; go-multistream has the same bound. */
    static final int MAX_LINE = 1024;

    private final Duplex source;
    private final byte[] bytes = new byte[MAX_LINE];
    private int length;
    private int lengthBytes;
    private boolean lengthKnown;
    private int filled;

    LineReader(Duplex source) {
        this.source = source;
    }

    /** The next line without its newline. */
    String next() throws IOException {
        byte[] one = new byte[1];
        while (!lengthKnown) {
            if (source.read(one, 0, 1) < 0) {
                throw new EOFException("the remote ended within the negotiation of a protocol");
            }
            length |= (one[0] & 0x7f) << (7 * lengthBytes++);
            lengthKnown = one[0] >= 0;
            if (length > MAX_LINE || !lengthKnown && lengthBytes == 2) {
                throw new MalformedException("multistream line over " + MAX_LINE + " bytes");
            }
        }
        if (length == 0) {
            throw new MalformedException("empty multistream line");
        }
        while (filled < length) {
            int count = source.read(bytes, filled, length - filled);
            if (count < 0) {
                throw new EOFException("the remote ended within the negotiation of a protocol");
            }
            filled += count;
        }
        if (bytes[length - 1] != '\n') {
            throw new MalformedException("multistream line without a newline");
        }
        String line = new String(bytes, 0, length - 1, StandardCharsets.UTF_8);
        length = 0;
        lengthBytes = 0;
        lengthKnown = false;
        filled = 0;
        return line;
    }
}
