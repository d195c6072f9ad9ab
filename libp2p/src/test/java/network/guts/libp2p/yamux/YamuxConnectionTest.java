package network.guts.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.upgrade.Pair;
import org.junit.jupiter.api.Test;

class YamuxConnectionTest {
    private static final Duration SHORT = Duration.ofMillis(200);

    @Test
    void aWriterIsBlockedAtTheWindowUntilTheReaderReads() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream writer = pair.ours().open(Pair.TIMEOUT);
            writer.writeTimeout(SHORT);
            byte[] window = new byte[Frame.INITIAL_WINDOW];
            writer.write(window, 0, window.length);
            assertThatThrownBy(() -> writer.write(window, 0, 1)).isInstanceOf(SocketTimeoutException.class);
            MuxedStream reader = pair.theirs().accept();
            writer.writeTimeout(Pair.TIMEOUT);
            CompletableFuture<Boolean> more = Pair.started(() -> {
                writer.write(window, 0, 7);
                writer.closeWrite();
            });
            assertThat(readAll(reader)).isEqualTo(window.length + 7);
            more.get();
        }
    }

    @Test
    void aSlowReaderDoesNotHoldUpOtherStreams() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream stuck = pair.ours().open(Pair.TIMEOUT);
            byte[] window = new byte[Frame.INITIAL_WINDOW];
            stuck.write(window, 0, window.length);
            pair.theirs().accept();
            MuxedStream other = pair.ours().open(Pair.TIMEOUT);
            CompletableFuture<Long> received =
                    Pair.inBackground(() -> readAll(pair.theirs().accept()));
            for (int count = 0; count < 40; count++) {
                other.write(window, 0, window.length);
            }
            other.closeWrite();
            assertThat(received.get()).isEqualTo(40L * window.length);
        }
    }

    @Test
    void aClosedSideStillReads() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream asking = pair.ours().open(Pair.TIMEOUT);
            asking.write(new byte[] {1}, 0, 1);
            asking.closeWrite();
            assertThatThrownBy(() -> asking.write(new byte[1], 0, 1)).isInstanceOf(IOException.class);
            MuxedStream answering = pair.theirs().accept();
            assertThat(readAll(answering)).isEqualTo(1);
            answering.write(new byte[1000], 0, 1000);
            answering.close();
            assertThat(readAll(asking)).isEqualTo(1000);
            asking.close();
            Await.until(
                    "both forgotten",
                    () -> pair.ours().streams() + pair.theirs().streams() == 0);
        }
    }

    @Test
    void closingBehindABlockedWriterLosesNothing() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream writer = pair.ours().open(Pair.TIMEOUT);
            int size = 3 * Frame.INITIAL_WINDOW;
            writer.write(new byte[1], 0, 1);
            MuxedStream reader = pair.theirs().accept();
            CompletableFuture<Boolean> written = Pair.started(() -> {
                writer.write(new byte[size], 0, size);
            });
            byte[] buffer = new byte[1000];
            long received = reader.read(buffer, 0, 1);
            received += reader.read(buffer, 0, buffer.length);
            writer.close();
            assertThat(received + readAll(reader)).isEqualTo(size + 1);
            written.get();
        }
    }

    @Test
    void aResetIsSeenAsSuchOnBothSides() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = pair.ours().open(Pair.TIMEOUT);
            ours.write(new byte[1], 0, 1);
            MuxedStream theirs = pair.theirs().accept();
            CompletableFuture<Long> reading = Pair.inBackground(() -> readAll(theirs));
            ours.reset();
            ours.reset();
            assertThatThrownBy(reading::get).hasCauseInstanceOf(StreamResetException.class);
            assertThatThrownBy(() -> theirs.write(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThatThrownBy(() -> ours.read(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThat(pair.ours().isOpen()).isTrue();
        }
    }

    @Test
    void aReadThatTimesOutLeavesTheStreamUsable() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = pair.ours().open(Pair.TIMEOUT);
            ours.readTimeout(SHORT);
            assertThatThrownBy(() -> ours.read(new byte[1], 0, 1)).isInstanceOf(SocketTimeoutException.class);
            MuxedStream theirs = pair.theirs().accept();
            theirs.write(new byte[] {9}, 0, 1);
            ours.readTimeout(Pair.TIMEOUT);
            byte[] one = new byte[1];
            assertThat(ours.read(one, 0, 1)).isEqualTo(1);
            assertThat(one[0]).isEqualTo((byte) 9);
        }
    }

    @Test
    void aHundredStreamsAtOnce() throws Exception {
        try (Pair pair = Pair.connect()) {
            List<CompletableFuture<Boolean>> servers = new ArrayList<>();
            CompletableFuture<Boolean> server = Pair.started(() -> {
                for (int count = 0; count < 100; count++) {
                    MuxedStream stream = pair.theirs().accept();
                    servers.add(Pair.started(() -> echo(stream)));
                }
            });
            List<CompletableFuture<Long>> echoes = new ArrayList<>();
            for (int count = 0; count < 100; count++) {
                int size = 10_000 * (count % 50 + 1);
                echoes.add(Pair.inBackground(() -> {
                    MuxedStream stream = pair.ours().open(Pair.TIMEOUT);
                    CompletableFuture<Long> read = Pair.inBackground(() -> readAll(stream));
                    stream.write(new byte[size], 0, size);
                    stream.closeWrite();
                    return read.get() - size;
                }));
            }
            server.get();
            for (CompletableFuture<Long> echo : echoes) {
                assertThat(echo.get()).isZero();
            }
            assertThat(servers)
                    .hasSize(100)
                    .allSatisfy(each -> assertThat(each.get()).isTrue());
            Await.until(
                    "all forgotten", () -> pair.ours().streams() + pair.theirs().streams() == 0);
        }
    }

    @Test
    void aThousandStreamsOpenedAndReset() throws Exception {
        try (Pair pair = Pair.connect()) {
            for (int count = 0; count < 1000; count++) {
                MuxedStream stream = pair.ours().open(Pair.TIMEOUT);
                stream.write(new byte[1], 0, 1);
                stream.reset();
            }
            MuxedStream last = pair.ours().open(Pair.TIMEOUT);
            last.write(new byte[] {5}, 0, 1);
            byte[] one = new byte[1];
            assertThat(readFirstAlive(pair, one)).isEqualTo(5);
            Await.until(
                    "forgotten",
                    () -> pair.ours().streams() == 1 && pair.theirs().streams() == 1);
        }
    }

    private static int readFirstAlive(Pair pair, byte[] one) throws IOException {
        while (true) {
            try {
                if (pair.theirs().accept().read(one, 0, 1) == 1 && one[0] == 5) {
                    return one[0];
                }
            } catch (StreamResetException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }
    }

    @Test
    void theWindowGrowsUpToItsBoundsAndNotBeyond() throws Exception {
        YamuxConfig small = new YamuxConfig(
                512,
                2 * Frame.INITIAL_WINDOW,
                Frame.INITIAL_WINDOW + 5,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30));
        try (Pair pair = Pair.connect(small, YamuxConfig.DEFAULT)) {
            YamuxConnection connection = (YamuxConnection) pair.ours();
            assertThat(connection.growWindow(Frame.INITIAL_WINDOW)).isEqualTo(Frame.INITIAL_WINDOW);
            assertThat(connection.growWindow(2 * Frame.INITIAL_WINDOW)).isZero();
            assertThat(connection.growWindow(Frame.INITIAL_WINDOW)).isEqualTo(5);
            assertThat(connection.growWindow(Frame.INITIAL_WINDOW)).isZero();
        }
    }

    @Test
    void measuresTheRoundTrip() throws Exception {
        try (Pair pair = Pair.connect()) {
            Await.until(
                    "measured",
                    () -> pair.ours().roundTrip().isPresent()
                            && pair.theirs().roundTrip().isPresent());
            assertThat(pair.ours().roundTrip().orElseThrow()).isPositive().isLessThan(Pair.TIMEOUT);
        }
    }

    @Test
    void closingTheConnectionSendsWhatWasWrittenAndEndsEverything() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = pair.ours().open(Pair.TIMEOUT);
            byte[] much = new byte[200_000];
            ours.write(much, 0, much.length);
            ours.closeWrite();
            MuxedStream theirs = pair.theirs().accept();
            CompletableFuture<Long> waiting = Pair.inBackground(() -> readAll(ours));
            pair.ours().close("done here");
            assertThatThrownBy(waiting::get).hasMessageContaining("done here");
            assertThatThrownBy(() -> pair.ours().open(Pair.TIMEOUT)).hasMessageContaining("done here");
            assertThatThrownBy(() -> pair.ours().accept()).hasMessageContaining("done here");
            assertThat(readAll(theirs)).isEqualTo(much.length);
            Await.until("seen by the other", () -> !pair.theirs().isOpen());
            assertThat(pair.theirs().endReason()).contains("the remote closed it");
            assertThat(pair.theirs().streams()).isZero();
        }
    }

    private static void echo(MuxedStream stream) throws IOException {
        byte[] buffer = new byte[8192];
        int count = stream.read(buffer, 0, buffer.length);
        while (count >= 0) {
            stream.write(buffer, 0, count);
            count = stream.read(buffer, 0, buffer.length);
        }
        stream.close();
    }

    private static long readAll(MuxedStream stream) throws IOException {
        byte[] buffer = new byte[50_000];
        long total = 0;
        int count = stream.read(buffer, 0, buffer.length);
        while (count >= 0) {
            total += count;
            count = stream.read(buffer, 0, buffer.length);
        }
        return total;
    }
}
