package network.guts.libp2p.perf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.Stream;
import network.guts.libp2p.Libp2pHost;

/**
 * The server of {@code /perf/1.0.0}. It lets anybody use this host's bandwidth and processor, so it is for whoever asks for
 * it, and never registered by the host itself.
 */
public final class PerfServer {
    /** One peer measures with a handful of streams at a time. */
    static final int STREAMS_PER_PEER = 16;

    /** Two such peers use up any processor; each stream holds a thread and its window. */
    static final int STREAMS = 2 * STREAMS_PER_PEER;

    /**
     * The specification lets a client ask for 2⁶⁴ - 1 bytes, and end that by a reset when it has seen enough; so what one
     * stream may cost is bounded by time.
     */
    static final Duration LONGEST = Duration.ofMinutes(5);

    private final Duration longest;
    private final Semaphore free;

    private PerfServer(int streams, Duration longest) {
        this.longest = longest;
        this.free = new Semaphore(streams);
    }

    /** Serves perf until the registration is closed. */
    public static Registration serve(Libp2pHost host) {
        return serve(host, STREAMS, LONGEST);
    }

    /**
     * @param streams how many may be served at once; a further one is reset
     * @param longest after this time a stream is reset
     */
    static Registration serve(Libp2pHost host, int streams, Duration longest) {
        return host.handle(Perf.ID, STREAMS_PER_PEER, new PerfServer(streams, longest)::handle);
    }

    private void handle(Stream stream) throws IOException {
        if (!free.tryAcquire()) {
            throw new IOException("too many perf streams at once");
        }
        try {
            Perf.Deadline deadline = new Perf.Deadline(longest);
            byte[] wanted = new byte[Long.BYTES];
            stream.readFully(wanted, 0, wanted.length);
            discard(stream, deadline);
            send(stream, ByteBuffer.wrap(wanted).getLong(), deadline);
        } finally {
            free.release();
        }
    }

    private static void discard(Stream stream, Perf.Deadline deadline) throws IOException {
        byte[] buffer = new byte[Perf.CHUNK];
        do {
            // A client that says nothing for the usual time is given up long before the deadline.
            stream.readTimeout(shorter(deadline.left()));
        } while (stream.read(buffer, 0, buffer.length) >= 0);
    }

    /** Sends {@code bytes}, a number without a sign. */
    private static void send(Stream stream, long bytes, Perf.Deadline deadline) throws IOException {
        byte[] zeros = new byte[Perf.CHUNK];
        for (long left = bytes; left != 0; ) {
            int count = Long.compareUnsigned(left, zeros.length) > 0 ? zeros.length : (int) left;
            stream.writeTimeout(shorter(deadline.left()));
            stream.write(zeros, 0, count);
            left -= count;
        }
        stream.closeWrite();
    }

    private static Duration shorter(Duration left) {
        return left.compareTo(Stream.DEFAULT_TIMEOUT) < 0 ? left : Stream.DEFAULT_TIMEOUT;
    }
}
