package network.guts.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.core.host.Stream;
import network.guts.runtime.Frames;
import network.guts.sync.core.ChunkSet;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.MemoryHosts;
import network.guts.sync.wire.SyncCodec;
import network.guts.sync.wire.SyncLimits;
import network.guts.sync.wire.SyncMessage;
import network.guts.sync.wire.SyncMessage.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client and the server on streams in memory, and both against peers that misbehave. */
@Timeout(60)
class SyncProtocolTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final RepositoryId ID = RepositoryId.ofPayload(new byte[] {1});
    private static final RepositoryId UNKNOWN = RepositoryId.ofPayload(new byte[] {2});
    private static final byte[] DESCRIPTOR = random(150_000);
    private static final byte[] BODY = random(200_000);
    private static final PackId PACK = new PackId(Bytes.sha256(DESCRIPTOR));
    private static final PackId OTHER = new PackId(Bytes.sha256(new byte[] {9}));

    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryHosts.MemoryHost server = hosts.host();
    private final MemoryHosts.MemoryHost client = hosts.host();

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new SplittableRandom(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] chunk(int index) {
        return random((1 << 20) - index);
    }

    /** Holds one repository with one pack, of which chunk 2 is missing. */
    private static final class Source implements SyncSource {
        @Override
        public Optional<List<SyncMessage.Refs>> refs(
                RepositoryId id, long revisions, Map<PublicKey, Long> since, PeerId asker) {
            Bytes envelope = Bytes.of(random(100));
            return id.equals(ID)
                    ? Optional.of(List.of(
                            new SyncMessage.Refs(List.of(envelope), List.of(), List.of(), List.of(), List.of()),
                            new SyncMessage.Refs(List.of(), List.of(envelope), List.of(), List.of(), List.of())))
                    : Optional.empty();
        }

        @Override
        public Optional<byte[]> body(RepositoryId id, Bytes hash) {
            return Bytes.sha256(BODY).equals(hash) ? Optional.of(BODY) : Optional.empty();
        }

        @Override
        public Optional<Held> pack(RepositoryId id, PackId pack) throws IOException {
            if (pack.equals(OTHER)) {
                throw new IOException("the disk is gone");
            }
            return pack.equals(PACK) ? Optional.of(new Pack()) : Optional.empty();
        }

        @Override
        public Optional<List<RepositoryId>> inventory(Optional<RepositoryId> after, int limit, PeerId asker) {
            return after.isPresent() ? Optional.empty() : Optional.of(List.of(ID));
        }

        @Override
        public List<Bytes> peers(RepositoryId repository) {
            return List.of(Bytes.of(new byte[] {7}));
        }
    }

    private static final class Pack implements SyncSource.Held {
        @Override
        public byte[] descriptor() {
            return DESCRIPTOR;
        }

        @Override
        public ChunkSet chunks() {
            java.util.BitSet held = new java.util.BitSet();
            held.set(0, 20);
            held.clear(2);
            return ChunkSet.of(20, held);
        }

        @Override
        public byte[] read(int chunk) {
            return SyncProtocolTest.chunk(chunk);
        }
    }

    private SyncClient connect() throws IOException {
        server.handle(SyncLimits.PROTOCOL, new SyncServer(new Source(), new RateCap(0), new PeerRates(0, 0), SHORT));
        return SyncClient.open(client, server.peerId(), PATIENCE);
    }

    private Stream raw() throws IOException {
        server.handle(SyncLimits.PROTOCOL, new SyncServer(new Source(), new RateCap(0), new PeerRates(0, 0), SHORT));
        return client.open(server.peerId(), List.of(SyncLimits.PROTOCOL), PATIENCE);
    }

    private static void send(Stream stream, long id, SyncMessage.Content content) throws IOException {
        Frames.write(stream, SyncCodec.encode(new SyncMessage(id, true, content)));
    }

    private static SyncMessage.Hello hello() {
        return new SyncMessage.Hello(1, List.of(), 16, 4);
    }

    private static SyncMessage read(Stream stream) throws IOException {
        return SyncCodec.parse(Frames.readRequired(stream, SyncLimits.MAX_CHUNK_FRAME));
    }

    @Test
    void whoeverAsksTooMuchIsToldWhenToComeBack() throws IOException {
        server.handle(
                SyncLimits.PROTOCOL,
                new SyncServer(new Source(), new RateCap(0), new PeerRates(0, 1, () -> 0), PATIENCE));
        try (SyncClient asker = SyncClient.open(client, server.peerId(), PATIENCE)) {
            // The clock stands still: a burst is let through, then no more.
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            asker.inventory(Optional.empty());
                        }
                    })
                    .isInstanceOfSatisfying(PeerRefusedException.class, e -> {
                        assertThat(e.failure().code()).isEqualTo(Failure.Code.BUSY);
                        assertThat(e.failure().message()).contains("1 requests a second");
                        assertThat(e.failure().retryAfter()).isPositive();
                    });
            assertThatThrownBy(() -> asker.inventory(Optional.empty()))
                    .as("the stream goes on")
                    .isInstanceOf(PeerRefusedException.class);
        }
    }

    private static void assertFailure(Stream stream, Failure.Code code) throws IOException {
        assertThat(read(stream).content())
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    @Test
    void everyQuestionIsAnswered() throws IOException {
        try (SyncClient asks = connect()) {
            assertThat(asks.refs(ID, 0, Map.of())).hasSize(2);
            assertThat(asks.body(ID, Bytes.sha256(BODY))).isEqualTo(BODY);
            List<SyncClient.PackAnswer> packs = asks.packs(ID, List.of(PACK), false);
            assertThat(packs).hasSize(1);
            assertThat(packs.getFirst().descriptor()).isEqualTo(Bytes.of(DESCRIPTOR));
            ChunkSet held = ChunkSet.ofBitmap(20, packs.getFirst().held().orElseThrow());
            assertThat(held.has(2)).isFalse();
            assertThat(held.count()).isEqualTo(19);
            assertThat(asks.packs(ID, List.of(PACK), true)
                            .getFirst()
                            .descriptor()
                            .isEmpty())
                    .isTrue();
            assertThat(asks.inventory(Optional.empty())).containsExactly(ID);
        }
    }

    @Test
    void whatIsNotServedIsRefusedAndTheStreamGoesOn() throws IOException {
        try (SyncClient asks = connect()) {
            assertRefused(() -> asks.refs(UNKNOWN, 0, Map.of()), Failure.Code.UNKNOWN_REPOSITORY);
            assertRefused(() -> asks.body(ID, Bytes.sha256(new byte[0])), Failure.Code.NOT_HELD);
            assertThat(asks.packs(ID, List.of(new PackId(Bytes.sha256(BODY))), false))
                    .isEmpty();
            assertRefused(() -> asks.packs(ID, List.of(OTHER), false), Failure.Code.INTERNAL);
            assertRefused(() -> asks.inventory(Optional.of(ID)), Failure.Code.REFUSED);
            assertThat(asks.inventory(Optional.empty())).containsExactly(ID);
        }
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Failure.Code code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PeerRefusedException.class,
                        e -> assertThat(e.failure().code()).isEqualTo(code));
    }

    @Test
    void pipelinedChunksArriveWhole() throws Exception {
        BlockingQueue<Object> answers = new ArrayBlockingQueue<>(32);
        try (SyncClient asks = connect()) {
            for (int index = 0; index < 14; index++) {
                int wanted = index;
                asks.chunk(ID, PACK, wanted, new SyncClient.ChunkListener() {
                    @Override
                    public void chunk(ByteString data) {
                        answers.add(List.of(wanted, Bytes.of(data.toByteArray())));
                    }

                    @Override
                    public void refused(Failure failure) {
                        answers.add(failure.code());
                    }

                    @Override
                    public void failed(IOException reason) {
                        answers.add(reason);
                    }
                });
            }
            List<Object> all = new ArrayList<>();
            for (int count = 0; count < 14; count++) {
                all.add(Objects.requireNonNull(answers.poll(30, TimeUnit.SECONDS)));
            }
            for (int index = 0; index < 14; index++) {
                Object expected = index == 2 ? Failure.Code.NOT_HELD : List.of(index, Bytes.of(chunk(index)));
                assertThat(all.contains(expected)).as("chunk " + index).isTrue();
            }
        }
    }

    @Test
    void aRequestOfALaterVersionIsUnsupportedAndTheStreamGoesOn() throws IOException {
        Stream stream = raw();
        send(stream, 1, hello());
        assertThat(read(stream).content()).isInstanceOf(SyncMessage.HelloAck.class);
        // GetObjects (14) and Have (11), empty.
        Frames.write(stream, new byte[] {0x08, 2, 0x10, 1, 0x72, 0});
        assertFailure(stream, Failure.Code.UNSUPPORTED);
        Frames.write(stream, new byte[] {0x08, 3, 0x10, 1, 0x5a, 0});
        assertFailure(stream, Failure.Code.UNSUPPORTED);
        send(stream, 4, new SyncMessage.GetInventory(Optional.empty()));
        assertThat(read(stream).content()).isInstanceOf(SyncMessage.Inventory.class);
    }

    @Test
    void aRangeOfABodyWithoutEndIsWhatIsLeft() throws IOException {
        Stream stream = raw();
        send(stream, 1, hello());
        assertThat(read(stream).content()).isInstanceOf(SyncMessage.HelloAck.class);
        int offset = BODY.length - 5;
        send(stream, 2, new SyncMessage.GetBody(ID, Bytes.sha256(BODY), offset, Long.MAX_VALUE));
        assertThat(read(stream).content())
                .isEqualTo(new SyncMessage.Body(BODY.length, offset, Bytes.of(BODY, offset, 5)));
    }

    @Test
    void whatBreaksTheProtocolEndsTheStream() throws IOException {
        Stream early = raw();
        send(early, 1, new SyncMessage.GetInventory(Optional.empty()));
        assertEnds(early, Failure.Code.MALFORMED);

        Stream twice = raw();
        send(twice, 5, hello());
        read(twice);
        send(twice, 5, new SyncMessage.GetInventory(Optional.empty()));
        assertEnds(twice, Failure.Code.MALFORMED);

        Stream reply = raw();
        send(reply, 1, hello());
        read(reply);
        send(reply, 2, new SyncMessage.Inventory(List.of()));
        assertEnds(reply, Failure.Code.MALFORMED);

        Stream garbage = raw();
        Frames.write(garbage, new byte[] {(byte) 0xff, (byte) 0xff, 1});
        assertEnds(garbage, Failure.Code.MALFORMED);

        Stream large = raw();
        large.write(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f});
        assertEnds(large, Failure.Code.TOO_LARGE);
    }

    private static void assertEnds(Stream stream, Failure.Code code) throws IOException {
        assertFailure(stream, code);
        assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
    }

    @Test
    void halfAMessageAndSilenceEndsTheStream() throws IOException {
        Stream stream = raw();
        stream.write(new byte[] {10, 1, 2});
        assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
    }

    @Test
    void aFifthStreamOfAPeerIsBusy() throws IOException {
        server.handle(SyncLimits.PROTOCOL, new SyncServer(new Source(), new RateCap(0), new PeerRates(0, 0), SHORT));
        List<SyncClient> open = new ArrayList<>();
        for (int count = 0; count < SyncLimits.MAX_STREAMS_PER_PEER; count++) {
            open.add(SyncClient.open(client, server.peerId(), PATIENCE));
        }
        assertRefused(() -> SyncClient.open(client, server.peerId(), PATIENCE).close(), Failure.Code.BUSY);
        MemoryHosts.MemoryHost other = hosts.host();
        try (SyncClient served = SyncClient.open(other, server.peerId(), PATIENCE)) {
            assertThat(served.isOpen()).isTrue();
        }
        open.forEach(SyncClient::close);
    }

    @Test
    void aSilentServerIsLeft() throws IOException {
        server.handle(SyncLimits.PROTOCOL, stream -> {
            Frames.read(stream, SyncLimits.MAX_FRAME);
            Frames.read(stream, SyncLimits.MAX_FRAME);
        });
        Stream stream = client.open(server.peerId(), List.of(SyncLimits.PROTOCOL), PATIENCE);
        assertThatThrownBy(() -> SyncClient.open(stream, SHORT)).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void aServerThatAnswersWhatWasNotAskedIsLeft() throws IOException {
        server.handle(SyncLimits.PROTOCOL, stream -> {
            Frames.read(stream, SyncLimits.MAX_FRAME);
            send(stream, 77, new SyncMessage.HelloAck(1, List.of(), 16, 4));
            Frames.read(stream, SyncLimits.MAX_FRAME);
        });
        assertThatThrownBy(() -> SyncClient.open(client, server.peerId(), PATIENCE))
                .hasMessageContaining("nothing that was asked");
    }

    @Test
    void anotherBodyThanWasAskedForIsNotTaken() throws IOException {
        server.handle(SyncLimits.PROTOCOL, stream -> {
            Frames.read(stream, SyncLimits.MAX_FRAME);
            send(stream, 1, new SyncMessage.HelloAck(1, List.of(), 16, 4));
            Frames.read(stream, SyncLimits.MAX_FRAME);
            send(stream, 2, new SyncMessage.Body(3, 0, Bytes.of(new byte[] {1, 2, 3})));
            Frames.read(stream, SyncLimits.MAX_FRAME);
        });
        try (SyncClient asks = SyncClient.open(client, server.peerId(), PATIENCE)) {
            assertThatThrownBy(() -> asks.body(ID, Bytes.sha256(BODY))).hasMessageContaining("another body");
        }
    }

    @Test
    void garbageNeverDoesMoreThanEndAStream() throws IOException {
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] garbage = new byte[random.nextInt(1, 200)];
            random.nextBytes(garbage);
            try {
                SyncMessage message = SyncCodec.parse(garbage);
                assertThat(SyncCodec.parse(SyncCodec.encode(message)).request())
                        .as("seed " + seed)
                        .isEqualTo(message.request());
            } catch (network.guts.core.MalformedException expected) {
                assertThat(expected.getMessage()).as("seed " + seed).isNotBlank();
            }
        }
    }

    @Test
    void aChunkFrameIsTheMessageThatItSaysItIs() throws IOException {
        byte[] data = random(300);
        byte[] prefix = SyncCodec.chunkPrefix(300, true, 77, data.length);
        byte[] frame = java.util.Arrays.copyOf(prefix, prefix.length + data.length);
        System.arraycopy(data, 0, frame, prefix.length, data.length);
        byte[] message =
                SyncCodec.encode(new SyncMessage(300, true, new SyncMessage.Chunk(77, ByteString.copyFrom(data))));
        assertThat(java.util.Arrays.copyOfRange(frame, 2, frame.length)).isEqualTo(message);
        assertThat(SyncCodec.parse(message).content()).isInstanceOf(SyncMessage.Chunk.class);
    }
}
