package network.guts.libp2p.quic;

import static network.guts.libp2p.quic.QuicPeer.TIMEOUT;
import static network.guts.libp2p.upgrade.Pair.inBackground;
import static network.guts.libp2p.upgrade.Pair.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.Await;
import network.guts.libp2p.muxer.MuxedConnection;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.quic.QuicPeer.Pair;
import org.junit.jupiter.api.Test;

class QuicConnectionTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final int MIB = 1 << 20;

    private static final QuicConfig SMALL = new QuicConfig(
            8,
            64 * 1024,
            256 * 1024,
            64 * 1024,
            Duration.ofSeconds(30),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            32,
            16_384);

    private static MuxedStream opened(MuxedConnection connection) throws IOException {
        MuxedStream stream = connection.open(TIMEOUT);
        stream.write(new byte[] {1}, 0, 1);
        return stream;
    }

    private static MuxedStream accepted(MuxedConnection connection) throws IOException {
        MuxedStream stream = connection.accept();
        assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(1);
        return stream;
    }

    @Test
    void thirtyTwoMiBBothWaysAtOnceArriveWhole() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = opened(pair.ours());
            MuxedStream theirs = accepted(pair.theirs());
            List<CompletableFuture<Boolean>> all = List.of(
                    started(() -> send(ours, 1)),
                    started(() -> send(theirs, 2)),
                    started(() -> receive(theirs, 1)),
                    started(() -> receive(ours, 2)));
            for (CompletableFuture<Boolean> each : all) {
                each.get();
            }
            Await.until(
                    "both forgotten",
                    () -> pair.ours().streams() + pair.theirs().streams() == 0);
        }
    }

    /** Chunks of odd sizes of a sequence that the seed decides. */
    private static void send(MuxedStream stream, long seed) throws IOException {
        Random content = new Random(seed);
        Random sizes = new Random(seed + 100);
        int left = 32 * MIB;
        while (left > 0) {
            byte[] chunk = new byte[Math.min(left, 8 * sizes.nextInt(1, 20_000))];
            content.nextBytes(chunk);
            stream.write(chunk, 0, chunk.length);
            left -= chunk.length;
        }
        stream.closeWrite();
    }

    private static void receive(MuxedStream stream, long seed) throws IOException {
        Random content = new Random(seed);
        int left = 32 * MIB;
        byte[] expected = new byte[8];
        byte[] got = new byte[8 * 10_000];
        while (left > 0) {
            int filled = 0;
            while (filled < Math.min(left, got.length)) {
                int count = stream.read(got, filled, Math.min(left, got.length) - filled);
                assertThat(count).as("%d left", left).isPositive();
                filled += count;
            }
            for (int at = 0; at < filled; at += expected.length) {
                content.nextBytes(expected);
                assertThat(java.util.Arrays.mismatch(expected, 0, 8, got, at, at + 8))
                        .isNegative();
            }
            left -= filled;
        }
        assertThat(stream.read(got, 0, 1)).isNegative();
    }

    @Test
    void aSlowReaderCostsAtMostTheWindowAndHoldsItsWriterUp() throws Exception {
        try (Pair pair = Pair.connect(SMALL)) {
            MuxedStream writer = opened(pair.ours());
            MuxedStream reader = accepted(pair.theirs());
            writer.writeTimeout(SHORT);
            byte[] chunk = new byte[64 * 1024];
            int written = 0;
            boolean held = false;
            while (!held) {
                try {
                    writer.write(chunk, 0, chunk.length);
                    written += chunk.length;
                    assertThat(written).as("bytes that nobody reads").isLessThan(2 * MIB);
                } catch (SocketTimeoutException nobodyReads) {
                    held = true;
                }
            }
            writer.writeTimeout(TIMEOUT);
            CompletableFuture<Boolean> more = started(() -> {
                writer.write(chunk, 0, 7);
                writer.closeWrite();
            });
            assertThat(readAll(reader)).isEqualTo(written + 7);
            more.get();
        }
    }

    @Test
    void aReaderThatStopsDoesNotHoldUpOtherStreams() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream stuck = opened(pair.ours());
            accepted(pair.theirs());
            CompletableFuture<Boolean> held = started(() -> stuck.write(new byte[8 * MIB], 0, 8 * MIB));
            MuxedStream other = opened(pair.ours());
            MuxedStream reader = accepted(pair.theirs());
            CompletableFuture<Long> received = inBackground(() -> readAll(reader));
            byte[] chunk = new byte[256 * 1024];
            for (int count = 0; count < 80; count++) {
                other.write(chunk, 0, chunk.length);
            }
            other.closeWrite();
            assertThat(received.get()).isEqualTo(80L * chunk.length);
            assertThat(held).isNotDone();
            stuck.reset();
            assertThatThrownBy(held::get).hasCauseInstanceOf(StreamResetException.class);
        }
    }

    @Test
    void aClosedSideStillReads() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream asking = opened(pair.ours());
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
    void closingBehindBytesThatWaitForTheWindowLosesNothing() throws Exception {
        try (Pair pair = Pair.connect(SMALL)) {
            for (boolean whole : new boolean[] {false, true}) {
                MuxedStream writer = opened(pair.ours());
                MuxedStream reader = accepted(pair.theirs());
                int size = 300 * 1024;
                writer.write(new byte[size], 0, size);
                if (whole) {
                    writer.close();
                } else {
                    writer.closeWrite();
                }
                assertThat(readAll(reader)).isEqualTo(size);
                reader.close();
            }
        }
    }

    @Test
    void closingBesideABlockedWriterLosesNothing() throws Exception {
        try (Pair pair = Pair.connect(SMALL)) {
            MuxedStream writer = opened(pair.ours());
            MuxedStream reader = accepted(pair.theirs());
            int size = 4 * MIB;
            CompletableFuture<Boolean> written = started(() -> writer.write(new byte[size], 0, size));
            byte[] some = new byte[1000];
            long received = reader.read(some, 0, some.length);
            writer.close();
            assertThat(received + readAll(reader)).isEqualTo(size);
            written.get();
        }
    }

    @Test
    void aResetIsSeenAsSuchOnBothSides() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = opened(pair.ours());
            MuxedStream theirs = accepted(pair.theirs());
            CompletableFuture<Long> reading = inBackground(() -> readAll(theirs));
            ours.reset();
            ours.reset();
            assertThatThrownBy(reading::get)
                    .hasCauseInstanceOf(StreamResetException.class)
                    .hasMessageContaining("the remote reset the stream");
            assertThatThrownBy(() -> theirs.write(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThatThrownBy(() -> ours.read(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThatThrownBy(() -> ours.write(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThat(pair.ours().isOpen()).isTrue();
            Await.until(
                    "both forgotten",
                    () -> pair.ours().streams() + pair.theirs().streams() == 0);
        }
    }

    @Test
    void aReadThatTimesOutLeavesTheStreamUsable() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = opened(pair.ours());
            ours.readTimeout(SHORT);
            assertThatThrownBy(() -> ours.read(new byte[1], 0, 1)).isInstanceOf(SocketTimeoutException.class);
            MuxedStream theirs = accepted(pair.theirs());
            theirs.write(new byte[] {9}, 0, 1);
            ours.readTimeout(TIMEOUT);
            byte[] one = new byte[1];
            assertThat(ours.read(one, 0, 1)).isEqualTo(1);
            assertThat(one[0]).isEqualTo((byte) 9);
        }
    }

    @Test
    void aHundredStreamsAtOnce() throws Exception {
        try (Pair pair = Pair.connect()) {
            List<CompletableFuture<Boolean>> servers = new ArrayList<>();
            CompletableFuture<Boolean> server = started(() -> {
                for (int count = 0; count < 100; count++) {
                    MuxedStream stream = pair.theirs().accept();
                    servers.add(started(() -> echo(stream)));
                }
            });
            List<CompletableFuture<Long>> echoes = new ArrayList<>();
            for (int count = 0; count < 100; count++) {
                int size = 10_000 * (count % 50 + 1);
                echoes.add(inBackground(() -> {
                    MuxedStream stream = pair.ours().open(TIMEOUT);
                    CompletableFuture<Long> read = inBackground(() -> readAll(stream));
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
    void tenThousandStreamsOpenedAndResetLeaveTheConnectionUsable() throws Exception {
        try (Pair pair = Pair.connect()) {
            CompletableFuture<Integer> last = inBackground(() -> {
                byte[] one = new byte[1];
                while (true) {
                    try {
                        if (pair.theirs().accept().read(one, 0, 1) == 1 && one[0] == 5) {
                            return pair.theirs().streams();
                        }
                    } catch (StreamResetException e) {
                        assertThat(e).hasMessageContaining("reset");
                    }
                }
            });
            for (int count = 0; count < 10_000; count++) {
                MuxedStream stream = pair.ours().open(TIMEOUT);
                stream.write(new byte[1], 0, 1);
                stream.reset();
            }
            MuxedStream stream = pair.ours().open(TIMEOUT);
            stream.write(new byte[] {5}, 0, 1);
            last.get();
            Await.until(
                    "forgotten",
                    () -> pair.ours().streams() == 1 && pair.theirs().streams() == 1);
        }
    }

    @Test
    void aConnectionThatSeesNothingButResetsIsEnded() throws Exception {
        QuicConfig strict = new QuicConfig(
                512, MIB, MIB, MIB, Duration.ofSeconds(30), Duration.ofSeconds(15), Duration.ofSeconds(30), 32, 100);
        try (Pair pair = Pair.connect(strict)) {
            assertThatThrownBy(() -> {
                        for (int count = 0; count < 300; count++) {
                            MuxedStream stream = pair.ours().open(TIMEOUT);
                            stream.write(new byte[1], 0, 1);
                            stream.reset();
                        }
                        pair.ours().accept();
                    })
                    .isInstanceOf(IOException.class);
            Await.until("ended", () -> !pair.ours().isOpen() && !pair.theirs().isOpen());
            assertThat(pair.ours().endReason().orElseThrow()
                            + pair.theirs().endReason().orElseThrow())
                    .contains("too many streams were reset");
        }
    }

    @Test
    void noMoreStreamsThanTheRemoteAllows() throws Exception {
        try (Pair pair = Pair.connect(SMALL)) {
            List<MuxedStream> open = new ArrayList<>();
            for (int count = 0; count < SMALL.maxInboundStreams(); count++) {
                open.add(opened(pair.ours()));
            }
            assertThatThrownBy(() -> pair.ours().open(SHORT)).hasMessageContaining("does not allow more streams");
            CompletableFuture<MuxedStream> waits =
                    inBackground(() -> pair.ours().open(TIMEOUT));
            assertThat(waits).isNotDone();
            MuxedStream first = pair.theirs().accept();
            open.getFirst().close();
            first.close();
            waits.get().write(new byte[] {1}, 0, 1);
            for (int count = 1; count < open.size(); count++) {
                accepted(pair.theirs());
            }
            accepted(pair.theirs());
        }
    }

    @Test
    void theEndOfAConnectionIsSeenWithItsReason() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = opened(pair.ours());
            MuxedStream theirs = accepted(pair.theirs());
            CompletableFuture<Long> reading = inBackground(() -> readAll(theirs));
            CompletableFuture<Long> readingOurs = inBackground(() -> readAll(ours));
            pair.ours().close("done here");
            assertThatThrownBy(readingOurs::get).hasMessageContaining("done here");
            assertThatThrownBy(() -> pair.ours().open(TIMEOUT)).hasMessageContaining("done here");
            assertThatThrownBy(() -> pair.ours().accept()).hasMessageContaining("done here");
            assertThatThrownBy(reading::get).hasMessageContaining("the remote closed it: done here");
            assertThatThrownBy(() -> pair.theirs().accept()).hasMessageContaining("the remote closed it: done here");
            assertThat(pair.theirs().endReason()).contains("the remote closed it: done here");
            assertThat(pair.theirs().streams()).isZero();
        }
    }

    @Test
    void whatCameBeforeTheEndCanStillBeRead() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream ours = opened(pair.ours());
            MuxedStream theirs = accepted(pair.theirs());
            ours.write(new byte[5000], 0, 5000);
            byte[] one = new byte[1];
            assertThat(theirs.read(one, 0, 1)).isEqualTo(1);
            pair.ours().close("that was all");
            Await.until("seen", () -> !pair.theirs().isOpen());
            int count = 1;
            while (count < 5000) {
                count += theirs.read(new byte[5000], 0, 5000);
            }
            assertThatThrownBy(() -> theirs.read(one, 0, 1)).hasMessageContaining("that was all");
        }
    }

    @Test
    void aClosedStreamWhoseRemoteGoesOnIsEnded() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream writer = opened(pair.ours());
            MuxedStream reader = accepted(pair.theirs());
            reader.close();
            assertThatThrownBy(() -> {
                        byte[] chunk = new byte[100_000];
                        while (true) {
                            writer.write(chunk, 0, chunk.length);
                        }
                    })
                    .isInstanceOf(StreamResetException.class);
            writer.close();
            Await.until("forgotten", () -> pair.ours().streams() + pair.theirs().streams() == 0);
        }
    }

    @Test
    void aWriterHearsOfAStopThatCameWhileItHadNothingToSend() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream writer = opened(pair.ours());
            MuxedStream reader = accepted(pair.theirs());
            MuxedStream other = opened(pair.ours());
            MuxedStream echoing = accepted(pair.theirs());
            CompletableFuture<Boolean> echo = started(() -> echo(echoing));
            reader.close();
            byte[] chunk = new byte[300_000];
            writer.write(chunk, 0, chunk.length);
            Await.until("stopped", () -> pair.theirs().streams() == 1);
            for (int round = 0; round < 20; round++) {
                other.write(chunk, 0, 1);
                assertThat(other.read(new byte[1], 0, 1)).isEqualTo(1);
            }
            assertThatThrownBy(() -> {
                        while (true) {
                            writer.write(chunk, 0, chunk.length);
                        }
                    })
                    .isInstanceOf(StreamResetException.class);
            writer.close();
            Await.until("forgotten", () -> pair.ours().streams() == 1);
            other.close();
            echo.get();
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
