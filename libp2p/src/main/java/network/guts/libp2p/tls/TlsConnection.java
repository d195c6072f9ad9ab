package network.guts.libp2p.tls;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import network.guts.core.PublicKey;
import network.guts.libp2p.limits.MemoryBudget;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.tcp.BufferPool;
import network.guts.libp2p.tcp.RawConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Records of 16 KiB: each decrypted where it lies in the connection's buffer, many of them written at once. */
final class TlsConnection implements SecureConnection {
    /** What every engine wants to have free for one record, at most. */
    private static final int RECORD = 17 * 1024;

    /** Room for what the muxer hands over at once, 256 KiB: 16 records and the last one's room. */
    private static final int BATCH = 17 * RECORD;

    /** What fits into one record. */
    private static final int SMALL = 16 * 1024;

    private static final int KEEP = 32;
    private static final BufferPool<ByteBuffer> BATCHES =
            new BufferPool<>(KEEP, () -> ByteBuffer.allocateDirect(BATCH));
    private static final BufferPool<ByteBuffer> SINGLES =
            new BufferPool<>(4 * KEEP, () -> ByteBuffer.allocateDirect(2 * RECORD));
    private static final Logger LOG = LoggerFactory.getLogger(TlsConnection.class);

    private final RawConnection connection;
    private final SSLEngine engine;
    private final PublicKey remoteKey;
    private final Optional<String> earlyMuxer;
    private final TlsRecords records;

    /** Records must go out in the order in which they were made. */
    private final ReentrantLock writing = new ReentrantLock();

    private ByteBuffer view = ByteBuffer.allocate(0);
    private boolean ended;

    TlsConnection(RawConnection connection, SSLEngine engine, PublicKey remoteKey, Optional<String> earlyMuxer) {
        this.connection = connection;
        this.engine = engine;
        this.remoteKey = remoteKey;
        this.earlyMuxer = earlyMuxer;
        this.records = new TlsRecords(connection, engine);
    }

    @Override
    public PublicKey remoteKey() {
        return remoteKey;
    }

    @Override
    public Optional<String> earlyMuxer() {
        return earlyMuxer;
    }

    @Override
    public void budget(MemoryBudget budget) {
        connection.budget(budget);
    }

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        if (!ended && !view.hasRemaining()) {
            ByteBuffer next = records.next();
            if (next == null) {
                ended = true;
            } else {
                view = next;
            }
        }
        return ended ? null : view;
    }

    @Override
    public boolean isReady() {
        return ended || view.hasRemaining() || records.isReady();
    }

    @Override
    public void write(ByteBuffer plaintext) throws IOException {
        BufferPool<ByteBuffer> pool = plaintext.remaining() <= SMALL ? SINGLES : BATCHES;
        writing.lock();
        try {
            ByteBuffer out = pool.take().clear();
            while (plaintext.hasRemaining()) {
                if (out.remaining() < RECORD) {
                    connection.write(out.flip());
                    out.clear();
                }
                wrap(plaintext, out);
            }
            connection.write(out.flip());
            pool.give(out);
        } finally {
            writing.unlock();
        }
    }

    private void wrap(ByteBuffer plaintext, ByteBuffer out) throws IOException {
        try {
            SSLEngineResult result = engine.wrap(plaintext, out);
            if (result.getStatus() != Status.OK) {
                throw new IOException("the TLS connection is closed");
            }
        } catch (SSLException e) {
            throw new IOException(TlsRecords.reason(e), e);
        }
    }

    /** Says by TLS that nothing more follows, and then by TCP. */
    @Override
    public void shutdownOutput() throws IOException {
        writing.lock();
        try {
            engine.closeOutbound();
            ByteBuffer out = SINGLES.take().clear();
            SSLEngineResult result;
            do {
                result = engine.wrap(ByteBuffer.allocate(0), out);
            } while (result.bytesProduced() > 0 && !engine.isOutboundDone() && out.remaining() >= RECORD);
            connection.write(out.flip());
            SINGLES.give(out);
        } catch (SSLException e) {
            LOG.debug("no word of the end was sent: {}", TlsRecords.reason(e));
        } finally {
            writing.unlock();
        }
        connection.shutdownOutput();
    }

    @Override
    public void close() {
        connection.close();
        TlsEngines.release(engine);
    }
}
