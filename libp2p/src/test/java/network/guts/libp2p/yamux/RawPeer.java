package network.guts.libp2p.yamux;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.Optional;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.upgrade.Pair;
import org.jspecify.annotations.Nullable;

/** A remote that sends any bytes it likes to a connection of ours, over a socket without encryption. */
final class RawPeer implements AutoCloseable {
    final YamuxConnection connection;
    private final SocketChannel socket;

    /** A frame that ours sent; the header alone, data was read past. */
    record Sent(int type, int flags, int stream, int length) {}

    /** Ours is the listener: this peer opens odd streams. */
    RawPeer(YamuxConfig config) throws IOException {
        Pair.Sockets sockets = Pair.Sockets.connect();
        socket = sockets.dialed();
        connection = new YamuxConnection(new Plain(new RawConnection(sockets.accepted())), false, config);
    }

    void send(int type, int flags, int stream, int length, byte... data) throws IOException {
        byte[] frame = new byte[Frame.HEADER + data.length];
        Frame.put(frame, 0, type, flags, stream, length);
        System.arraycopy(data, 0, frame, Frame.HEADER, data.length);
        sendBytes(frame);
    }

    void sendBytes(byte... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            socket.write(buffer);
        }
    }

    Sent next() throws IOException {
        ByteBuffer header = readFully(Frame.HEADER);
        Sent sent = new Sent(header.get(1), header.getShort(2), header.getInt(4), header.getInt(8));
        if (sent.type() == Frame.DATA) {
            readFully(sent.length());
        }
        return sent;
    }

    /** The next frame of a type, past others. */
    Sent next(int type) throws IOException {
        Sent sent = next();
        while (sent.type() != type) {
            sent = next();
        }
        return sent;
    }

    /** Ends the connection without a word. */
    void vanish() throws IOException {
        socket.close();
    }

    private ByteBuffer readFully(int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size);
        while (buffer.hasRemaining()) {
            if (socket.read(buffer) < 0) {
                throw new EOFException();
            }
        }
        return buffer.flip();
    }

    @Override
    public void close() throws IOException {
        connection.close("test over");
        socket.close();
    }

    private static final class Plain implements SecureConnection {
        private static final PublicKey KEY =
                PrivateKey.generate(new SecureRandom()).publicKey();
        private final RawConnection raw;

        Plain(RawConnection raw) {
            this.raw = raw;
        }

        @Override
        public PublicKey remoteKey() {
            return KEY;
        }

        @Override
        public Optional<String> earlyMuxer() {
            return Optional.empty();
        }

        @Override
        public @Nullable ByteBuffer read() throws IOException {
            return raw.fill(1) ? raw.buffered() : null;
        }

        @Override
        public boolean isReady() {
            return raw.has(1);
        }

        @Override
        public void write(ByteBuffer plaintext) throws IOException {
            raw.write(plaintext);
        }

        @Override
        public void shutdownOutput() throws IOException {
            raw.shutdownOutput();
        }

        @Override
        public void close() {
            raw.close();
        }
    }
}
