package network.guts.libp2p.multistream;

import java.io.IOException;

/** What a negotiation runs on: a raw connection, a secured one, a stream. */
public interface Duplex {
    /** Reads at least one byte; -1 at the end. */
    int read(byte[] buffer, int offset, int length) throws IOException;

    /** Writes all of it, or stages it until something is waited for. */
    void write(byte[] buffer, int offset, int length) throws IOException;

    /** Lets out what is staged. */
    default void flush() throws IOException {}
}
