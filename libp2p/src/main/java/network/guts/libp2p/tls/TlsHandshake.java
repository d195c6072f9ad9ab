package network.guts.libp2p.tls;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import network.guts.core.PublicKey;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.tls.PeerCertificateException.Fault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drives an engine through its handshake, blocking: one flight is one write. */
final class TlsHandshake {
    private static final Logger LOG = LoggerFactory.getLogger(TlsHandshake.class);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /** A certificate with its extension, signature and Finished make about 1 KiB; an engine asks for a record's room. */
    private static final int FLIGHT = 2 * 17 * 1024;

    private final RawConnection connection;
    private final SSLEngine engine;
    private final PeerTrustManager trust;
    private final TlsRecords records;
    private final ByteBuffer flight = ByteBuffer.allocate(FLIGHT);

    TlsHandshake(RawConnection connection, SSLEngine engine, PeerTrustManager trust) {
        this.connection = connection;
        this.engine = engine;
        this.trust = trust;
        this.records = new TlsRecords(connection, engine);
    }

    /**
     * @return the remote's identity
     * @throws WrongPeerException if somebody else is there than was expected
     * @throws IOException with the reason, of which the remote is told too
     */
    PublicKey run() throws IOException {
        try {
            engine.beginHandshake();
            steps();
        } catch (SSLException e) {
            throw failed(e, TlsRecords.reason(e));
        } catch (UnsupportedProtocolException e) {
            // Not TLS's: the remote's answer to the proposal that went out before the handshake.
            throw e;
        } catch (EOFException e) {
            throw new EOFException("the remote ended the connection within the TLS handshake");
        } catch (IOException e) {
            throw failed(e, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            // Engines meet strange messages with these, too.
            throw failed(e, "TLS failed: " + e.getClass().getSimpleName());
        }
        return trust.verified().orElseThrow(() -> new IOException("the remote's certificate was not asked for"));
    }

    private void steps() throws IOException {
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
            switch (status) {
                case NEED_WRAP -> wrap();
                case NEED_TASK -> records.runTasks();
                default -> {
                    flush();
                    ByteBuffer plaintext = records.next();
                    if (plaintext == null) {
                        throw new EOFException("closed");
                    }
                    if (plaintext.hasRemaining()) {
                        throw new IOException("the remote sent data within the TLS handshake");
                    }
                }
            }
            status = engine.getHandshakeStatus();
        }
        flush();
    }

    private void wrap() throws IOException {
        if (flight.remaining() < engine.getSession().getPacketBufferSize()) {
            flush();
        }
        SSLEngineResult result = engine.wrap(NOTHING.duplicate(), flight);
        if (result.getStatus() != Status.OK) {
            throw new IOException("TLS ended within its handshake");
        }
    }

    private void flush() throws IOException {
        if (flight.position() > 0) {
            connection.write(flight.flip());
            flight.clear();
        }
    }

    /** Tells the remote by an alert, if that is possible, and returns the reason. */
    private IOException failed(Exception cause, String reason) {
        try {
            // Whatever the engine's status is: not every engine says that it has an alert to send.
            engine.wrap(NOTHING.duplicate(), flight);
            flush();
        } catch (IOException | RuntimeException e) {
            LOG.debug("no alert was sent: {}", e.toString());
        }
        PeerCertificateException refused = trust.refused().orElse(null);
        if (refused != null && refused.fault() == Fault.WRONG_PEER) {
            return trust.wrongPeer(refused);
        }
        return new IOException(refused == null ? reason : refused.getMessage(), cause);
    }
}
