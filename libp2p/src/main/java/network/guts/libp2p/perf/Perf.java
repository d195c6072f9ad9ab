package network.guts.libp2p.perf;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.host.Host;
import network.guts.core.host.Stream;

/**
 * The client of {@code /perf/1.0.0}. An upload and a download are each a stream of their own, and each is timed from the
 * opening of its stream until the server has closed it: only then has every byte arrived.
 *
 * @see PerfServer
 */
public final class Perf {
    public static final String ID = "/perf/1.0.0";

    /** What a stream takes and gives at a time: a multiple of every muxer's frame. */
    static final int CHUNK = 128 * 1024;

    private final Host host;

    public Perf(Host host) {
        this.host = host;
    }

    /** Told now and then, on the thread that measures, how many bytes have gone through; must return quickly. */
    @FunctionalInterface
    public interface Progress {
        void moved(long bytes);
    }

    /**
     * Sends {@code bytes} zeros.
     *
     * @param bytes from 0
     * @param timeout for all of it
     * @return how long it took until the server had them all
     * @throws IOException if the peer cannot be reached, does not serve perf, or did not take it all in time
     */
    public Duration upload(PeerId peer, long bytes, Duration timeout, Progress progress) throws IOException {
        return run(peer, bytes, 0, timeout, progress);
    }

    /**
     * Receives {@code bytes} bytes.
     *
     * @param bytes from 0
     * @param timeout for all of it
     * @return how long it took until all of them were here
     * @throws IOException if the peer cannot be reached, does not serve perf, or did not send just as many in time
     */
    public Duration download(PeerId peer, long bytes, Duration timeout, Progress progress) throws IOException {
        return run(peer, 0, bytes, timeout, progress);
    }

    private Duration run(PeerId peer, long up, long down, Duration timeout, Progress progress) throws IOException {
        if (up < 0 || down < 0) {
            throw new IllegalArgumentException("a negative number of bytes");
        }
        Deadline deadline = new Deadline(timeout);
        Stream stream = host.open(peer, List.of(ID), timeout);
        boolean well = false;
        long start = System.nanoTime();
        try {
            stream.writeTimeout(deadline.left());
            stream.write(ByteBuffer.allocate(Long.BYTES).putLong(down).array());
            send(stream, up, deadline, progress);
            stream.closeWrite();
            receive(stream, down, deadline, progress);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            well = true;
            return took;
        } finally {
            if (well) {
                stream.close();
            } else {
                stream.reset();
            }
        }
    }

    private static void send(Stream stream, long bytes, Deadline deadline, Progress progress) throws IOException {
        byte[] zeros = new byte[CHUNK];
        for (long sent = 0; sent < bytes; ) {
            int count = (int) Math.min(zeros.length, bytes - sent);
            stream.writeTimeout(deadline.left());
            stream.write(zeros, 0, count);
            sent += count;
            progress.moved(sent);
        }
    }

    private static void receive(Stream stream, long bytes, Deadline deadline, Progress progress) throws IOException {
        byte[] buffer = new byte[CHUNK];
        long received = 0;
        while (true) {
            stream.readTimeout(deadline.left());
            int count = stream.read(buffer, 0, buffer.length);
            if (count < 0) {
                break;
            }
            received += count;
            if (received > bytes) {
                throw new MalformedException("the peer sent more than the " + bytes + " bytes that it was asked for");
            }
            progress.moved(received);
        }
        if (received < bytes) {
            throw new EOFException("the peer ended after " + received + " of " + bytes + " bytes");
        }
    }

    /** When something has to be over. */
    static final class Deadline {
        private final long begin = System.nanoTime();
        private final Duration timeout;

        Deadline(Duration timeout) {
            this.timeout = timeout;
        }

        Duration left() throws SocketTimeoutException {
            Duration left = timeout.minusNanos(System.nanoTime() - begin);
            if (!left.isPositive()) {
                throw new SocketTimeoutException("not done within " + timeout.toSeconds() + " s");
            }
            return left;
        }
    }
}
