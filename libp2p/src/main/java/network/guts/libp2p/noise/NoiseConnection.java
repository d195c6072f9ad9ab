package network.guts.libp2p.noise;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import network.guts.core.PublicKey;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.tcp.BufferPool;
import network.guts.libp2p.tcp.RawConnection;
import org.jspecify.annotations.Nullable;

/** Records behind their lengths, each decrypted where it lies in the connection's buffer. */
final class NoiseConnection implements SecureConnection {
    /** Noise's bound for a message, and what two bytes of length can say. */
    static final int MAX_RECORD = 65535;

    static final int LENGTH = 2;

    /** The most plaintext that a record holds. */
    static final int MAX_PLAINTEXT = MAX_RECORD - CipherState.TAG;

    private static final int KEEP = 8;
    private static final int BATCH = RawConnection.MAX_BUFFERED;
    private static final BufferPool<byte[]> BUFFERS = new BufferPool<>(KEEP, () -> new byte[BATCH]);
    private static final byte[] NOTHING = new byte[0];

    private final RawConnection connection;
    private final PublicKey remoteKey;
    private final Optional<String> earlyMuxer;
    private final CipherState sending;
    private final CipherState receiving;
    private ByteBuffer view = ByteBuffer.wrap(NOTHING);

    NoiseConnection(
            RawConnection connection, PublicKey remoteKey, Optional<String> earlyMuxer, HandshakeState handshake) {
        this.connection = connection;
        this.remoteKey = remoteKey;
        this.earlyMuxer = earlyMuxer;
        this.sending = new CipherState(handshake.sendKey());
        this.receiving = new CipherState(handshake.receiveKey());
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
    public @Nullable ByteBuffer read() throws IOException {
        while (!view.hasRemaining()) {
            if (!connection.fill(LENGTH)) {
                return null;
            }
            int record = Short.toUnsignedInt(
                    connection.buffered().getShort(connection.buffered().position()));
            if (!connection.fill(LENGTH + record)) {
                throw new EOFException("connection ended within a record");
            }
            ByteBuffer buffer = connection.buffered();
            byte[] array = buffer.array();
            int start = buffer.position() + LENGTH;
            int at = buffer.arrayOffset() + start;
            int length = receiving.decrypt(NOTHING, array, at, record, array, at);
            buffer.position(start + record);
            view = ByteBuffer.wrap(array, at, length);
        }
        return view;
    }

    @Override
    public void write(byte[] plaintext, int offset, int length) throws IOException {
        boolean fits = length <= MAX_PLAINTEXT / 8;
        byte[] out = fits ? new byte[LENGTH + length + CipherState.TAG] : BUFFERS.take();
        int at = 0;
        int done = 0;
        while (done < length) {
            int count = Math.min(length - done, MAX_PLAINTEXT);
            if (at + LENGTH + count + CipherState.TAG > out.length) {
                connection.write(out, 0, at);
                at = 0;
            }
            int record = sending.encrypt(NOTHING, plaintext, offset + done, count, out, at + LENGTH);
            out[at] = (byte) (record >>> 8);
            out[at + 1] = (byte) record;
            at += LENGTH + record;
            done += count;
        }
        connection.write(out, 0, at);
        if (!fits) {
            BUFFERS.give(out);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        connection.shutdownOutput();
    }

    @Override
    public void close() {
        connection.close();
    }
}
