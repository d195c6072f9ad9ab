package network.guts.libp2p.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.Provider;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.libp2p.Keys;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.tcp.RawConnection;
import network.guts.libp2p.upgrade.Pair;
import network.guts.libp2p.upgrade.TcpUpgrader;
import network.guts.libp2p.upgrade.UpgradedConnection;
import network.guts.libp2p.yamux.YamuxConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsProtocolTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z"));
    private static final PrivateKey ONE = Keys.key(1);
    private static final PrivateKey TWO = Keys.key(2);
    private static final List<String> MUXERS = List.of("/yamux/1.0.0");

    /** Two engines, dialer's and listener's. */
    record Kinds(Optional<Provider> dialer, Optional<Provider> listener) {
        @Override
        public String toString() {
            return name(dialer) + " dials " + name(listener);
        }

        private static String name(Optional<Provider> provider) {
            return provider.isPresent() ? "Conscrypt" : "the JDK";
        }
    }

    static List<Kinds> kinds() {
        Optional<Provider> fast = TlsEngines.available(TlsEngines::conscrypt);
        assertThat(fast).isPresent();
        Optional<Provider> plain = Optional.empty();
        return List.of(new Kinds(fast, fast), new Kinds(plain, plain), new Kinds(fast, plain), new Kinds(plain, fast));
    }

    /** Both ends of a secured connection. */
    private record Ends(SecureConnection dialer, SecureConnection listener, Pair.Sockets sockets)
            implements AutoCloseable {
        @Override
        public void close() {
            dialer.close();
            listener.close();
        }
    }

    private static TlsProtocol protocol(PrivateKey identity, Optional<Provider> provider) {
        return protocol(HostCertificate.create(identity, CLOCK), provider);
    }

    private static TlsProtocol protocol(HostCertificate certificate, Optional<Provider> provider) {
        return new TlsProtocol(TlsEngines.of(certificate, provider), CLOCK);
    }

    private static Ends connect(Kinds kinds, List<String> dialerMuxers, List<String> listenerMuxers) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<SecureConnection> accepted = Pair.inBackground(
                () -> protocol(TWO, kinds.listener).inbound(new RawConnection(sockets.accepted()), listenerMuxers));
        SecureConnection dialed = protocol(ONE, kinds.dialer)
                .outbound(new RawConnection(sockets.dialed()), Optional.of(TWO.peerId()), dialerMuxers);
        return new Ends(dialed, accepted.get(), sockets);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void bothEndsKnowEachOther(Kinds kinds) throws Exception {
        try (Ends ends = connect(kinds, MUXERS, MUXERS)) {
            assertThat(ends.dialer.remoteKey()).isEqualTo(TWO.publicKey());
            assertThat(ends.listener.remoteKey()).isEqualTo(ONE.publicKey());
            assertThat(ends.dialer.earlyMuxer()).contains("/yamux/1.0.0");
            assertThat(ends.listener.earlyMuxer()).contains("/yamux/1.0.0");
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theDialersOrderOfMuxersCounts(Kinds kinds) throws Exception {
        try (Ends ends = connect(kinds, List.of("/b", "/a"), List.of("/a", "/b"))) {
            assertThat(ends.dialer.earlyMuxer()).contains("/b");
            assertThat(ends.listener.earlyMuxer()).contains("/b");
        }
        try (Ends ends = connect(kinds, List.of("/a"), List.of("/b"))) {
            assertThat(ends.dialer.earlyMuxer()).isEmpty();
            assertThat(ends.listener.earlyMuxer()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void carriesBytesOfAllSizesUnchanged(Kinds kinds) throws Exception {
        try (Ends ends = connect(kinds, MUXERS, MUXERS)) {
            CompletableFuture<Boolean> up = Pair.started(() -> send(ends.dialer, 1));
            CompletableFuture<Boolean> down = Pair.started(() -> send(ends.listener, 2));
            CompletableFuture<Boolean> read = Pair.started(() -> expect(ends.listener, 1));
            expect(ends.dialer, 2);
            assertThat(read.get() && up.get() && down.get()).isTrue();
            assertThat(ends.dialer.read()).isNull();
            assertThat(ends.listener.read()).isNull();
        }
    }

    private static final int[] SIZES = {1, 100, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 262_076, 3_000_000, 7};

    private static void send(SecureConnection connection, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int size : SIZES) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            ByteBuffer direct = ByteBuffer.allocateDirect(size).put(bytes).flip();
            connection.write(size % 2 == 0 ? direct : ByteBuffer.wrap(bytes));
        }
        connection.shutdownOutput();
    }

    private static void expect(SecureConnection connection, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int size : SIZES) {
            byte[] expected = new byte[size];
            random.nextBytes(expected);
            assertThat(read(connection, size))
                    .as("size " + size + ", seed " + seed)
                    .isEqualTo(expected);
        }
    }

    private static byte[] read(SecureConnection connection, int size) throws IOException {
        byte[] bytes = new byte[size];
        for (int at = 0; at < size; ) {
            ByteBuffer view = connection.read();
            if (view == null) {
                throw new EOFException("ended after " + at + " bytes");
            }
            int count = Math.min(view.remaining(), size - at);
            view.get(bytes, at, count);
            at += count;
        }
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anEndWithoutTlssWordIsATruncation(Kinds kinds) throws Exception {
        try (Ends ends = connect(kinds, MUXERS, MUXERS)) {
            ends.dialer.write(ByteBuffer.wrap(new byte[10]));
            ends.sockets.dialed().shutdownOutput();
            assertThat(read(ends.listener, 10)).hasSize(10);
            assertThatThrownBy(ends.listener::read)
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("without TLS's word");
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void alteredAndForgedRecordsAreRefused(Kinds kinds) throws Exception {
        for (byte[] record : new byte[][] {
            forged(23, 64), forged(23, 17), forged(21, 2), forged(22, 40), forged(20, 1), forged(99, 30)
        }) {
            try (Ends ends = connect(kinds, MUXERS, MUXERS)) {
                ends.sockets.dialed().write(ByteBuffer.wrap(record));
                ends.sockets.dialed().shutdownOutput();
                assertThatThrownBy(ends.listener::read)
                        .as("record of type " + record[0])
                        .isInstanceOf(IOException.class)
                        .hasMessageNotContaining("\n");
            }
        }
        try (Ends ends = connect(kinds, MUXERS, MUXERS)) {
            ends.sockets.dialed().write(ByteBuffer.wrap(new byte[] {23, 3, 3, (byte) 0xff, (byte) 0xff}));
            assertThatThrownBy(ends.listener::read).hasMessageContaining("65535 bytes");
        }
    }

    private static byte[] forged(int type, int length) {
        byte[] record = new byte[5 + length];
        new SplittableRandom(length).nextBytes(record);
        ByteBuffer.wrap(record).put((byte) type).putShort((short) 0x0303).putShort((short) length);
        return record;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void somebodyElseIsRefusedAndToldSo(Kinds kinds) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<SecureConnection> listener = Pair.inBackground(
                () -> protocol(TWO, kinds.listener).inbound(new RawConnection(sockets.accepted()), MUXERS));
        assertThatThrownBy(() -> protocol(ONE, kinds.dialer)
                        .outbound(new RawConnection(sockets.dialed()), Optional.of(Keys.peer(3)), MUXERS))
                .isInstanceOf(WrongPeerException.class)
                .hasMessageContaining(TWO.peerId().toString());
        sockets.dialed().shutdownOutput();
        assertThatThrownBy(listener::get)
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("the remote ended");
        sockets.dialed().close();
        sockets.accepted().close();
    }

    /** A listener with something wrong about its certificate, and a dialer with the same. */
    @ParameterizedTest
    @MethodSource("kinds")
    void badCertificatesAreRefusedOnBothSides(Kinds kinds) throws Exception {
        Instant now = CLOCK.instant();
        refused(kinds, Certificates.expired(TWO, now), "expired");
        refused(kinds, Certificates.notYetValid(TWO, now), "not valid before");
        refused(kinds, Certificates.withoutExtension(now), "no libp2p extension");
        refused(kinds, Certificates.wronglySigned(TWO, now), "not signed by " + TWO.peerId());
        refused(kinds, Certificates.notSelfSigned(TWO, now), "not signed by its own key");
    }

    private static void refused(Kinds kinds, HostCertificate bad, String reason) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        CompletableFuture<SecureConnection> listener = Pair.inBackground(
                () -> protocol(bad, kinds.listener).inbound(new RawConnection(sockets.accepted()), MUXERS));
        assertThatThrownBy(() -> protocol(ONE, kinds.dialer)
                        .outbound(new RawConnection(sockets.dialed()), Optional.empty(), MUXERS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(reason);
        sockets.dialed().close();
        assertThatThrownBy(listener::get).hasCauseInstanceOf(IOException.class);
        sockets.accepted().close();

        Pair.Sockets others = Pair.Sockets.connect();
        CompletableFuture<SecureConnection> dialer = Pair.inBackground(() ->
                protocol(bad, kinds.dialer).outbound(new RawConnection(others.dialed()), Optional.empty(), MUXERS));
        assertThatThrownBy(() -> protocol(ONE, kinds.listener).inbound(new RawConnection(others.accepted()), MUXERS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(reason);
        others.accepted().shutdownOutput();
        // The dialer's handshake is over before the listener has seen its certificate: it learns on its first read.
        CompletableFuture<ByteBuffer> first = dialer.thenApplyAsync(connection -> {
            try {
                return connection.read();
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        assertThatThrownBy(first::get).hasMessageContaining("the remote ended");
        others.dialed().close();
        others.accepted().close();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void olderVersionsAndStrangersProtocolsAreRefused(Kinds kinds) throws Exception {
        SSLContext twelve = SSLContext.getInstance("TLSv1.2");
        twelve.init(null, new TrustManager[] {new PeerTrustManager(Optional.empty(), CLOCK)}, null);
        SSLEngine old = twelve.createSSLEngine();
        old.setUseClientMode(true);
        assertThatThrownBy(refuses(kinds, old)::get).hasMessageContaining("the remote ended");
        SSLEngine stranger = engine(kinds);
        SSLParameters others = stranger.getSSLParameters();
        others.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        stranger.setSSLParameters(others);
        // A listener with BoringSSL ends the connection behind the handshake.
        assertThat(refuses(kinds, stranger).handle((key, failure) -> true)).succeedsWithin(Pair.TIMEOUT);
    }

    private static SSLEngine engine(Kinds kinds) {
        return TlsEngines.of(HostCertificate.create(ONE, CLOCK), kinds.dialer)
                .client(new PeerTrustManager(Optional.empty(), CLOCK), List.of("libp2p"));
    }

    private static CompletableFuture<PublicKey> refuses(Kinds kinds, SSLEngine dialer) throws Exception {
        Pair.Sockets sockets = Pair.Sockets.connect();
        RawConnection raw = new RawConnection(sockets.dialed());
        CompletableFuture<PublicKey> dialing = Pair.inBackground(
                () -> new TlsHandshake(raw, dialer, new PeerTrustManager(Optional.empty(), CLOCK)).run());
        assertThatThrownBy(() -> protocol(TWO, kinds.listener).inbound(new RawConnection(sockets.accepted()), MUXERS))
                .isInstanceOf(IOException.class);
        sockets.accepted().close();
        return dialing;
    }

    private static final Duration SHORT = Duration.ofMillis(300);

    /** Cuts the dialer's bytes off after some of them: within multistream, the hello, the certificate. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20, 31, 40, 200, 500, 900, 1100})
    void aListenerEndsWhoStalls(int bytes) throws Exception {
        Pair.Sockets near = Pair.Sockets.connect();
        Pair.Sockets far = Pair.Sockets.connect();
        CompletableFuture<Boolean> relay = Pair.started(() -> copy(near.accepted(), far.dialed(), bytes));
        CompletableFuture<Boolean> back = Pair.started(() -> copy(far.dialed(), near.accepted(), Integer.MAX_VALUE));
        CompletableFuture<UpgradedConnection> dialer =
                Pair.inBackground(() -> upgrader(ONE).outbound(near.dialed(), Optional.empty(), Pair.TIMEOUT));
        assertThatThrownBy(() -> upgrader(TWO).inbound(far.accepted(), SHORT))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("300 ms");
        assertThat(far.accepted().isOpen()).isFalse();
        near.dialed().close();
        near.accepted().close();
        far.dialed().close();
        assertThatThrownBy(() -> CompletableFuture.allOf(relay, back, dialer).get())
                .hasCauseInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20, 32, 40, 200, 500, 800})
    void aDialerEndsWhoStalls(int bytes) throws Exception {
        Pair.Sockets near = Pair.Sockets.connect();
        Pair.Sockets far = Pair.Sockets.connect();
        CompletableFuture<Boolean> relay = Pair.started(() -> copy(near.accepted(), far.dialed(), Integer.MAX_VALUE));
        CompletableFuture<Boolean> back = Pair.started(() -> copy(far.dialed(), near.accepted(), bytes));
        CompletableFuture<UpgradedConnection> listener =
                Pair.inBackground(() -> upgrader(TWO).inbound(far.accepted(), Pair.TIMEOUT));
        assertThatThrownBy(() -> upgrader(ONE).outbound(near.dialed(), Optional.empty(), SHORT))
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(near.dialed().isOpen()).isFalse();
        near.accepted().close();
        far.dialed().close();
        far.accepted().close();
        assertThatThrownBy(() -> CompletableFuture.allOf(relay, back, listener).get())
                .hasCauseInstanceOf(IOException.class);
    }

    private static TcpUpgrader upgrader(PrivateKey identity) {
        return new TcpUpgrader(List.of(new TlsProtocol(identity, CLOCK)), YamuxConfig.DEFAULT);
    }

    /** Copies so many bytes and then only swallows. */
    private static void copy(SocketChannel from, SocketChannel to, int limit) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        int left = limit;
        while (from.read(buffer.clear()) >= 0) {
            buffer.flip().limit(Math.min(buffer.limit(), left));
            left -= buffer.limit();
            while (buffer.hasRemaining()) {
                to.write(buffer);
            }
        }
        throw new EOFException("the end");
    }

    @Test
    void listenersAreNotBrokenByGarbage() throws Exception {
        for (Kinds kinds : kinds()) {
            for (int seed = 0; seed < 60; seed++) {
                byte[] garbage = forged(22, 1 + seed * 9);
                Pair.Sockets sockets = Pair.Sockets.connect();
                sockets.dialed().write(ByteBuffer.wrap(garbage));
                sockets.dialed().shutdownOutput();
                assertThatThrownBy(() ->
                                protocol(TWO, kinds.listener).inbound(new RawConnection(sockets.accepted()), MUXERS))
                        .as("seed " + seed)
                        .isInstanceOf(IOException.class);
                sockets.dialed().close();
                sockets.accepted().close();
            }
        }
    }
}
