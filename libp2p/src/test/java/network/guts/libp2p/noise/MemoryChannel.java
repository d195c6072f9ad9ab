package network.guts.libp2p.noise;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;

/** A connection whose remote has said all that it will ever say. */
final class MemoryChannel extends SocketChannel {
    private final ByteBuffer incoming;
    private final ByteArrayOutputStream outgoing = new ByteArrayOutputStream();

    MemoryChannel(byte[] incoming) {
        super(SelectorProvider.provider());
        this.incoming = ByteBuffer.wrap(incoming);
    }

    /** What this side has said. */
    byte[] sent() {
        return outgoing.toByteArray();
    }

    @Override
    public int read(ByteBuffer target) {
        if (!incoming.hasRemaining()) {
            return -1;
        }
        int count = Math.min(target.remaining(), incoming.remaining());
        target.put(incoming.slice().limit(count));
        incoming.position(incoming.position() + count);
        return count;
    }

    @Override
    public int write(ByteBuffer source) {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        outgoing.writeBytes(bytes);
        return bytes.length;
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        return read(targets[offset]);
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        return write(sources[offset]);
    }

    @Override
    public SocketChannel bind(SocketAddress local) {
        return this;
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) {
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }

    @Override
    public SocketChannel shutdownInput() {
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() {
        return this;
    }

    @Override
    public Socket socket() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isConnectionPending() {
        return false;
    }

    @Override
    public boolean connect(SocketAddress remote) {
        return true;
    }

    @Override
    public boolean finishConnect() {
        return true;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        throw new IOException("in memory");
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        throw new IOException("in memory");
    }

    @Override
    protected void implCloseSelectableChannel() {}

    @Override
    protected void implConfigureBlocking(boolean block) {}
}
