package network.guts.sync.protocol;

import java.io.ByteArrayOutputStream;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;

/** A value that travels in pieces, in order. */
final class Pieces {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long total = -1;

    void add(long pieceTotal, long offset, Bytes data) throws MalformedException {
        if (total >= 0 && total != pieceTotal || offset != bytes.size()) {
            throw new MalformedException("pieces that do not fit together");
        }
        total = pieceTotal;
        bytes.writeBytes(data.toArray());
    }

    byte[] whole() throws MalformedException {
        if (bytes.size() != total) {
            throw new MalformedException("only " + bytes.size() + " of " + total + " bytes were sent");
        }
        return bytes.toByteArray();
    }
}
