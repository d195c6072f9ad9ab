package network.guts.libp2p.security;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import network.guts.core.PublicKey;
import network.guts.libp2p.limits.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose remote is authenticated. Blocking. One thread reads while another writes; any thread closes.
 *
 * <p>Reading hands out views instead of filling a caller's buffer: what was decrypted is parsed where it lies.
 */
public interface SecureConnection extends Closeable {
    /** The remote's identity, proved by the handshake. */
    PublicKey remoteKey();

    /** The muxer that was agreed on within the handshake, if one was. */
    Optional<String> earlyMuxer();

    /**
     * Plaintext that came in: of one record, which may have held none. The view is valid until the next call; what the
     * caller leaves unread in it comes again.
     *
     * @return null once the remote has ended its side
     * @throws IOException if the connection broke or what came is not authentic
     */
    @Nullable ByteBuffer read() throws IOException;

    /** True if {@link #read} would not have to wait for the remote. For the thread that reads. */
    boolean isReady();

    /** Writes all that remains in it, blocking as long as the remote does not read. Much is best in a direct buffer. */
    void write(ByteBuffer plaintext) throws IOException;

    /** Ends the outgoing side, behind all that was written. */
    void shutdownOutput() throws IOException;

    /** From where to reserve large buffers; may be called while others read and write. */
    default void budget(MemoryBudget budget) {}

    /** Closes the connection under it; whoever reads or writes gets an {@link IOException}. */
    @Override
    void close();
}
