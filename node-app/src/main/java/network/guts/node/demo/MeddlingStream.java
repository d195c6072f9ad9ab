package network.guts.node.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.node.demo.MeddlingHost.Meddling;

/**
 * A sync stream whose chunks pass a {@link Meddling}. Small messages are written whole; of a chunk the head comes first,
 * and its frame's length says how many bytes follow: those are the chunk.
 */
final class MeddlingStream implements Stream {
    private final Stream stream;
    private final AtomicReference<Meddling> meddling;
    private long restOfFrame;

    MeddlingStream(Stream stream, AtomicReference<Meddling> meddling) {
        this.stream = stream;
        this.meddling = meddling;
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        if (restOfFrame > 0) {
            restOfFrame -= length;
            byte[] sent = meddling.get().chunk(Arrays.copyOfRange(buffer, offset, offset + length));
            stream.write(sent, 0, sent.length);
            return;
        }
        meddling.get().message();
        int at = offset;
        while (at < offset + length) {
            long frame = 0;
            int shift = 0;
            while (at < offset + length && shift < Long.SIZE) {
                byte next = buffer[at++];
                frame |= (long) (next & 0x7f) << shift;
                shift += 7;
                if (next >= 0) {
                    break;
                }
            }
            long here = Math.min(frame, offset + length - at);
            restOfFrame = frame - here;
            at += (int) here;
        }
        stream.write(buffer, offset, length);
    }

    @Override
    public ConnectionInfo connection() {
        return stream.connection();
    }

    @Override
    public String protocol() {
        return stream.protocol();
    }

    @Override
    public void readTimeout(Duration timeout) {
        stream.readTimeout(timeout);
    }

    @Override
    public void writeTimeout(Duration timeout) {
        stream.writeTimeout(timeout);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return stream.read(buffer, offset, length);
    }

    @Override
    public void closeWrite() throws IOException {
        stream.closeWrite();
    }

    @Override
    public void reset() {
        stream.reset();
    }

    @Override
    public void close() {
        stream.close();
    }
}
