package network.guts.libp2p;

import static network.guts.libp2p.TestNet.ECHO;
import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.connect;
import static network.guts.libp2p.TestNet.talk;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import network.guts.core.host.Stream;
import network.guts.libp2p.upgrade.Pair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Remotes that open many streams: one that stops to read them, one that resets them all. */
@ParameterizedClass
@ValueSource(strings = {TestNet.TCP, TestNet.QUIC})
class StreamFaultsTest {
    private static final int STREAMS = 64;
    private static final int CHUNK = 64 * 1024;
    private static final long ALL = (2 << 20) + 4 * CHUNK;

    /**
     * What one writer gets rid of without a reader. Yamux: a window of 256 KiB, and what waits for the socket. QUIC: a
     * window, what lies outside of it at the reader, and what waits here, 512 KiB each.
     */
    private static final long WINDOWS = 2 << 20;

    private static final int RESETS = 10_000;

    /** Nothing has moved for so many looks of 5 ms. */
    private static final int STILL = 100;

    private final String listen;

    @TempDir
    private Path folder;

    private TestNet net;
    private ResourceLeakDetector.Level level;

    StreamFaultsTest(String listen) {
        this.listen = listen;
    }

    /** Much is moved here, and where buffers leak is looked for elsewhere. */
    @BeforeEach
    void begin() {
        level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
        net = new TestNet(folder, listen);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
        ResourceLeakDetector.setLevel(level);
    }

    @Test
    void aReaderThatStopsHoldsItsWritersUpAndAllGoesOnAfterwards() throws Exception {
        Libp2pHost reader = net.host(1);
        Libp2pHost writer = net.host(2);
        Libp2pHost other = net.host(3);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger whole = new AtomicInteger();
        reader.handle("/test/slow/1", stream -> {
            await(goOn);
            if (readAll(stream) == ALL) {
                whole.incrementAndGet();
            }
        });
        connect(writer, reader);
        AtomicLongArray taken = new AtomicLongArray(STREAMS);
        List<CompletableFuture<Boolean>> writers = new ArrayList<>();
        for (int number = 0; number < STREAMS; number++) {
            int mine = number;
            writers.add(Pair.started(() -> writeAll(writer, reader, mine, taken)));
        }
        untilNothingMoves(taken);
        for (int number = 0; number < STREAMS; number++) {
            assertThat(taken.get(number)).isBetween((long) CHUNK, WINDOWS);
        }
        assertThat(writers).noneMatch(CompletableFuture::isDone);
        // A stopped reader is nobody else's business; but QUIC's streams share a window, and these have used it up.
        if (listen.equals(TestNet.TCP)) {
            talk(writer, reader);
        }
        connect(other, reader);
        talk(other, reader);
        goOn.countDown();
        for (CompletableFuture<Boolean> each : writers) {
            assertThat(each.get(60, TimeUnit.SECONDS)).isTrue();
        }
        Await.until("all has been read", () -> whole.get() == STREAMS);
        Await.until("no stream is left", () -> reader.openStreams() == 0 && writer.openStreams() == 0);
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(120, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Counts what comes, and that each byte is the stream's own. */
    private static long readAll(Stream stream) throws IOException {
        byte[] buffer = new byte[CHUNK];
        long count = 0;
        int some = stream.read(buffer, 0, buffer.length);
        byte own = buffer[0];
        while (some >= 0) {
            for (int at = 0; at < some; at++) {
                if (buffer[at] != own) {
                    throw new IOException("a byte of another stream");
                }
            }
            count += some;
            some = stream.read(buffer, 0, buffer.length);
        }
        return count;
    }

    private static void writeAll(Libp2pHost from, Libp2pHost to, int number, AtomicLongArray taken) throws IOException {
        byte[] chunk = new byte[CHUNK];
        Arrays.fill(chunk, (byte) number);
        try (Stream stream = from.open(to.peerId(), List.of("/test/slow/1"), LONG)) {
            stream.writeTimeout(LONG.multipliedBy(4));
            for (long sent = 0; sent < ALL; sent += CHUNK) {
                stream.write(chunk);
                taken.addAndGet(number, CHUNK);
            }
        }
    }

    private static void untilNothingMoves(AtomicLongArray taken) throws Exception {
        int[] still = {0};
        String[] before = {""};
        Await.until("the writers are held up", () -> {
            String now = taken.toString();
            boolean begun = true;
            for (int number = 0; number < STREAMS; number++) {
                begun &= taken.get(number) > 0;
            }
            still[0] = begun && now.equals(before[0]) ? still[0] + 1 : 0;
            before[0] = now;
            return still[0] >= STILL;
        });
    }

    @Test
    void tenThousandStreamsOpenedAndResetLeaveTheHostAsItWas() throws Exception {
        Libp2pHost host = net.host(1);
        Libp2pHost abuser = net.host(2);
        Libp2pHost honest = net.host(3);
        connect(honest, host);
        connect(abuser, host);
        int refused = 0;
        for (int count = 1; count <= RESETS; count++) {
            try {
                Stream stream = abuser.open(host.peerId(), List.of(ECHO), LONG);
                stream.write(new byte[1]);
                stream.reset();
            } catch (IOException endedOrFull) {
                // Over Yamux a flood ends the connection; whoever goes on dials again.
                refused++;
                abuser.forgetFailures(host.peerId());
            }
            if (count % 1000 == 0) {
                talk(honest, host);
            }
        }
        assertThat(refused).isLessThan(RESETS);
        Await.until("the streams are gone", () -> host.openStreams() == 0 && abuser.openStreams() == 0);
        Await.until("the abuser is served again", () -> {
            abuser.forgetFailures(host.peerId());
            try {
                talk(abuser, host);
                return true;
            } catch (IOException ended) {
                return false;
            }
        });
        talk(honest, host);
        assertThat(honest.connections()).hasSize(1);
    }
}
