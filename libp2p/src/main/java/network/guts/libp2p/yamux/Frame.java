package network.guts.libp2p.yamux;

import java.nio.ByteBuffer;

/**
 * What a Yamux header says: twelve bytes, big endian: version, type, flags (2), stream (4), length (4).
 *
 * @see <a href="https://github.com/hashicorp/yamux/blob/master/spec.md">Yamux</a>
 */
final class Frame {
    static final int HEADER = 12;
    static final int VERSION = 0;

    static final int DATA = 0;
    static final int WINDOW_UPDATE = 1;
    static final int PING = 2;
    static final int GO_AWAY = 3;

    static final int SYN = 1;
    static final int ACK = 2;
    static final int FIN = 4;
    static final int RST = 8;
    static final int ALL_FLAGS = SYN | ACK | FIN | RST;

    static final int NORMAL = 0;
    static final int PROTOCOL_ERROR = 1;
    static final int INTERNAL_ERROR = 2;

    /** Every stream begins with this window, in both directions. */
    static final int INITIAL_WINDOW = 256 * 1024;

    /**
     * The largest data frame accepted: js-libp2p fills a window, which grows to 16 MiB, with a single one. Nothing is held
     * for it, as data passes through; a stream's own window is the closer bound.
     */
    static final int MAX_DATA = 16 << 20;

    /** The largest data sent in a frame, so that a frame fills one record of Noise: 65535 less tag and header. */
    static final int MAX_SENT = 65535 - 16 - HEADER;

    private Frame() {}

    static void put(byte[] target, int at, int type, int flags, int stream, int length) {
        target[at] = VERSION;
        target[at + 1] = (byte) type;
        target[at + 2] = (byte) (flags >>> 8);
        target[at + 3] = (byte) flags;
        putInt(target, at + 4, stream);
        putInt(target, at + 8, length);
    }

    static void put(ByteBuffer target, int at, int type, int flags, int stream, int length) {
        target.put(at, (byte) VERSION);
        target.put(at + 1, (byte) type);
        target.putShort(at + 2, (short) flags);
        target.putInt(at + 4, stream);
        target.putInt(at + 8, length);
    }

    private static void putInt(byte[] target, int at, int value) {
        target[at] = (byte) (value >>> 24);
        target[at + 1] = (byte) (value >>> 16);
        target[at + 2] = (byte) (value >>> 8);
        target[at + 3] = (byte) value;
    }
}
