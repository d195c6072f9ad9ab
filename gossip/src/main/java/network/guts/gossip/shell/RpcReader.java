package network.guts.gossip.shell;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import network.guts.core.MalformedException;
import network.guts.core.Varint;
import network.guts.core.host.Stream;
import network.guts.gossip.core.Limits;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames off an inbound stream. Between two frames a peer may be silent for ever; within one it may not, and memory
 * grows only as bytes arrive, whatever length they claim.
 */
final class RpcReader {
    /** A frame that has begun must be whole by then. */
    static final Duration FRAME_TIMEOUT = Duration.ofSeconds(30);

    private static final Duration IDLE_LOOK_ROUND = Duration.ofMinutes(5);
    private static final int FIRST_BUFFER = 16 * 1024;

    private final Stream stream;
    private final Duration frameTimeout;
    private final byte[] one = new byte[1];

    RpcReader(Stream stream, Duration frameTimeout) {
        this.stream = stream;
        this.frameTimeout = frameTimeout;
    }

    /**
     * The next frame; null if the remote ended its side before one began.
     *
     * @throws MalformedException if its length is over {@link Limits#MAX_RPC} or no varint
     * @throws SocketTimeoutException if it is not whole within the time-out
     */
    byte @Nullable [] next() throws IOException {
        if (!awaitFirst()) {
            return null;
        }
        long deadline = System.nanoTime() + frameTimeout.toNanos();
        long length = one[0] & 0x7f;
        for (int count = 1; one[0] < 0; count++) {
            if (count == Varint.MAX_BYTES) {
                throw new MalformedException("message length is no varint");
            }
            read(one, 0, 1, deadline);
            length |= (long) (one[0] & 0x7f) << (7 * count);
        }
        if (length > Limits.MAX_RPC) {
            throw new MalformedException("RPC of " + length + " bytes, at most " + Limits.MAX_RPC + " are allowed");
        }
        byte[] frame = new byte[(int) Math.min(length, FIRST_BUFFER)];
        int filled = 0;
        while (filled < length) {
            if (filled == frame.length) {
                frame = Arrays.copyOf(frame, (int) Math.min(length, 2L * filled));
            }
            filled += read(frame, filled, frame.length - filled, deadline);
        }
        return frame;
    }

    private boolean awaitFirst() throws IOException {
        stream.readTimeout(IDLE_LOOK_ROUND);
        int count = 0;
        while (count == 0) {
            try {
                count = stream.read(one, 0, 1);
            } catch (SocketTimeoutException idle) {
                // Silence is no fault: the muxer's keep-alive finds out who is dead.
                count = 0;
            }
        }
        return count > 0;
    }

    private int read(byte[] buffer, int offset, int length, long deadline) throws IOException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("a frame was not whole within " + frameTimeout.toSeconds() + " s");
        }
        stream.readTimeout(Duration.ofNanos(left));
        int count = stream.read(buffer, offset, length);
        if (count < 0) {
            throw new EOFException("stream ended within a frame");
        }
        return count;
    }
}
