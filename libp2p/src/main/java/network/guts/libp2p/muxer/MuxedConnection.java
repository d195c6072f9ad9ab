package network.guts.libp2p.muxer;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.MemoryBudget;

/** A secured connection that carries many streams. Blocking, thread-safe, for virtual threads. */
public interface MuxedConnection extends Closeable {
    /**
     * Opens a stream. Costs no round trip; waits only while too many streams of ours are not yet acknowledged.
     *
     * @throws IOException if the connection ended, or the wait took longer than {@code timeout}
     */
    MuxedStream open(Duration timeout) throws IOException;

    /**
     * Waits for the next stream that the remote opens.
     *
     * @throws IOException with the reason, once the connection has ended
     */
    MuxedStream accept() throws IOException;

    /** Streams that are open at the moment, both ways. */
    int streams();

    /** The last round trip that the muxer itself measured. */
    Optional<Duration> roundTrip();

    /**
     * True, once in a while, if nothing was heard from the remote for so long that somebody should ask it something. A
     * muxer with pings of its own never says so.
     */
    default boolean keepAliveDue() {
        return false;
    }

    boolean isOpen();

    /** Why it ended; empty while it is open. */
    Optional<String> endReason();

    /** Says go-away, and ends the connection and all of its streams. Never blocks for the remote. */
    void close(String reason);

    /** The same, with a code where the muxer has them. */
    default void close(ErrorCode code, String reason) {
        close(reason);
    }

    /** From where to reserve what its streams hold; to be called before the first of them is used. */
    default void budget(MemoryBudget budget) {}

    @Override
    default void close() {
        close("closed here");
    }
}
