package network.guts.libp2p.yamux;

import java.nio.ByteBuffer;
import network.guts.core.MalformedException;
import network.guts.libp2p.limits.TokenBucket;
import org.jspecify.annotations.Nullable;

/** What the connection's reader does with each frame. Frames on streams that are over mean nothing. */
final class Inbound implements FrameParser.Handler {
    /** Pings are answered at this rate; honest ones come every few seconds at most. */
    private static final int PINGS = 100;

    private static final int PINGS_PER_SECOND = 10;

    /** Streams that the remote opened and reset, or opened beyond the limit: each costs us more than the remote. */
    private static final int WASTED_STREAMS = 4000;

    private static final int WASTED_STREAMS_PER_SECOND = 200;

    private final YamuxConnection connection;
    private final boolean initiator;
    private final TokenBucket pings = new TokenBucket(PINGS, PINGS_PER_SECOND, System.nanoTime());
    private final TokenBucket wasted = new TokenBucket(WASTED_STREAMS, WASTED_STREAMS_PER_SECOND, System.nanoTime());

    /** The stream that the data under way is for, if it is still there. */
    private @Nullable YamuxStream target;

    private boolean endsWithData;

    /** The stream whose reader does not know yet that data has come. */
    private @Nullable YamuxStream unwoken;

    Inbound(YamuxConnection connection, boolean initiator) {
        this.connection = connection;
        this.initiator = initiator;
    }

    @Override
    public void header(int type, int flags, int id, long length) throws MalformedException {
        switch (type) {
            case Frame.PING -> ping(flags, (int) length);
            case Frame.GO_AWAY -> connection.goneAway(length);
            default -> stream(type, flags, id, length);
        }
    }

    private void ping(int flags, int number) throws MalformedException {
        if ((flags & Frame.ACK) != 0) {
            connection.pong(number);
        } else if (!pings.take(System.nanoTime())) {
            throw new MalformedException("flood of pings");
        } else {
            connection.answerPing(number);
        }
    }

    private void stream(int type, int flags, int id, long length) throws MalformedException {
        YamuxStream stream = (flags & Frame.SYN) != 0 ? opened(id) : connection.stream(id);
        target = type == Frame.DATA ? stream : null;
        endsWithData = type == Frame.DATA && (flags & Frame.FIN) != 0;
        if (stream == null) {
            return;
        }
        if (stream.ours) {
            connection.acknowledged(stream);
        }
        if ((flags & Frame.RST) != 0) {
            target = null;
            stream.remoteReset(type == Frame.WINDOW_UPDATE ? length : 0);
            if (!stream.ours) {
                waste();
            }
            return;
        }
        if (type == Frame.DATA) {
            stream.announcedData(length);
        } else {
            stream.windowUpdate(length);
            if ((flags & Frame.FIN) != 0) {
                stream.remoteEnded();
            }
        }
    }

    private @Nullable YamuxStream opened(int id) throws MalformedException {
        boolean odd = (id & 1) == 1;
        if (odd == initiator) {
            throw new MalformedException("the remote opened a stream with a number of this side");
        }
        if (connection.stream(id) != null) {
            throw new MalformedException("the remote opened a stream twice");
        }
        YamuxStream stream = connection.arrived(id);
        if (stream == null) {
            waste();
        }
        return stream;
    }

    private void waste() throws MalformedException {
        if (!wasted.take(System.nanoTime())) {
            throw new MalformedException("flood of streams that are reset, or over the limit");
        }
    }

    @Override
    public void data(ByteBuffer part) {
        YamuxStream stream = target;
        if (stream != null) {
            stream.data(part);
            if (!stream.equals(unwoken)) {
                wakeReader();
                unwoken = stream;
            }
        }
    }

    /**
     * Wakes the reader of the data that came last, before the connection's reader waits for more. Threads that wake one
     * another for every record of 16 KiB cost more than the records.
     */
    void wakeReader() {
        YamuxStream stream = unwoken;
        unwoken = null;
        if (stream != null) {
            stream.wakeReader();
        }
    }

    @Override
    public void dataEnd() {
        YamuxStream stream = target;
        target = null;
        if (stream != null && endsWithData) {
            stream.remoteEnded();
        }
    }
}
