package network.guts.sync;

import static network.guts.sync.testing.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Published;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.protocol.SyncSource;
import network.guts.sync.testing.ChangedSource;
import network.guts.sync.testing.Git;
import network.guts.sync.testing.LogLines;
import network.guts.sync.testing.MemoryStream;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SyncMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A provider that lies in one way or another, through the real server, alone and beside an honest one: nothing of it
 * becomes visible, it is named, and the fetch goes on with the other one, or can be resumed.
 */
class FetchLyingProvidersTest extends NodesTest {
    private static final PrivateKey STRANGER = TestNode.newKey();

    /** What the liar does, and what is said of it. */
    enum Lie {
        FLIPPED_CHUNK("wrong chunk", 1),
        TRUNCATED_CHUNK("wrong chunk", 1),
        CHUNK_WITH_TRAILING_BYTES("wrong chunk", 1),
        ANOTHER_CHUNK("wrong chunk", 1),
        MALFORMED_FRAME("no protobuf", 1),
        OVERSIZED_FRAME("at most", 1),
        SILENCE("fell silent", 0),
        ANOTHER_DESCRIPTOR("another descriptor", 0),
        ANOTHER_BODY("another body", 0),
        FORGED_HEADER("bad signature", 0),
        HEADER_BY_A_STRANGER("no delegate", 0);

        final String said;
        /** Chunks that it gives before. */
        final int right;

        Lie(String said, int right) {
            this.said = said;
            this.right = right;
        }
    }

    /** The system's, but it can be put forward. */
    private static final class JumpingClock implements InstantSource {
        private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

        @Override
        public Instant instant() {
            return InstantSource.system().instant().plus(ahead.get());
        }

        void jump(Duration time) {
            ahead.updateAndGet(now -> now.plus(time));
        }
    }

    private final JumpingClock clock = new JumpingClock();
    private final CountDownLatch lied = new CountDownLatch(1);

    /** What the liar served rightly. */
    private final AtomicLong rightBytes = new AtomicLong();

    private final LogLines log = new LogLines(network.guts.sync.fetch.Fetcher.class.getPackage());

    @AfterEach
    void closeLog() {
        log.close();
    }

    /** Changes what the server writes after it has read a chunk. */
    private static final class BrokenStream extends MemoryStream {
        private final Lie lie;
        private final AtomicBoolean now;

        BrokenStream(MemoryStream stream, Lie lie, AtomicBoolean now) {
            super(stream);
            this.lie = lie;
            this.now = now;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            if (!now.get()) {
                super.write(buffer, offset, length);
            } else if (lie == Lie.MALFORMED_FRAME) {
                super.write(new byte[] {3, (byte) 0xff, (byte) 0xff, (byte) 0xff}, 0, 4);
            } else if (lie == Lie.OVERSIZED_FRAME) {
                super.write(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f}, 0, 4);
            }
        }
    }

    private final class LyingSource extends ChangedSource {
        private final Lie lie;
        private final AtomicBoolean now;
        private final AtomicInteger answered = new AtomicInteger();

        LyingSource(SyncSource real, Lie lie, AtomicBoolean now) {
            super(real);
            this.lie = lie;
            this.now = now;
        }

        @Override
        public Optional<List<SyncMessage.Refs>> refs(
                RepositoryId id, long revisions, Map<PublicKey, Long> since, PeerId asker) throws IOException {
            return super.refs(id, revisions, since, asker)
                    .map(parts -> parts.stream().map(this::changed).toList());
        }

        private SyncMessage.Refs changed(SyncMessage.Refs part) {
            List<Bytes> headers = part.headers();
            if (!headers.isEmpty() && lie == Lie.FORGED_HEADER) {
                byte[] forged = headers.getFirst().toArray();
                forged[forged.length - 1] ^= 1;
                headers = List.of(Bytes.of(forged));
                lied.countDown();
            }
            if (!headers.isEmpty() && lie == Lie.HEADER_BY_A_STRANGER) {
                headers = List.of(strangersHeader.get());
                lied.countDown();
            }
            // Without the bodies, so that they have to be asked for.
            return new SyncMessage.Refs(part.identities(), headers, part.fresh(), List.of(), part.peers());
        }

        @Override
        public Optional<byte[]> body(RepositoryId id, Bytes hash) throws IOException {
            if (lie == Lie.ANOTHER_BODY) {
                lied.countDown();
                return Optional.of(RefsBodyCodec.encode(RefsBody.EMPTY));
            }
            return super.body(id, hash);
        }

        @Override
        public Optional<Held> pack(RepositoryId id, PackId pack) throws IOException {
            Optional<Held> real = super.pack(id, pack);
            if (real.isEmpty()) {
                return real;
            }
            byte[] descriptor = real.get().descriptor();
            if (lie == Lie.ANOTHER_DESCRIPTOR) {
                descriptor = descriptor.clone();
                descriptor[1] ^= 1;
                lied.countDown();
            }
            return Optional.of(held(descriptor, real.get().chunks().size(), chunk -> chunk(real.get(), chunk)));
        }

        private byte[] chunk(Held real, int chunk) throws IOException {
            byte[] data = real.read(chunk);
            // What is asked for first is right, whichever it is, so that there is something to keep.
            if (answered.getAndIncrement() < lie.right) {
                rightBytes.addAndGet(data.length);
                return data;
            }
            lied.countDown();
            return switch (lie) {
                case FLIPPED_CHUNK -> {
                    data[data.length / 2] ^= 1;
                    yield data;
                }
                case TRUNCATED_CHUNK -> Arrays.copyOf(data, data.length - 1);
                case CHUNK_WITH_TRAILING_BYTES -> Arrays.copyOf(data, data.length + 1);
                case ANOTHER_CHUNK -> real.read(chunk == 0 ? 1 : 0);
                case SILENCE -> {
                    now.set(true);
                    clock.jump(Duration.ofSeconds(31));
                    yield data;
                }
                default -> {
                    now.set(true);
                    yield data;
                }
            };
        }
    }

    private final AtomicReference<Bytes> strangersHeader = new AtomicReference<>(Bytes.EMPTY);

    private void makeLie(Node liar, RepositoryId id, Lie lie) throws IOException {
        strangersHeader.set(
                Bytes.of(envelope(header(liar, STRANGER, id, 5, Bytes.sha256(new byte[1]), Instant.now()))));
        AtomicBoolean now = new AtomicBoolean();
        liar.serve(real -> new LyingSource(real, lie, now));
        liar.host.decorate(stream -> new BrokenStream(stream, lie, now));
    }

    /** Answers nobody before the liar has lied: so the lie is always heard. */
    private void makeWait(Node honest) {
        honest.host.decorate(stream -> {
            try {
                assertThat(lied.await(30, TimeUnit.SECONDS))
                        .as("the liar was asked")
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return stream;
        });
    }

    @ParameterizedTest
    @EnumSource(Lie.class)
    void besideAnHonestProvider(Lie lie) throws IOException {
        Node publisher = node();
        Node liar = node();
        Path source = source(1);
        RepositoryId id = publisher.publish(source).repository();
        liar.seed(id);
        Node reader = node(clock);
        makeLie(liar, id, lie);
        makeWait(publisher);

        Fetched fetched = reader.fetch(id);
        assertSame(reader, id, source);
        assertThat(fetched.bytesByProvider()).containsKey(publisher.host.peerId());
        assertThat(fetched.blamed()).containsOnlyKeys(liar.host.peerId());
        assertThat(fetched.blamed().get(liar.host.peerId())).contains(lie.said);
        assertThat(log.lines()).anyMatch(line -> isAbout(line, liar, lie));
        assertThat(reader.store().headers(id))
                .extracting(header -> header.signer())
                .containsOnly(publisher.key.publicKey());
    }

    private static boolean isAbout(String line, Node liar, Lie lie) {
        return line.startsWith("INFO")
                && line.contains("provider " + liar.host.peerId())
                && line.contains(lie.said)
                && line.contains("dropped");
    }

    @ParameterizedTest
    @EnumSource(Lie.class)
    void alone(Lie lie) throws IOException {
        Node liar = node();
        Path source = source(1);
        Published published = liar.publish(source);
        RepositoryId id = published.repository();
        Node reader = node(clock);
        makeLie(liar, id, lie);

        assertThatThrownBy(() -> reader.fetch(id))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.FAILED))
                .satisfies(e ->
                        assertThat(e.getMessage()).contains(liar.host.peerId().toString(), lie.said));
        assertThat(reader.repositories.list()).isEmpty();
        assertThat(log.lines()).anyMatch(line -> isAbout(line, liar, lie));

        int held = reader.heldChunks();
        assertThat(held).isEqualTo(lie.right);
        liar.host.decorate(UnaryOperator.identity());
        liar.serve(UnaryOperator.identity());
        Fetched resumed = reader.fetch(id);
        assertThat(resumed.bytes()).isEqualTo(published.bytes() - rightBytes.get());
        assertSame(reader, id, source);
    }

    @Test
    void aLiarIsNotAskedFirstAfterARestart() throws IOException {
        // The liar is named in the seeds of what it signed, so it is the first that is found.
        Node liar = node();
        Node honest = node();
        Path source = source(1);
        RepositoryId id = liar.publish(source).repository();
        honest.seed(id);
        Node reader = node();
        makeLie(liar, id, Lie.FLIPPED_CHUNK);
        makeWait(honest);
        assertThat(reader.fetch(id).blamed()).containsOnlyKeys(liar.host.peerId());

        reader.restart();
        liar.serve(UnaryOperator.identity());
        Git.commit(source, "more", "more");
        liar.publish(source);
        eventually("the honest one has it too", () -> honest.refs(id).equals(Git.refs(source)));
        FetchOptions one = new FetchOptions(1, Duration.ofSeconds(30), Optional.empty());
        Fetched again = reader.repositories.fetch(id, List.of(), one, Progress.NONE);
        assertThat(again.providersAsked()).isEqualTo(1);
        assertThat(again.bytesByProvider()).containsOnlyKeys(honest.host.peerId());
        assertSame(reader, id, source);

        honest.host.kill();
        Fetched last = reader.fetch(id);
        assertThat(last.changed()).isFalse();
        assertThat(last.providersAsked()).as("as a last resort it is asked").isEqualTo(2);
    }
}
