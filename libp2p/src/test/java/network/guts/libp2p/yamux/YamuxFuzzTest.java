package network.guts.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.MalformedException;
import network.guts.core.PublicKey;
import network.guts.libp2p.Keys;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.security.SecureConnection;
import org.jspecify.annotations.Nullable;

/** A whole session of frames against a connection with its real threads, whose streams are accepted, read and answered. */
class YamuxFuzzTest {
    private static final YamuxConfig CONFIG = new YamuxConfig(
            16, 1 << 20, 1 << 20, Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30));

    /** What one frame of a remote may bring this side to send: a few frames without data, and an answer of a byte. */
    private static final int MAX_ANSWER = 8 * Frame.HEADER;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @FuzzTest
    void session(byte[] data) throws Exception {
        run(data, 97);
    }

    /** Frames that make sense one by one, in any order. */
    @FuzzTest
    void frames(FuzzedDataProvider data) throws Exception {
        ByteArrayOutputStream session = new ByteArrayOutputStream();
        int piece = data.consumeInt(1, 5000);
        while (data.remainingBytes() > 0 && session.size() < 1 << 20) {
            int type = data.consumeInt(Frame.DATA, Frame.GO_AWAY);
            int flags = data.consumeInt(0, Frame.ALL_FLAGS);
            int stream = type > Frame.WINDOW_UPDATE ? 0 : data.consumeInt(1, 40);
            int length = data.consumeBoolean() ? data.consumeInt(0, 2000) : data.consumeInt();
            byte[] frame = new byte[Frame.HEADER];
            Frame.put(frame, 0, type, flags, stream, length);
            session.writeBytes(frame);
            if (type == Frame.DATA && length > 0 && length <= 2000) {
                session.writeBytes(new byte[length]);
            }
        }
        run(session.toByteArray(), piece);
    }

    private static void run(byte[] incoming, int piece) throws Exception {
        Scripted remote = new Scripted(incoming, piece);
        YamuxConnection connection = new YamuxConnection(remote, false, CONFIG);
        AtomicLong read = new AtomicLong();
        AtomicLong streams = new AtomicLong();
        CountDownLatch accepting = new CountDownLatch(1);
        CountDownLatch[] serving = {new CountDownLatch(0)};
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    MuxedStream stream = connection.accept();
                    streams.incrementAndGet();
                    CountDownLatch before = serving[0];
                    CountDownLatch done = new CountDownLatch(1);
                    serving[0] = done;
                    Thread.ofVirtual().start(() -> {
                        read.addAndGet(serve(stream));
                        await(before);
                        done.countDown();
                    });
                }
            } catch (IOException ended) {
                accepting.countDown();
            }
        });
        await(remote.closed);
        await(accepting);
        await(serving[0]);
        assertThat(connection.isOpen()).isFalse();
        assertThat(connection.endReason().orElseThrow()).matches("(?s).{1,300}");
        assertThat(connection.streams()).isZero();
        assertThat(read.get()).isLessThanOrEqualTo(incoming.length);
        int frames = incoming.length / Frame.HEADER;
        assertThat(streams.get()).isLessThanOrEqualTo(frames);
        assertThat(remote.written()).isLessThanOrEqualTo((frames + 3) * MAX_ANSWER);
        wellFormed(remote.sent.toByteArray());
    }

    /** Reads all, answers a byte, and ends the stream in one way or the other; says how many bytes came. */
    private static long serve(MuxedStream stream) {
        long count = 0;
        byte[] buffer = new byte[999];
        try (stream) {
            stream.readTimeout(TIMEOUT);
            stream.writeTimeout(TIMEOUT);
            int some = stream.read(buffer, 0, buffer.length);
            while (some >= 0) {
                count += some;
                some = stream.read(buffer, 0, buffer.length);
            }
            stream.write(buffer, 0, 1);
            stream.closeWrite();
        } catch (IOException endedOrReset) {
            stream.reset();
        }
        return count;
    }

    /** What this side sends are frames that it would take itself. */
    private static void wellFormed(byte[] sent) throws MalformedException {
        new FrameParser(new FrameParser.Handler() {
                    @Override
                    public void header(int type, int flags, int stream, long length) {
                        // A pong repeats whatever number the ping had.
                        assertThat(type == Frame.PING ? 0 : length).isLessThanOrEqualTo(CONFIG.maxWindow());
                    }

                    @Override
                    public void data(ByteBuffer part) {
                        part.position(part.limit());
                    }

                    @Override
                    public void dataEnd() {}
                })
                .feed(ByteBuffer.wrap(sent));
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the connection or a stream of it does not end");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A remote that sends its bytes in pieces, and ends. */
    private static final class Scripted implements SecureConnection {
        private static final PublicKey KEY = Keys.key(1).publicKey();

        private final byte[] incoming;
        private final int piece;
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private final CountDownLatch closed = new CountDownLatch(1);
        private ByteBuffer view = ByteBuffer.allocate(0);
        private int at;

        Scripted(byte[] incoming, int piece) {
            this.incoming = incoming;
            this.piece = piece;
        }

        int written() {
            return sent.size();
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
        public @Nullable ByteBuffer read() {
            if (!view.hasRemaining()) {
                if (at == incoming.length) {
                    return null;
                }
                int count = Math.min(piece, incoming.length - at);
                view = ByteBuffer.wrap(incoming, at, count).slice();
                at += count;
            }
            return view;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void write(ByteBuffer plaintext) {
            byte[] bytes = new byte[plaintext.remaining()];
            plaintext.get(bytes);
            sent.writeBytes(bytes);
        }

        @Override
        public void shutdownOutput() {}

        @Override
        public void close() {
            closed.countDown();
        }
    }
}
