package network.guts.libp2p.perf;

import static network.guts.libp2p.TestNet.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.MalformedException;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.Await;
import network.guts.libp2p.Libp2pHost;
import network.guts.libp2p.TestNet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerfTest {
    @TempDir
    private Path folder;

    private TestNet net;
    private Libp2pHost client;
    private Libp2pHost server;

    @BeforeEach
    void begin() throws Exception {
        net = new TestNet(folder);
        client = net.host(1);
        server = net.host(2);
        TestNet.connect(client, server);
    }

    @AfterEach
    void end() throws Exception {
        net.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, Perf.CHUNK, 5_000_001})
    void bothDirectionsMoveJustSoManyBytes(long bytes) throws Exception {
        PerfServer.serve(server);
        Perf perf = new Perf(client);
        AtomicLong up = new AtomicLong();
        AtomicLong down = new AtomicLong();
        assertThat(perf.upload(server.peerId(), bytes, LONG, up::set)).isPositive();
        assertThat(perf.download(server.peerId(), bytes, LONG, down::set)).isPositive();
        assertThat(up).hasValue(bytes);
        assertThat(down).hasValue(bytes);
    }

    @Test
    void aHostDoesNotServeItUnlessAskedTo() throws Exception {
        Perf perf = new Perf(client);
        assertThatThrownBy(() -> perf.upload(server.peerId(), 1, LONG, bytes -> {}))
                .isInstanceOf(UnsupportedProtocolException.class);
        var registration = PerfServer.serve(server);
        perf.upload(server.peerId(), 1, LONG, bytes -> {});
        registration.close();
        Await.until(
                "the client knows that it is gone",
                () -> client.identified(server.peerId())
                        .filter(said -> !said.protocols().contains(Perf.ID))
                        .isPresent());
        assertThatThrownBy(() -> perf.upload(server.peerId(), 1, LONG, bytes -> {}))
                .isInstanceOf(UnsupportedProtocolException.class);
    }

    @Test
    void theServerAnswersOnlyWhenTheUploadIsOver() throws Exception {
        PerfServer.serve(server);
        try (Stream stream = client.open(server.peerId(), List.of(Perf.ID), LONG)) {
            stream.write(ByteBuffer.allocate(8).putLong(3).array());
            stream.readTimeout(Duration.ofMillis(50));
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1))
                    .isInstanceOf(java.net.SocketTimeoutException.class);
            stream.closeWrite();
            stream.readTimeout(LONG);
            stream.readFully(new byte[3], 0, 3);
            assertThat(stream.read(new byte[1], 0, 1)).isNegative();
        }
    }

    @Test
    void aRequestForAllThatANumberHoldsIsServedUntilTheClientHasEnough() throws Exception {
        PerfServer.serve(server);
        Stream stream = client.open(server.peerId(), List.of(Perf.ID), LONG);
        stream.write(ByteBuffer.allocate(8).putLong(-1).array());
        stream.closeWrite();
        stream.readFully(new byte[1 << 20], 0, 1 << 20);
        stream.reset();
        TestNet.talk(client, server);
    }

    @Test
    void whatLastsTooLongIsReset() throws Exception {
        PerfServer.serve(server, 1, Duration.ofMillis(200));
        Stream stream = client.open(server.peerId(), List.of(Perf.ID), LONG);
        stream.write(ByteBuffer.allocate(8).putLong(-1).array());
        stream.closeWrite();
        assertThatThrownBy(() -> {
                    byte[] buffer = new byte[1 << 16];
                    while (stream.read(buffer, 0, buffer.length) >= 0) {}
                })
                .isInstanceOf(StreamResetException.class);
        TestNet.talk(client, server);
    }

    @Test
    void oneStreamTooManyIsResetAndTheOthersAreServed() throws Exception {
        PerfServer.serve(server, 2, LONG);
        List<Stream> open = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Stream stream = client.open(server.peerId(), List.of(Perf.ID), LONG);
            // Streams are served side by side: only an answer shows that this one has its place.
            stream.write(ByteBuffer.allocate(8).putLong(Long.MAX_VALUE).array());
            stream.closeWrite();
            stream.readFully(new byte[1], 0, 1);
            open.add(stream);
        }
        Perf perf = new Perf(client);
        assertThatThrownBy(() -> perf.download(server.peerId(), 1, LONG, bytes -> {}))
                .isInstanceOf(IOException.class);
        open.forEach(Stream::reset);
        Await.until("a place is free again", () -> {
            try {
                perf.download(server.peerId(), 1, LONG, bytes -> {});
                return true;
            } catch (StreamResetException stillTooMany) {
                return false;
            }
        });
    }

    @Test
    void aServerThatSendsTooMuchOrTooLittleIsNamed() throws Exception {
        server.handle(Perf.ID, stream -> {
            stream.readFully(new byte[8], 0, 8);
            stream.write(new byte[100]);
        });
        Perf perf = new Perf(client);
        assertThatThrownBy(() -> perf.download(server.peerId(), 99, LONG, bytes -> {}))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("more than the 99");
        assertThatThrownBy(() -> perf.download(server.peerId(), 101, LONG, bytes -> {}))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("100 of 101");
    }
}
