package network.guts.libp2p.multistream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import network.guts.core.MalformedException;
import network.guts.core.host.StreamResetException;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.multistream.Multistream.Negotiated;
import network.guts.libp2p.muxer.MuxedStream;
import network.guts.libp2p.upgrade.Pair;
import org.junit.jupiter.api.Test;

class MultistreamTest {
    private static final List<String> SERVED = List.of("/a/1", "/b/1");

    @Test
    void theListenerAnswersHeaderListRefusalAndAgreement() throws Exception {
        Script script = new Script(Multistream.lines(Multistream.HEADER, "ls", "/c/1", "/b/1"));
        assertThat(Multistream.respond(script, SERVED)).isEqualTo("/b/1");
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(Multistream.lines(Multistream.HEADER));
        expected.write(13);
        expected.writeBytes("\5/a/1\n\5/b/1\n\n".getBytes(StandardCharsets.UTF_8));
        expected.writeBytes(Multistream.lines("na", "/b/1"));
        assertThat(script.out.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void theDialerProposesOneAfterTheOther() throws Exception {
        Script script = new Script(Multistream.lines(Multistream.HEADER, "na", "/b/1"));
        assertThat(Multistream.select(script, List.of("/c/1", "/b/1", "/a/1"))).isEqualTo("/b/1");
        assertThat(script.out.toByteArray()).isEqualTo(Multistream.lines(Multistream.HEADER, "/c/1", "/b/1"));
    }

    @Test
    void theDialerIsToldThatNothingIsServed() {
        Script script = new Script(Multistream.lines(Multistream.HEADER, "na", "na"));
        assertThatThrownBy(() -> Multistream.select(script, List.of("/c/1", "/d/1")))
                .isInstanceOf(UnsupportedProtocolException.class)
                .hasMessageContaining("/c/1, /d/1");
    }

    @Test
    void whatBreaksTheFormatIsRefused() {
        byte[] oversized = new byte[] {(byte) 0x81, 8};
        byte[] endless = new byte[] {(byte) 0x81, (byte) 0x81, (byte) 0x81, 1};
        byte[] noNewline = new byte[] {3, 'a', 'b', 'c'};
        byte[] empty = new byte[] {0};
        for (byte[] bytes : List.of(oversized, endless, noNewline, empty, Multistream.lines("/multistream/2.0.0"))) {
            assertThatThrownBy(() -> Multistream.respond(new Script(bytes), SERVED))
                    .isInstanceOf(MalformedException.class);
        }
        byte[] half = new byte[] {19, '/', 'm'};
        assertThatThrownBy(() -> Multistream.respond(new Script(half), SERVED)).isInstanceOf(EOFException.class);
        byte[] other = Multistream.lines(Multistream.HEADER, "/x/1");
        assertThatThrownBy(() -> Multistream.select(new Script(other), List.of("/a/1", "/b/1")))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void endlessProposalsAreCutOff() {
        String[] proposals = new String[Multistream.MAX_PROPOSALS + 2];
        java.util.Arrays.fill(proposals, "/x/1");
        proposals[0] = Multistream.HEADER;
        assertThatThrownBy(() -> Multistream.respond(new Script(Multistream.lines(proposals)), SERVED))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("proposed 32");
    }

    @Test
    void aSingleProtocolCostsNoRoundTrip() throws Exception {
        try (Pair pair = Pair.connect()) {
            Negotiated dialer = Multistream.select(pair.ours().open(Pair.TIMEOUT), List.of("/a/1"), Pair.TIMEOUT);
            assertThat(dialer.protocol()).isEqualTo("/a/1");
            dialer.stream().write(new byte[] {1, 2}, 0, 2);
            dialer.stream().closeWrite();
            Negotiated listener = Multistream.respond(pair.theirs().accept(), SERVED, Pair.TIMEOUT);
            assertThat(listener.protocol()).isEqualTo("/a/1");
            byte[] read = new byte[4];
            assertThat(listener.stream().read(read, 0, 4)).isEqualTo(2);
            assertThat(listener.stream().read(read, 0, 4)).isEqualTo(-1);
            listener.stream().write(new byte[] {3}, 0, 1);
            listener.stream().close();
            assertThat(dialer.stream().read(read, 0, 4)).isEqualTo(1);
            assertThat(read[0]).isEqualTo((byte) 3);
            assertThat(dialer.stream().read(read, 0, 4)).isEqualTo(-1);
        }
    }

    @Test
    void readingAloneSendsTheProposal() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream dialer =
                    Multistream.select(pair.ours().open(Pair.TIMEOUT), List.of("/a/1"), Pair.TIMEOUT).stream();
            dialer.readTimeout(Duration.ofMillis(100));
            assertThatThrownBy(() -> dialer.read(new byte[1], 0, 1)).isInstanceOf(SocketTimeoutException.class);
            Negotiated listener = Multistream.respond(pair.theirs().accept(), SERVED, Pair.TIMEOUT);
            listener.stream().write(new byte[] {7}, 0, 1);
            dialer.readTimeout(Pair.TIMEOUT);
            assertThat(dialer.read(new byte[1], 0, 1)).isEqualTo(1);
        }
    }

    @Test
    void aRefusalSurfacesWhenReading() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream dialer =
                    Multistream.select(pair.ours().open(Pair.TIMEOUT), List.of("/x/1"), Pair.TIMEOUT).stream();
            dialer.write(new byte[0], 0, 0);
            CompletableFuture<Negotiated> listener =
                    Pair.inBackground(() -> Multistream.respond(pair.theirs().accept(), SERVED, Pair.TIMEOUT));
            assertThatThrownBy(() -> dialer.read(new byte[1], 0, 1)).isInstanceOf(UnsupportedProtocolException.class);
            assertThatThrownBy(() -> dialer.write(new byte[1], 0, 1)).isInstanceOf(UnsupportedProtocolException.class);
            assertThatThrownBy(listener::get).hasCauseInstanceOf(StreamResetException.class);
        }
    }

    @Test
    void severalProtocolsAreNegotiatedOnAStream() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream stream = pair.ours().open(Pair.TIMEOUT);
            CompletableFuture<Negotiated> listener =
                    Pair.inBackground(() -> Multistream.respond(pair.theirs().accept(), SERVED, Pair.TIMEOUT));
            assertThat(Multistream.select(stream, List.of("/x/1", "/b/1"), Pair.TIMEOUT)
                            .protocol())
                    .isEqualTo("/b/1");
            assertThat(listener.get().protocol()).isEqualTo("/b/1");
        }
    }

    @Test
    void aSilentRemoteTimesOut() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream stream = pair.ours().open(Pair.TIMEOUT);
            assertThatThrownBy(() -> Multistream.select(stream, List.of("/x/1", "/b/1"), Duration.ofMillis(100)))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThatThrownBy(() -> stream.write(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
        }
    }

    /** A remote that says what was written down beforehand, a byte at a time. */
    private static final class Script implements Duplex {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayInputStream in;

        Script(byte[] says) {
            in = new ByteArrayInputStream(says);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            return in.read(buffer, offset, Math.min(1, length));
        }

        @Override
        public void write(byte[] buffer, int offset, int length) {
            out.write(buffer, offset, length);
        }
    }
}
