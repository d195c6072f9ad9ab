package network.guts.libp2p.noise;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import network.guts.core.PublicKey;
import network.guts.libp2p.limits.MemoryBudget;
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

    /** Up to here a copy costs less than it takes to reach for native memory. */
    private static final int SMALL = 8192;

    private static final int KEEP = 32;
    private static final BufferPool<ByteBuffer> BUFFERS =
            new BufferPool<>(KEEP, () -> ByteBuffer.allocateDirect(RawConnection.MAX_BUFFERED));
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
    public void budget(MemoryBudget budget) {
        connection.budget(budget);
    }

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        if (!view.hasRemaining()) {
            if (!connection.fill(LENGTH)) {
                return null;
            }
            int record = nextLength(connection.buffered());
            if (!connection.fill(LENGTH + record)) {
                throw new EOFException("connection ended within a record");
            }
            ByteBuffer buffer = connection.buffered();
            int start = buffer.position() + LENGTH;
            ByteBuffer plaintext = buffer.duplicate().limit(start + record).position(start);
            int length = receiving.decrypt(plaintext);
            buffer.position(start + record);
            view = plaintext.limit(start + length).position(start);
        }
        return view;
    }

    @Override
    public boolean isReady() {
        return view.hasRemaining()
                || connection.has(LENGTH) && connection.has(LENGTH + nextLength(connection.buffered()));
    }

    private static int nextLength(ByteBuffer buffer) {
        return Short.toUnsignedInt(buffer.getShort(buffer.position()));
    }

    @Override
    public void write(ByteBuffer plaintext) throws IOException {
        if (plaintext.remaining() <= SMALL) {
            writeSmall(plaintext);
            return;
        }
        ByteBuffer out = BUFFERS.take().clear();
        int end = plaintext.limit();
        while (plaintext.position() < end) {
            int count = Math.min(end - plaintext.position(), MAX_PLAINTEXT);
            if (out.remaining() < LENGTH + count + CipherState.TAG) {
                connection.write(out.flip());
                out.clear();
            }
            out.putShort((short) (count + CipherState.TAG));
            sending.encrypt(plaintext.limit(plaintext.position() + count), out);
            plaintext.limit(end);
        }
        connection.write(out.flip());
        BUFFERS.give(out);
    }

    private void writeSmall(ByteBuffer plaintext) throws IOException {
        int length = plaintext.remaining();
        byte[] record = new byte[LENGTH + length + CipherState.TAG];
        plaintext.get(record, LENGTH, length);
        int sealed = sending.encrypt(NOTHING, record, LENGTH, length, record, LENGTH);
        record[0] = (byte) (sealed >>> 8);
        record[1] = (byte) sealed;
        connection.write(ByteBuffer.wrap(record));
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
