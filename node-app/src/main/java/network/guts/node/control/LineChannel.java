package network.guts.node.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import network.guts.core.MalformedException;
import org.jspecify.annotations.Nullable;

/** Lines of UTF-8 over a socket: one thread may read while another writes. */
final class LineChannel {
    private final SocketChannel channel;
    private final int maxLine;
    private final ByteBuffer in = ByteBuffer.allocate(16 * 1024).flip();

    LineChannel(SocketChannel channel, int maxLine) {
        this.channel = channel;
        this.maxLine = maxLine;
    }

    /**
     * The next line; null at the end.
     *
     * @throws MalformedException if a line is longer than the limit, or cut off
     */
    @Nullable String read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        while (true) {
            while (in.hasRemaining()) {
                byte next = in.get();
                if (next == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                if (line.size() >= maxLine) {
                    throw new MalformedException("a line of more than " + maxLine + " bytes");
                }
                line.write(next);
            }
            in.clear();
            int count = channel.read(in);
            in.flip();
            if (count < 0) {
                if (line.size() > 0) {
                    throw new MalformedException("the connection ended within a line");
                }
                return null;
            }
        }
    }

    void write(String line) throws IOException {
        ByteBuffer out = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }
}
