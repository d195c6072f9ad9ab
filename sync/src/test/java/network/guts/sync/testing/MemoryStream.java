package network.guts.sync.testing;

import java.io.IOException;
import java.time.Duration;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;

/** A stream between two hosts in memory. */
public class MemoryStream implements Stream {
    private final ConnectionInfo connection;
    private final String protocol;
    private final MemoryPipe in;
    private final MemoryPipe out;
    private volatile Duration readTimeout = DEFAULT_TIMEOUT;
    private volatile Duration writeTimeout = DEFAULT_TIMEOUT;

    MemoryStream(ConnectionInfo connection, String protocol, MemoryPipe in, MemoryPipe out) {
        this.connection = connection;
        this.protocol = protocol;
        this.in = in;
        this.out = out;
    }

    /** The same stream, for a subclass that changes what is said. */
    protected MemoryStream(MemoryStream other) {
        this(other.connection, other.protocol, other.in, other.out);
    }

    @Override
    public ConnectionInfo connection() {
        return connection;
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public void readTimeout(Duration timeout) {
        readTimeout = timeout;
    }

    @Override
    public void writeTimeout(Duration timeout) {
        writeTimeout = timeout;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return in.read(buffer, offset, length, readTimeout);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        out.write(buffer, offset, length, writeTimeout);
    }

    @Override
    public void closeWrite() {
        out.close();
    }

    @Override
    public void reset() {
        in.reset();
        out.reset();
    }

    @Override
    public void close() {
        out.close();
    }
}
