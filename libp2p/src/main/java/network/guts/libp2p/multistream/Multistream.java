package network.guts.libp2p.multistream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.Varint;
import network.guts.core.host.Stream;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.tcp.RawConnection;

/**
 * multistream-select 1.0: the dialer proposes protocols, the listener takes one.
 *
 * @see <a href="https://github.com/multiformats/multistream-select">multistream-select</a>
 */
public final class Multistream {
    /** The line that both sides begin with. */
    public static final String HEADER = "/multistream/1.0.0";

    /** A dialer that proposes more is not looking for a protocol; honest ones have less than ten. */
    public static final int MAX_PROPOSALS = 32;

    static final String NOT_AVAILABLE = "na";
    private static final String LIST = "ls";

    private Multistream() {}

    /**
     * A stream and what was agreed on for it.
     *
     * @param stream to be used instead of the one that was handed in: it may carry an answer that is still to come
     */
    public record Negotiated(String protocol, MuxedStream stream) {}

    /**
     * As the dialer of a stream. A single protocol is negotiated lazily, without a round trip: the proposal goes out with
     * the first bytes written, or before the first read, and the first read throws {@link UnsupportedProtocolException}
     * if the peer does not serve it. Several are proposed one after the other, and this waits for the answers. On a
     * failure the stream is reset.
     *
     * @throws UnsupportedProtocolException if the peer serves none of several
     * @throws IOException if the negotiation fails or takes longer than {@code timeout}
     */
    public static Negotiated select(MuxedStream stream, List<String> protocols, Duration timeout) throws IOException {
        if (protocols.size() == 1) {
            return new Negotiated(protocols.getFirst(), new LazyStream(stream, protocols.getFirst()));
        }
        return agree(stream, protocols, timeout);
    }

    /**
     * As {@link #select(MuxedStream, List, Duration)}, but waits for the answer also where there is a single proposal.
     *
     * @throws UnsupportedProtocolException if the peer serves none of them
     * @throws IOException if the negotiation fails or takes longer than {@code timeout}
     */
    public static Negotiated agree(MuxedStream stream, List<String> protocols, Duration timeout) throws IOException {
        return within(stream, timeout, duplex -> select(duplex, protocols));
    }

    /**
     * As the one who accepted a stream: answers until one of {@code served} was agreed on. On a failure the stream is
     * reset.
     *
     * @throws IOException if the remote gives up, breaks the protocol or takes longer than {@code timeout}
     */
    public static Negotiated respond(MuxedStream stream, Collection<String> served, Duration timeout)
            throws IOException {
        return within(stream, timeout, duplex -> respond(duplex, served));
    }

    /**
     * As the dialer, on any duplex: waits for the answers.
     *
     * @throws UnsupportedProtocolException if the remote serves none of them
     */
    public static String select(Duplex duplex, List<String> protocols) throws IOException {
        LineReader lines = new LineReader(duplex);
        boolean begun = false;
        for (String protocol : protocols) {
            send(duplex, begun ? line(protocol) : lines(HEADER, protocol));
            if (!begun) {
                begun = true;
                expectHeader(lines.next());
            }
            if (accepted(lines.next(), protocol)) {
                return protocol;
            }
        }
        throw new UnsupportedProtocolException("the peer serves none of " + protocols);
    }

    /** As the listener, on any duplex. */
    public static String respond(Duplex duplex, Collection<String> served) throws IOException {
        LineReader lines = new LineReader(duplex);
        expectHeader(lines.next());
        send(duplex, line(HEADER));
        for (int proposals = 0; proposals < MAX_PROPOSALS; proposals++) {
            String proposal = lines.next();
            if (served.contains(proposal)) {
                send(duplex, line(proposal));
                return proposal;
            }
            send(duplex, proposal.equals(LIST) ? list(served) : line(NOT_AVAILABLE));
            // Behind a proposal that was taken for granted comes what is no line: the answer must be out by then.
            duplex.flush();
        }
        throw new MalformedException("the remote proposed " + MAX_PROPOSALS + " protocols that are not served");
    }

    /**
     * As the dialer of a raw connection with one protocol to offer: proposes it together with whatever is written next,
     * and checks the answer before anything else is read.
     */
    public static void propose(RawConnection connection, String protocol) {
        byte[] proposal = lines(HEADER, protocol);
        connection.stage(proposal, 0, proposal.length);
        LineReader lines = new LineReader(of(connection));
        connection.beforeRead(() -> {
            expectHeader(lines.next());
            if (!accepted(lines.next(), protocol)) {
                throw new UnsupportedProtocolException("the peer does not serve " + protocol);
            }
        });
    }

    /** A raw connection, whose writes wait for one another until something has to be read. */
    public static Duplex of(RawConnection connection) {
        return new Duplex() {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return connection.read(buffer, offset, length);
            }

            @Override
            public void write(byte[] buffer, int offset, int length) {
                connection.stage(buffer, offset, length);
            }

            @Override
            public void flush() throws IOException {
                connection.write(new byte[0], 0, 0);
            }
        };
    }

    static void expectHeader(String line) throws MalformedException {
        if (!line.equals(HEADER)) {
            throw new MalformedException("the remote does not begin with " + HEADER);
        }
    }

    /** True for the echo of the proposal, false for a refusal. */
    static boolean accepted(String answer, String protocol) throws MalformedException {
        if (!answer.equals(protocol) && !answer.equals(NOT_AVAILABLE)) {
            throw new MalformedException("the remote answered neither yes nor no to " + protocol);
        }
        return answer.equals(protocol);
    }

    /** Lines as they travel: each behind its length, with a newline. */
    static byte[] lines(String... lines) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String line : lines) {
            byte[] text = line.getBytes(StandardCharsets.UTF_8);
            Varint.write(out, text.length + 1L);
            out.writeBytes(text);
            out.write('\n');
        }
        return out.toByteArray();
    }

    private static byte[] line(String line) {
        return lines(line);
    }

    /** The answer to ls: all lines as one line. */
    private static byte[] list(Collection<String> served) {
        byte[] all = lines(served.toArray(String[]::new));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Varint.write(out, all.length + 1L);
        out.writeBytes(all);
        out.write('\n');
        return out.toByteArray();
    }

    private static void send(Duplex duplex, byte[] bytes) throws IOException {
        duplex.write(bytes, 0, bytes.length);
    }

    @FunctionalInterface
    private interface Negotiation {
        String run(Duplex duplex) throws IOException;
    }

    private static Negotiated within(MuxedStream stream, Duration timeout, Negotiation negotiation) throws IOException {
        boolean done = false;
        try {
            String protocol = negotiation.run(timed(stream, timeout));
            stream.readTimeout(Stream.DEFAULT_TIMEOUT);
            stream.writeTimeout(Stream.DEFAULT_TIMEOUT);
            done = true;
            return new Negotiated(protocol, stream);
        } finally {
            if (!done) {
                stream.reset();
            }
        }
    }

    /** A stream whose reads and writes may take {@code timeout} all together. */
    private static Duplex timed(MuxedStream stream, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        return new Duplex() {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                stream.readTimeout(left());
                return stream.read(buffer, offset, length);
            }

            @Override
            public void write(byte[] buffer, int offset, int length) throws IOException {
                stream.writeTimeout(left());
                stream.write(buffer, offset, length);
            }

            private Duration left() throws SocketTimeoutException {
                long nanos = deadline - System.nanoTime();
                if (nanos <= 0) {
                    throw new SocketTimeoutException("no protocol was agreed on within " + timeout.toMillis() + " ms");
                }
                return Duration.ofNanos(nanos);
            }
        };
    }
}
