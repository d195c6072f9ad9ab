package network.guts.sync.protocol;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.runtime.Frames;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.wire.SyncCodec;
import network.guts.sync.wire.SyncLimits;
import network.guts.sync.wire.SyncMessage;
import network.guts.sync.wire.SyncMessage.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the sync protocol. Each stream is served on its own thread, one request after another: what a client has
 * pipelined waits in the stream's window, so a client that does not read costs one chunk of memory and no more.
 */
public final class SyncServer implements StreamHandler {
    /** Streams of all peers together; each may have a chunk of memory under way. */
    static final int MAX_STREAMS = 128;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(SyncServer.class);

    private final SyncSource source;
    private final RateCap cap;
    private final PeerRates rates;
    private final SyncMetrics metrics;
    private final Duration silence;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PeerId, Integer> streams = new LinkedHashMap<>();
    private int allStreams;

    public SyncServer(SyncSource source, RateCap cap, PeerRates rates) {
        this(source, cap, rates, SyncMetrics.none());
    }

    public SyncServer(SyncSource source, RateCap cap, PeerRates rates, SyncMetrics metrics) {
        this(source, cap, rates, metrics, SyncLimits.SILENCE);
    }

    SyncServer(SyncSource source, RateCap cap, PeerRates rates, Duration silence) {
        this(source, cap, rates, SyncMetrics.none(), silence);
    }

    private SyncServer(SyncSource source, RateCap cap, PeerRates rates, SyncMetrics metrics, Duration silence) {
        this.source = source;
        this.cap = cap;
        this.rates = rates;
        this.metrics = metrics;
        this.silence = silence;
    }

    @Override
    public void handle(Stream stream) throws IOException {
        PeerId peer = stream.connection().peer();
        stream.writeTimeout(silence);
        boolean admitted = enter(peer);
        try {
            if (admitted) {
                new Session(stream).run();
            } else {
                new Session(stream).refuse();
            }
        } finally {
            if (admitted) {
                leave(peer);
            }
        }
    }

    private boolean enter(PeerId peer) {
        lock.lock();
        try {
            int own = streams.getOrDefault(peer, 0);
            if (own >= SyncLimits.MAX_STREAMS_PER_PEER || allStreams >= MAX_STREAMS) {
                return false;
            }
            streams.put(peer, own + 1);
            allStreams++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void leave(PeerId peer) {
        lock.lock();
        try {
            streams.computeIfPresent(peer, (id, count) -> count == 1 ? null : count - 1);
            allStreams--;
        } finally {
            lock.unlock();
        }
    }

    /** One stream. */
    private final class Session {
        private final Stream stream;
        private final PeerId peer;
        private final SyncFrames frames;
        private long lastId;
        private boolean greeted;

        Session(Stream stream) {
            this.stream = stream;
            this.peer = stream.connection().peer();
            this.frames = new SyncFrames(stream, SyncLimits.MAX_FRAME, silence, this::silent, () -> {});
        }

        private void silent(Duration quiet, boolean withinFrame) throws IOException {
            if (quiet.compareTo(withinFrame ? silence : SyncLimits.IDLE) > 0) {
                throw new SocketTimeoutException(withinFrame ? "half a message, then silence" : "idle");
            }
        }

        void refuse() throws IOException {
            SyncMessage first = frames.read();
            if (first != null) {
                fail(first.request(), new Failure(Failure.Code.BUSY, "too many streams", RETRY_AFTER, List.of()));
            }
        }

        void run() throws IOException {
            try {
                for (SyncMessage message = frames.read(); message != null; message = frames.read()) {
                    if (message.request() <= lastId) {
                        throw new MalformedException("request ids rise");
                    }
                    lastId = message.request();
                    answer(message);
                }
            } catch (SyncFrames.TooLargeException e) {
                fail(lastId, new Failure(Failure.Code.TOO_LARGE, String.valueOf(e.getMessage())));
                throw e;
            } catch (MalformedException e) {
                fail(lastId, new Failure(Failure.Code.MALFORMED, String.valueOf(e.getMessage())));
                throw e;
            }
        }

        private void answer(SyncMessage message) throws IOException {
            long id = message.request();
            if (!(message.content() instanceof SyncMessage.Request request)) {
                throw new MalformedException("a reply where a request was expected");
            }
            metrics.request(request);
            if (!greeted && !(request instanceof SyncMessage.Hello)) {
                throw new MalformedException("a stream begins with Hello");
            }
            Optional<PeerRates.Refusal> early = greeted ? rates.request(peer) : Optional.empty();
            if (early.isPresent()) {
                PeerRates.Refusal refusal = early.get();
                LOG.debug("{} asks for more than {}", peer, refusal.limit());
                fail(
                        id,
                        new Failure(
                                Failure.Code.BUSY, "more than " + refusal.limit(), refusal.retryAfter(), List.of()));
                return;
            }
            try {
                answer(id, request);
            } catch (SourceFailure e) {
                LOG.error("cannot serve {} to {}", request.getClass().getSimpleName(), peer, e.getCause());
                fail(id, new Failure(Failure.Code.INTERNAL, "it is not you"));
            }
        }

        private void answer(long id, SyncMessage.Request request) throws IOException {
            switch (request) {
                case SyncMessage.Hello hello -> greet(id, hello);
                case SyncMessage.GetRefs get -> {
                    Optional<List<SyncMessage.Refs>> parts =
                            ours(() -> source.refs(get.repository(), get.revisions(), get.since(), peer));
                    if (parts.isEmpty()) {
                        unknown(id, get.repository());
                        return;
                    }
                    List<SyncMessage.Refs> all = parts.get();
                    for (int at = 0; at < all.size(); at++) {
                        send(id, at == all.size() - 1, all.get(at));
                    }
                }
                case SyncMessage.GetBody get -> body(id, get);
                case SyncMessage.GetPacks get -> packs(id, get);
                case SyncMessage.GetChunks get -> chunks(id, get);
                case SyncMessage.GetInventory get -> {
                    Optional<List<RepositoryId>> page =
                            ours(() -> source.inventory(get.after(), SyncLimits.INVENTORY_PAGE, peer));
                    if (page.isPresent()) {
                        send(id, true, new SyncMessage.Inventory(page.get()));
                    } else {
                        fail(id, new Failure(Failure.Code.REFUSED, "the inventory is for members"));
                    }
                }
                case SyncMessage.Unsupported _ ->
                    fail(id, new Failure(Failure.Code.UNSUPPORTED, "this request is not known here"));
            }
        }

        private void greet(long id, SyncMessage.Hello hello) throws IOException {
            if (greeted) {
                throw new MalformedException("Hello is said once");
            }
            if (hello.version() != SyncLimits.VERSION) {
                fail(id, new Failure(Failure.Code.UNSUPPORTED, "version " + SyncLimits.VERSION + " is spoken here"));
                return;
            }
            greeted = true;
            send(
                    id,
                    true,
                    new SyncMessage.HelloAck(
                            SyncLimits.VERSION,
                            List.of(),
                            SyncLimits.MAX_OPEN_REQUESTS,
                            SyncLimits.MAX_STREAMS_PER_PEER));
        }

        private void body(long id, SyncMessage.GetBody get) throws IOException {
            Optional<byte[]> found = ours(() -> source.body(get.repository(), get.hash()));
            if (found.isEmpty()) {
                fail(id, new Failure(Failure.Code.NOT_HELD, "no such body"));
                return;
            }
            byte[] body = found.get();
            if (get.offset() > body.length) {
                throw new MalformedException("a range behind the end of the body");
            }
            long left = body.length - get.offset();
            long end = get.offset() + (get.length() == 0 ? left : Math.min(left, get.length()));
            int at = (int) get.offset();
            do {
                int next = (int) Math.min(end, at + (long) SyncLimits.PIECE);
                cap.take(next - at);
                send(id, next == end, new SyncMessage.Body(body.length, at, Bytes.of(body, at, next - at)));
                at = next;
            } while (at < end);
        }

        private void packs(long id, SyncMessage.GetPacks get) throws IOException {
            if (get.packs().isEmpty()) {
                throw new MalformedException("a request for no pack");
            }
            for (int index = 0; index < get.packs().size(); index++) {
                PackId pack = get.packs().get(index);
                boolean lastPack = index == get.packs().size() - 1;
                Optional<SyncSource.Held> found = ours(() -> source.pack(get.repository(), pack));
                if (found.isEmpty()) {
                    if (lastPack) {
                        fail(id, new Failure(Failure.Code.NOT_HELD, "no such pack"));
                    }
                    continue;
                }
                SyncSource.Held held = found.get();
                byte[] descriptor = get.heldOnly() ? new byte[0] : held.descriptor();
                Optional<Bytes> bitmap = held.chunks().complete()
                        ? Optional.empty()
                        : Optional.of(held.chunks().bitmap());
                int at = 0;
                do {
                    int room =
                            at == 0 ? SyncLimits.PIECE - bitmap.map(Bytes::size).orElse(0) : SyncLimits.PIECE;
                    int next = Math.min(descriptor.length, at + room);
                    Optional<Bytes> part = at == 0 ? bitmap : Optional.empty();
                    send(
                            id,
                            lastPack && next == descriptor.length,
                            new SyncMessage.Packs(
                                    pack, descriptor.length, at, Bytes.of(descriptor, at, next - at), part));
                    at = next;
                } while (at < descriptor.length);
            }
        }

        private void chunks(long id, SyncMessage.GetChunks get) throws IOException {
            Optional<SyncSource.Held> found = ours(() -> source.pack(get.repository(), get.pack()));
            if (found.isEmpty()) {
                fail(id, new Failure(Failure.Code.NOT_HELD, "no such pack"));
                return;
            }
            SyncSource.Held pack = found.get();
            int left = get.count();
            for (SyncMessage.GetChunks.Range range : get.ranges()) {
                for (int index = range.first(); index < range.first() + range.count(); index++) {
                    if (!pack.chunks().has(index)) {
                        fail(id, new Failure(Failure.Code.NOT_HELD, "chunk " + index + " is not here"));
                        return;
                    }
                    int chunk = index;
                    byte[] data = ours(() -> pack.read(chunk));
                    left--;
                    sendChunk(id, left == 0, index, data);
                }
            }
        }

        /** The data goes from the file's buffer to the connection without another copy. */
        private void sendChunk(long id, boolean last, int index, byte[] data) throws IOException {
            rates.sent(peer, data.length);
            stream.write(SyncCodec.chunkPrefix(id, last, index, data.length));
            if (cap.isOff()) {
                stream.write(data);
                metrics.servedChunk(data.length);
                return;
            }
            for (int at = 0; at < data.length; at += RateCap.SLICE) {
                int length = Math.min(RateCap.SLICE, data.length - at);
                cap.take(length);
                stream.write(data, at, length);
                metrics.servedChunk(length);
            }
        }

        private void unknown(long id, RepositoryId repository) throws IOException {
            fail(
                    id,
                    new Failure(
                            Failure.Code.UNKNOWN_REPOSITORY,
                            "this repository is not served here",
                            Duration.ZERO,
                            source.peers(repository)));
        }

        private void fail(long id, Failure failure) throws IOException {
            metrics.errorSent(failure.code());
            send(id, true, failure);
        }

        private void send(long id, boolean last, SyncMessage.Reply reply) throws IOException {
            byte[] message = SyncCodec.encode(new SyncMessage(id, last, reply));
            rates.sent(peer, message.length);
            Frames.write(stream, message);
            metrics.servedMessage(message.length);
        }
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    /** A failure of this node's own disk must not look like the remote's. */
    private static <T> T ours(Work<T> work) throws SourceFailure {
        try {
            return work.run();
        } catch (IOException e) {
            throw new SourceFailure(e);
        }
    }

    private static final class SourceFailure extends IOException {
        private static final long serialVersionUID = 1L;

        SourceFailure(IOException cause) {
            super(cause);
        }
    }
}
