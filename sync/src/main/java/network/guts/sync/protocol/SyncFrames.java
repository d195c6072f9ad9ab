package network.guts.sync.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import network.guts.core.MalformedException;
import network.guts.core.Varint;
import network.guts.core.host.Stream;
import network.guts.sync.wire.SyncCodec;
import network.guts.sync.wire.SyncMessage;
import org.jspecify.annotations.Nullable;

/** Frames of one stream, with an eye on silence. One thread reads. */
final class SyncFrames {
    /** How often a silent read looks up whether it may go on waiting. */
    private static final Duration LONGEST_SLICE = Duration.ofSeconds(1);

    /** Decides, after a while without a byte, whether that is too long. */
    @FunctionalInterface
    interface Patience {
        /**
         * @param withinFrame a frame has begun
         * @throws IOException if the silence has lasted too long
         */
        void silent(Duration silence, boolean withinFrame) throws IOException;
    }

    private final Stream stream;
    private final int maxFrame;
    private final Patience patience;
    private final Runnable heard;
    private long lastByte = System.nanoTime();

    /**
     * @param silence the shortest time that {@code patience} has to notice
     * @param heard told whenever bytes came in
     */
    SyncFrames(Stream stream, int maxFrame, Duration silence, Patience patience, Runnable heard) {
        this.stream = stream;
        this.maxFrame = maxFrame;
        this.patience = patience;
        this.heard = heard;
        Duration slice = silence.dividedBy(4);
        stream.readTimeout(slice.compareTo(LONGEST_SLICE) < 0 ? slice : LONGEST_SLICE);
    }

    /** When the last byte came, as {@link System#nanoTime}. */
    long lastByte() {
        return lastByte;
    }

    /** The next message; null if the remote closed its side before one began. */
    @Nullable SyncMessage read() throws IOException {
        byte[] one = new byte[1];
        long length = 0;
        for (int count = 0; ; count++) {
            if (count == Varint.MAX_BYTES) {
                throw new MalformedException("message length is no varint");
            }
            if (fill(one, 0, count > 0) < 0) {
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
        if (length > maxFrame) {
            throw new TooLargeException("message of " + length + " bytes, at most " + maxFrame + " are allowed");
        }
        byte[] frame = new byte[(int) length];
        int done = 0;
        while (done < frame.length) {
            int count = fill(frame, done, true);
            if (count < 0) {
                throw new EOFException("stream ended after " + done + " of " + length + " bytes");
            }
            done += count;
        }
        return SyncCodec.parse(frame);
    }

    private int fill(byte[] target, int offset, boolean withinFrame) throws IOException {
        long since = System.nanoTime();
        while (true) {
            try {
                int count = stream.read(target, offset, target.length - offset);
                lastByte = System.nanoTime();
                heard.run();
                return count;
            } catch (SocketTimeoutException silence) {
                patience.silent(Duration.ofNanos(System.nanoTime() - since), withinFrame);
            }
        }
    }

    /** A frame over the limit: an error of its own in the protocol. */
    static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLargeException(String message) {
            super(message);
        }
    }
}
