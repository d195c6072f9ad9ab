package network.guts.libp2p.relay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import network.guts.core.host.Stream;

/** A stream to a relay, behind its greeting, as the bytes of a connection to somebody else. */
final class CircuitChannel implements ByteChannel {
    /** The muxer on top of it finds out who is gone; the relay ends what lasts too long. */
    private static final Duration NO_TIMEOUT = Duration.ofDays(365);

    /** A relay carries a few kilobytes a second: larger pieces only lie in its way. */
    private static final int PIECE = 16 * 1024;

    private final Stream stream;
    private final CountDownLatch closed = new CountDownLatch(1);

    CircuitChannel(Stream stream) {
        this.stream = stream;
        stream.readTimeout(NO_TIMEOUT);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        byte[] bytes = new byte[Math.min(target.remaining(), PIECE)];
        int count = stream.read(bytes, 0, bytes.length);
        if (count > 0) {
            target.put(bytes, 0, count);
        }
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        byte[] bytes = new byte[Math.min(source.remaining(), PIECE)];
        source.get(bytes);
        stream.write(bytes);
        return bytes.length;
    }

    void endOutput() throws IOException {
        stream.closeWrite();
    }

    /** Waits until it is closed on this side. */
    void awaitClose() throws InterruptedException {
        closed.await();
    }

    @Override
    public boolean isOpen() {
        return closed.getCount() > 0;
    }

    /** What was written still goes out. */
    @Override
    public void close() {
        stream.close();
        closed.countDown();
    }
}
