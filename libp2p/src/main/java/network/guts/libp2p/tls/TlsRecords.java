package network.guts.libp2p.tls;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import network.guts.core.MalformedException;
import network.guts.libp2p.tcp.RawConnection;
import org.jspecify.annotations.Nullable;

/** TLS records between an engine and a raw connection. One thread reads. */
final class TlsRecords {
    private static final int HEADER = 5;

    /** RFC 8446: 2^14 bytes and 256 for what encryption adds. */
    private static final int MAX_FRAGMENT = (1 << 14) + 256;

    /** The last word of BoringSSL's errors, such as SSLV3_ALERT_BAD_CERTIFICATE. */
    private static final Pattern BORING = Pattern.compile("OPENSSL_internal:([A-Za-z0-9_]+)");

    private final RawConnection connection;
    private final SSLEngine engine;

    TlsRecords(RawConnection connection, SSLEngine engine) {
        this.connection = connection;
        this.engine = engine;
    }

    /**
     * The plaintext of the next record, maybe none, where its ciphertext was: valid until the next call.
     *
     * @return null if the remote has said that nothing more follows
     * @throws EOFException if the connection ended without that
     * @throws IOException if the record is not authentic, or an alert
     */
    @Nullable ByteBuffer next() throws IOException {
        if (!connection.fill(HEADER)) {
            throw new EOFException("the connection ended without TLS's word of its end: something may be missing");
        }
        int length = nextLength(connection.buffered());
        if (length > MAX_FRAGMENT) {
            throw new MalformedException("TLS record of " + length + " bytes");
        }
        if (!connection.fill(HEADER + length)) {
            throw new EOFException("the connection ended within a TLS record");
        }
        ByteBuffer buffer = connection.buffered();
        int start = buffer.position();
        int end = start + HEADER + length;
        ByteBuffer record = buffer.duplicate().limit(end);
        ByteBuffer plaintext = buffer.duplicate().limit(end);
        buffer.position(end);
        return decrypted(record, plaintext, start);
    }

    private static int nextLength(ByteBuffer buffer) {
        return Short.toUnsignedInt(buffer.getShort(buffer.position() + HEADER - 2));
    }

    /** True if {@link #next} would not have to wait for the remote. */
    boolean isReady() {
        return connection.has(HEADER) && connection.has(HEADER + nextLength(connection.buffered()));
    }

    private @Nullable ByteBuffer decrypted(ByteBuffer record, ByteBuffer plaintext, int start) throws IOException {
        try {
            boolean closed = false;
            int before;
            do {
                before = record.position() + plaintext.position();
                SSLEngineResult result = engine.unwrap(record, plaintext);
                if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                    throw new IOException("a TLS record holds more than it may");
                }
                closed = result.getStatus() == SSLEngineResult.Status.CLOSED;
                runTasks();
            } while (!closed && record.hasRemaining() && record.position() + plaintext.position() > before);
            if (closed && plaintext.position() == start) {
                return null;
            }
            if (record.hasRemaining() && !closed) {
                throw new IOException("a TLS record that is not complete in itself");
            }
            return plaintext.flip().position(start);
        } catch (SSLException e) {
            throw new IOException(reason(e), e);
        } catch (RuntimeException e) {
            // Engines meet strange messages with these, too.
            throw new IOException("TLS failed: " + e.getClass().getSimpleName(), e);
        }
    }

    /** What an engine leaves to its caller: signatures and the check of certificates. */
    void runTasks() {
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
            Runnable task = engine.getDelegatedTask();
            if (task == null) {
                return;
            }
            task.run();
        }
    }

    /** A failure of TLS in few words: the engines' own have many lines and addresses of memory. */
    static String reason(SSLException failure) {
        String message = failure.getMessage();
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof PeerCertificateException certificate) {
                return String.valueOf(certificate.getMessage());
            }
        }
        if (message == null) {
            return "TLS failed";
        }
        Matcher boring = BORING.matcher(message);
        String last = "";
        while (boring.find()) {
            last = String.valueOf(boring.group(1));
        }
        if (!last.isEmpty()) {
            return boring(last);
        }
        String alert = "Received fatal alert: ";
        int at = message.indexOf(alert);
        return at < 0
                ? "TLS failed: " + message
                : "the remote ended TLS: "
                        + message.substring(at + alert.length()).replace('_', ' ');
    }

    private static String boring(String error) {
        String alert = "ALERT_";
        int at = error.indexOf(alert);
        String words = (at < 0 ? error : error.substring(at + alert.length()))
                .replace('_', ' ')
                .toLowerCase(Locale.ROOT);
        return (at < 0 ? "TLS failed: " : "the remote ended TLS: ") + words;
    }
}
