package network.guts.libp2p.muxer;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import network.guts.libp2p.limits.ErrorCode;

/**
 * A stream before a protocol was negotiated for it. The methods are those of {@link network.guts.core.host.Stream}, with
 * the same promises.
 */
public interface MuxedStream extends Closeable {
    void readTimeout(Duration timeout);

    void writeTimeout(Duration timeout);

    int read(byte[] buffer, int offset, int length) throws IOException;

    void write(byte[] buffer, int offset, int length) throws IOException;

    void closeWrite() throws IOException;

    void reset();

    /** The same, with a code where the muxer has them. */
    default void reset(ErrorCode code) {
        reset();
    }

    @Override
    void close();
}
