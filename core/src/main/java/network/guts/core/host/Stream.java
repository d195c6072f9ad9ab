package network.guts.core.host;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;

/**
 * A bidirectional byte stream to a peer, for one protocol. Blocking, for virtual threads: a reader waits for bytes, a
 * writer waits for the remote's window, so back-pressure reaches from end to end. One thread may read while another
 * writes; any thread may reset.
 *
 * <p>Every wait is bounded by the time-outs, {@link #DEFAULT_TIMEOUT} unless set otherwise; a wait that runs out throws
 * {@link java.net.SocketTimeoutException} and leaves the stream usable.
 */
public interface Stream extends Closeable {
    /** How long a read or a write waits unless told otherwise. */
    Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    /** The connection that carries this stream; its peer is authenticated. */
    ConnectionInfo connection();

    /** The negotiated protocol id. */
    String protocol();

    /** How long one {@code read} may wait. */
    void readTimeout(Duration timeout);

    /** How long one {@code write} may wait for the remote to read. */
    void writeTimeout(Duration timeout);

    /**
     * Reads at least one byte.
     *
     * @return the number of bytes read, or -1 once the remote has closed its side and everything was read
     * @throws StreamResetException if either side reset the stream
     * @throws IOException if the connection ended
     */
    int read(byte[] buffer, int offset, int length) throws IOException;

    /**
     * Writes all of it, and hands it to the connection at once: write whole messages, not single bytes.
     *
     * @throws StreamResetException if either side reset the stream
     * @throws IOException if this side was closed before, or the connection ended
     */
    void write(byte[] buffer, int offset, int length) throws IOException;

    default void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    /**
     * Fills {@code buffer[offset, offset + length)}.
     *
     * @throws EOFException if the remote closed its side before
     */
    default void readFully(byte[] buffer, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int count = read(buffer, offset + done, length - done);
            if (count < 0) {
                throw new EOFException("stream ended after " + done + " of " + length + " bytes");
            }
            done += count;
        }
    }

    /** Ends this side, behind all that was written. Reading goes on. */
    void closeWrite() throws IOException;

    /** Ends both sides at once and throws away what is under way. Never blocks, may be called twice. */
    void reset();

    /** Ends this side, and lets go of the other: what still comes is thrown away. Never blocks for the remote. */
    @Override
    void close();
}
