package network.guts.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.host.StreamResetException;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.upgrade.Pair;
import network.guts.libp2p.yamux.RawPeer.Sent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MisbehavingRemoteTest {
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0, 1, 0, version",
        "0, 9, 0, 1, 0, type",
        "0, 0, 16, 1, 0, flags",
        "0, 0, 1, 0, 0, on stream 0",
        "0, 2, 1, 5, 0, on stream 5",
        "0, 0, 1, 1, 16777217, data frame of 16777217",
        "0, 0, 1, 1, -1, data frame of 4294967295",
        "0, 0, 1, 1, 262145, left in the window",
        "0, 1, 1, 2, 0, number of this side",
    })
    void breaksTheProtocolAndIsToldGoodbye(int version, int type, int flags, int stream, int length, String reason)
            throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            byte[] frame = new byte[Frame.HEADER];
            Frame.put(frame, 0, type, flags, stream, length);
            frame[0] = (byte) version;
            peer.sendBytes(frame);
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
            assertThat(peer.connection.isOpen()).isFalse();
            assertThat(peer.connection.endReason().orElseThrow())
                    .contains("broke the protocol")
                    .contains(reason);
        }
    }

    @Test
    void opensAStreamTwice() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.WINDOW_UPDATE, Frame.SYN, 1, 0);
            peer.send(Frame.WINDOW_UPDATE, Frame.SYN, 1, 0);
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
        }
    }

    @Test
    void sendsMoreThanTheWindowInSeveralFrames() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.DATA, Frame.SYN, 1, 200_000, new byte[200_000]);
            peer.send(Frame.DATA, 0, 1, 100_000);
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
        }
    }

    @Test
    void overflowsTheWindowThatItGrants() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.WINDOW_UPDATE, Frame.SYN, 1, -1);
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
        }
    }

    @Test
    void overflowsTheWindowThatItGrantsLittleByLittle() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.WINDOW_UPDATE, Frame.SYN, 1, 0);
            for (int updates = 0; updates < 3; updates++) {
                peer.send(Frame.WINDOW_UPDATE, 0, 1, 0x7000_0000);
            }
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
            assertThat(peer.connection.endReason().orElseThrow()).contains("window of");
        }
    }

    @Test
    void sendsDataBehindItsFin() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.DATA, Frame.SYN | Frame.FIN, 1, 3, new byte[3]);
            peer.send(Frame.DATA, 0, 1, 200_000, new byte[200_000]);
            MuxedStream stream = peer.connection.accept();
            assertThat(stream.read(new byte[10], 0, 10)).isEqualTo(3);
            // What was sent too late is thrown away, and never given credit for.
            assertThat(stream.read(new byte[10], 0, 10)).isEqualTo(-1);
            assertThat(peer.connection.isOpen()).isTrue();
            peer.send(Frame.DATA, 0, 1, 100_000);
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
        }
    }

    @Test
    void answersPingsThatNobodySent() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            for (int pong = 0; pong < 1000; pong++) {
                peer.send(Frame.PING, Frame.ACK, 0, 1000 + pong);
            }
            peer.send(Frame.PING, Frame.SYN, 0, 42);
            Sent answer = peer.next(Frame.PING);
            while (answer.flags() != Frame.ACK) {
                answer = peer.next(Frame.PING);
            }
            assertThat(answer.length()).isEqualTo(42);
            assertThat(peer.connection.roundTrip()).isEmpty();
        }
    }

    @Test
    void endsWithinAFrame() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.DATA, Frame.SYN, 1, 100, new byte[40]);
            MuxedStream stream = peer.connection.accept();
            byte[] buffer = new byte[100];
            assertThat(stream.read(buffer, 0, 100)).isEqualTo(40);
            peer.vanish();
            assertThatThrownBy(() -> stream.read(buffer, 0, 100))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("connection ended");
        }
    }

    @Test
    void repeatsFinsAndSpeaksOnForgottenStreams() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.DATA, Frame.SYN, 1, 0);
            MuxedStream stream = peer.connection.accept();
            peer.send(Frame.DATA, Frame.FIN, 1, 0);
            peer.send(Frame.DATA, Frame.FIN, 1, 0);
            assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
            stream.close();
            Await.until("forgotten", () -> peer.connection.streams() == 0);
            peer.send(Frame.DATA, Frame.FIN, 1, 0);
            peer.send(Frame.DATA, 0, 1, 5, new byte[5]);
            peer.send(Frame.WINDOW_UPDATE, 0, 99, 1000);
            peer.send(Frame.DATA, Frame.RST, 77, 0);
            peer.send(Frame.PING, Frame.SYN, 0, 42);
            Sent pong = peer.next(Frame.PING);
            while (pong.flags() != Frame.ACK) {
                pong = peer.next(Frame.PING);
            }
            assertThat(pong.length()).isEqualTo(42);
            assertThat(peer.connection.isOpen()).isTrue();
        }
    }

    @Test
    void opensMoreStreamsThanItMay() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            for (int stream = 0; stream < 513; stream++) {
                peer.send(Frame.WINDOW_UPDATE, Frame.SYN, 2 * stream + 1, 0);
            }
            Sent reset = peer.next(Frame.WINDOW_UPDATE);
            assertThat(reset).isEqualTo(new Sent(Frame.WINDOW_UPDATE, Frame.RST, 1025, 0));
            assertThat(peer.connection.streams()).isEqualTo(512);
            assertThat(peer.connection.isOpen()).isTrue();
        }
    }

    @Test
    void opensAndResetsWithoutEnd() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            assertThatThrownBy(() -> {
                        for (int stream = 1; stream < 400_000; stream += 2) {
                            peer.send(Frame.WINDOW_UPDATE, Frame.SYN, stream, 0);
                            peer.send(Frame.WINDOW_UPDATE, Frame.RST, stream, 0);
                        }
                        peer.next(Frame.GO_AWAY);
                        throw new IOException("told goodbye");
                    })
                    .isInstanceOf(IOException.class);
            Await.until("ended", () -> !peer.connection.isOpen());
            assertThat(peer.connection.endReason().orElseThrow()).contains("flood of streams");
            assertThat(peer.connection.streams()).isZero();
        }
    }

    @Test
    void floodsWithPings() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            // At once: a close with anything unread could break the pipe that the goodbye comes through.
            byte[] pings = new byte[150 * Frame.HEADER];
            for (int ping = 0; ping < 150; ping++) {
                Frame.put(pings, ping * Frame.HEADER, Frame.PING, Frame.SYN, 0, ping);
            }
            peer.sendBytes(pings);
            assertThat(peer.next(Frame.GO_AWAY).length()).isEqualTo(Frame.PROTOCOL_ERROR);
            assertThat(peer.connection.endReason().orElseThrow()).contains("flood of pings");
        }
    }

    @Test
    void neverReadsAndBlocksOnlyItsOwnWriters() throws Exception {
        try (RawPeer deaf = new RawPeer(YamuxConfig.DEFAULT);
                Pair other = Pair.connect()) {
            deaf.send(Frame.WINDOW_UPDATE, Frame.SYN, 1, 1 << 30);
            MuxedStream stream = deaf.connection.accept();
            stream.writeTimeout(Duration.ofMillis(300));
            assertThatThrownBy(() -> {
                        byte[] chunk = new byte[1 << 20];
                        for (int written = 0; written < 1000; written++) {
                            stream.write(chunk, 0, chunk.length);
                        }
                    })
                    .isInstanceOf(SocketTimeoutException.class);
            // What needs no room still never blocks, and others are served.
            deaf.connection.open(Pair.TIMEOUT).reset();
            MuxedStream served = other.ours().open(Pair.TIMEOUT);
            served.write(new byte[] {1}, 0, 1);
            assertThat(other.theirs().accept().read(new byte[1], 0, 1)).isEqualTo(1);
            deaf.connection.close("enough");
            assertThatThrownBy(() -> stream.write(new byte[1], 0, 1)).hasMessageContaining("enough");
        }
    }

    @Test
    void doesNotAnswerPings() throws Exception {
        YamuxConfig impatient = new YamuxConfig(
                512, 1 << 24, 1 << 26, Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(30));
        try (RawPeer peer = new RawPeer(impatient)) {
            assertThatThrownBy(peer.connection::accept)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no answer to a ping");
        }
    }

    @Test
    void neverClosesItsSideOfAStream() throws Exception {
        YamuxConfig hasty = new YamuxConfig(
                512, 1 << 24, 1 << 26, Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofMillis(50));
        try (RawPeer peer = new RawPeer(hasty)) {
            peer.send(Frame.WINDOW_UPDATE, Frame.SYN, 1, 0);
            peer.connection.accept().close();
            assertThat(peer.next(Frame.WINDOW_UPDATE).flags()).isEqualTo(Frame.ACK);
            assertThat(peer.next(Frame.WINDOW_UPDATE).flags()).isEqualTo(Frame.FIN);
            assertThat(peer.next(Frame.WINDOW_UPDATE).flags()).isEqualTo(Frame.RST);
            assertThat(peer.connection.streams()).isZero();
        }
    }

    @Test
    void neverTakesTheStreamsThatAreOpened() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            List<MuxedStream> streams = new ArrayList<>();
            for (int count = 0; count < YamuxConnection.MAX_UNACKNOWLEDGED; count++) {
                streams.add(peer.connection.open(Pair.TIMEOUT));
            }
            assertThatThrownBy(() -> peer.connection.open(Duration.ofMillis(50)))
                    .isInstanceOf(SocketTimeoutException.class);
            peer.send(Frame.WINDOW_UPDATE, Frame.ACK, 2, 0);
            streams.add(peer.connection.open(Pair.TIMEOUT));
            assertThat(streams).hasSize(YamuxConnection.MAX_UNACKNOWLEDGED + 1);
        }
    }

    @Test
    void resetsAStream() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.DATA, Frame.SYN, 1, 3, new byte[3]);
            MuxedStream stream = peer.connection.accept();
            // go-libp2p puts an error code where the length is.
            peer.send(Frame.WINDOW_UPDATE, Frame.RST, 1, 4711);
            assertThatThrownBy(() -> {
                        while (stream.read(new byte[1], 0, 1) >= 0) {
                            stream.write(new byte[1], 0, 1);
                        }
                    })
                    .isInstanceOf(StreamResetException.class);
            assertThat(peer.connection.isOpen()).isTrue();
        }
    }

    @Test
    void goesAway() throws Exception {
        try (RawPeer peer = new RawPeer(YamuxConfig.DEFAULT)) {
            peer.send(Frame.DATA, Frame.SYN, 1, 1, new byte[1]);
            MuxedStream stream = peer.connection.accept();
            peer.send(Frame.GO_AWAY, 0, 0, Frame.NORMAL);
            Await.until("no more streams", () -> {
                try {
                    peer.connection.open(Pair.TIMEOUT);
                    return false;
                } catch (IOException e) {
                    return true;
                }
            });
            assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(1);
            peer.send(Frame.GO_AWAY, 0, 0, Frame.INTERNAL_ERROR);
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).hasMessageContaining("code 2");
        }
    }
}
