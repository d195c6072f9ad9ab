package network.guts.libp2p.swarm;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.libp2p.limits.StreamScope;
import network.guts.libp2p.metrics.StreamMeter;
import network.guts.libp2p.muxer.MuxedStream;

/** A negotiated stream: counts its bytes for its connection, and gives its place back when it ends. */
final class HostStream implements Stream {
    private final Connection connection;
    private final MuxedStream muxed;
    private final String protocol;
    private final StreamScope scope;
    private final StreamMeter meter;
    private final AtomicBoolean ended = new AtomicBoolean();

    HostStream(Connection connection, MuxedStream muxed, String protocol, StreamScope scope, StreamMeter meter) {
        this.connection = connection;
        this.muxed = muxed;
        this.protocol = protocol;
        this.scope = scope;
        this.meter = meter;
        meter.opened();
        readTimeout(DEFAULT_TIMEOUT);
        writeTimeout(DEFAULT_TIMEOUT);
    }

    @Override
    public ConnectionInfo connection() {
        return connection.info();
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public void readTimeout(Duration timeout) {
        muxed.readTimeout(timeout);
    }

    @Override
    public void writeTimeout(Duration timeout) {
        muxed.writeTimeout(timeout);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = muxed.read(buffer, offset, length);
        connection.countRead(Math.max(0, count));
        meter.read(Math.max(0, count));
        return count;
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        muxed.write(buffer, offset, length);
        connection.countWritten(length);
        meter.written(length);
    }

    @Override
    public void closeWrite() throws IOException {
        muxed.closeWrite();
    }

    @Override
    public void reset() {
        muxed.reset();
        end();
    }

    @Override
    public void close() {
        muxed.close();
        end();
    }

    /** The stream is over, by us or with its connection. */
    void end() {
        if (ended.compareAndSet(false, true)) {
            scope.close();
            meter.ended();
            connection.ended(this);
        }
    }

    @Override
    public String toString() {
        return protocol + " with " + connection.info().peer();
    }
}
