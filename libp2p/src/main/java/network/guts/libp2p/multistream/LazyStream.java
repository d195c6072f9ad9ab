package network.guts.libp2p.multistream;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.muxer.MuxedStream;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose one protocol is proposed with its first bytes. The answer is checked by the first read; somebody who only
 * writes learns of a refusal when the remote resets the stream.
 */
final class LazyStream implements MuxedStream {
    /**
     * So much of the first write travels with the proposal: less than any window, so that it does not wait for the remote.
     * A reader waits for the proposal, and must not wait for all of a large write.
     */
    private static final int WITH_PROPOSAL = 16 * 1024;

    private final MuxedStream stream;
    private final String protocol;
    private final ReentrantLock proposing = new ReentrantLock();
    private volatile boolean proposed;
    private final ReentrantLock checking = new ReentrantLock();
    private final LineReader lines;
    private boolean headerSeen;
    private volatile boolean checked;
    private volatile @Nullable IOException refused;

    LazyStream(MuxedStream stream, String protocol) {
        this.stream = stream;
        this.protocol = protocol;
        this.lines = new LineReader(new Duplex() {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return stream.read(buffer, offset, length);
            }

            @Override
            public void write(byte[] buffer, int offset, int length) throws IOException {
                stream.write(buffer, offset, length);
            }
        });
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (!checked) {
            propose(buffer, offset, 0);
            check();
        }
        return stream.read(buffer, offset, length);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        failIfRefused();
        int first = Math.min(length, WITH_PROPOSAL);
        if (proposed || !propose(buffer, offset, first)) {
            first = 0;
        }
        if (first < length) {
            stream.write(buffer, offset + first, length - first);
        }
    }

    @Override
    public void closeWrite() throws IOException {
        propose(new byte[0], 0, 0);
        stream.closeWrite();
    }

    /** Sends the proposal and the bytes behind it in one write; false if the proposal had been sent. */
    private boolean propose(byte[] buffer, int offset, int length) throws IOException {
        proposing.lock();
        try {
            if (proposed) {
                return false;
            }
            byte[] proposal = Multistream.lines(Multistream.HEADER, protocol);
            byte[] both = new byte[proposal.length + length];
            System.arraycopy(proposal, 0, both, 0, proposal.length);
            System.arraycopy(buffer, offset, both, proposal.length, length);
            proposed = true;
            stream.write(both, 0, both.length);
            return true;
        } finally {
            proposing.unlock();
        }
    }

    /** A check that timed out is taken up by the next read where it stopped. */
    private void check() throws IOException {
        checking.lock();
        try {
            failIfRefused();
            if (checked) {
                return;
            }
            if (!headerSeen) {
                Multistream.expectHeader(lines.next());
                headerSeen = true;
            }
            if (!Multistream.accepted(lines.next(), protocol)) {
                throw new UnsupportedProtocolException("the peer does not serve " + protocol);
            }
            checked = true;
        } catch (UnsupportedProtocolException | MalformedException e) {
            refused = e;
            stream.reset();
            throw e;
        } finally {
            checking.unlock();
        }
    }

    private void failIfRefused() throws IOException {
        IOException reason = refused;
        if (reason instanceof UnsupportedProtocolException) {
            throw new UnsupportedProtocolException(String.valueOf(reason.getMessage()));
        }
        if (reason != null) {
            throw new IOException(reason.getMessage(), reason);
        }
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
    public void reset() {
        stream.reset();
    }

    @Override
    public void close() {
        stream.close();
    }
}
