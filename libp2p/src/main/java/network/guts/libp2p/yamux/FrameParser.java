package network.guts.libp2p.yamux;

import java.nio.ByteBuffer;
import network.guts.core.MalformedException;

/** Cuts incoming bytes into frames, wherever they are split. Holds a header at most: data passes through. */
final class FrameParser {
    /** What is told of each frame, in this order. */
    interface Handler {
        /** A header; the length is unsigned, and bounded for data. */
        void header(int type, int flags, int stream, long length) throws MalformedException;

        /** A part of the data that was announced; to be consumed whole. */
        void data(ByteBuffer part);

        /** The announced data, which may have been none, is complete. */
        void dataEnd();
    }

    private final Handler handler;
    private final ByteBuffer header = ByteBuffer.allocate(Frame.HEADER);
    private int dataLeft;

    FrameParser(Handler handler) {
        this.handler = handler;
    }

    /** Consumes all of {@code in}. */
    void feed(ByteBuffer in) throws MalformedException {
        while (in.hasRemaining()) {
            if (dataLeft > 0) {
                int end = in.limit();
                int count = Math.min(dataLeft, in.remaining());
                int next = in.position() + count;
                handler.data(in.limit(next));
                in.limit(end).position(next);
                dataLeft -= count;
                if (dataLeft == 0) {
                    handler.dataEnd();
                }
            } else {
                while (in.hasRemaining() && header.hasRemaining()) {
                    header.put(in.get());
                }
                if (!header.hasRemaining()) {
                    header();
                    header.clear();
                }
            }
        }
    }

    private void header() throws MalformedException {
        int version = Byte.toUnsignedInt(header.get(0));
        int type = Byte.toUnsignedInt(header.get(1));
        int flags = Short.toUnsignedInt(header.getShort(2));
        int stream = header.getInt(4);
        long length = Integer.toUnsignedLong(header.getInt(8));
        if (version != Frame.VERSION) {
            throw new MalformedException("frame of version " + version);
        }
        if (type > Frame.GO_AWAY) {
            throw new MalformedException("frame of type " + type);
        }
        if ((flags & ~Frame.ALL_FLAGS) != 0) {
            throw new MalformedException("frame with flags " + flags);
        }
        if ((type == Frame.DATA || type == Frame.WINDOW_UPDATE) == (stream == 0)) {
            throw new MalformedException("frame of type " + type + " on stream " + Integer.toUnsignedLong(stream));
        }
        if (type == Frame.DATA && length > Frame.MAX_DATA) {
            throw new MalformedException("data frame of " + length + " bytes");
        }
        handler.header(type, flags, stream, length);
        if (type == Frame.DATA) {
            dataLeft = (int) length;
            if (dataLeft == 0) {
                handler.dataEnd();
            }
        }
    }
}
