package network.guts.sync.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Host;
import network.guts.core.host.Stream;
import network.guts.runtime.Frames;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.wire.SyncCodec;
import network.guts.sync.wire.SyncLimits;
import network.guts.sync.wire.SyncMessage;
import org.jspecify.annotations.Nullable;

/**
 * Asks one peer over one stream. Requests are pipelined with rising ids; a virtual thread reads the replies, which may
 * come in any order. Thread-safe. When the peer is silent for too long, or says what it must not, the stream is reset
 * and every open request fails.
 */
public final class SyncClient implements AutoCloseable {
    /** What becomes of a request; told on the reading thread, which waits until it returns. */
    interface Listener {
        /** A part of the reply, in order. */
        void part(SyncMessage.Content content, boolean last) throws IOException;

        /** The request will not be answered any more. Told once, and nothing after it. */
        void failed(IOException reason);
    }

    /** What becomes of a request for a chunk. */
    public interface ChunkListener {
        /** The chunk's bytes, unverified; a view that is valid only now. */
        void chunk(ByteString data) throws IOException;

        /** The peer said no. */
        void refused(SyncMessage.Failure failure);

        /** The stream is gone. */
        void failed(IOException reason);
    }

    /** A descriptor and what is held of it. */
    public record PackAnswer(PackId pack, Bytes descriptor, Optional<Bytes> held) {}

    private record Open(Listener listener, long since) {}

    private final Stream stream;
    private final Duration silence;
    private final SyncFrames frames;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Open> open = new LinkedHashMap<>();
    private final Semaphore slots = new Semaphore(SyncLimits.MAX_OPEN_REQUESTS);
    private volatile Runnable heard = () -> {};
    private long lastId;
    private @Nullable IOException ended;

    private SyncClient(Stream stream, Duration silence) {
        this.stream = stream;
        this.silence = silence;
        this.frames = new SyncFrames(stream, SyncLimits.MAX_CHUNK_FRAME, silence, this::silent, () -> heard.run());
        stream.writeTimeout(silence);
    }

    /**
     * Opens a stream to {@code peer}, which is connected or in the address book, and greets.
     *
     * @throws IOException if the peer cannot be reached, does not speak the protocol, or does not greet in time
     */
    public static SyncClient open(Host host, PeerId peer, Duration timeout) throws IOException {
        return open(host.open(peer, List.of(SyncLimits.PROTOCOL), timeout), SyncLimits.SILENCE);
    }

    /** Greets on a stream; it is reset if that fails. */
    static SyncClient open(Stream stream, Duration silence) throws IOException {
        SyncClient client = new SyncClient(stream, silence);
        Thread.ofVirtual()
                .name("sync client of " + stream.connection().peer().abbreviated())
                .start(client::run);
        try {
            List<SyncMessage.Content> reply = client.ask(
                    new SyncMessage.Hello(
                            SyncLimits.VERSION,
                            List.of(),
                            SyncLimits.MAX_OPEN_REQUESTS,
                            SyncLimits.MAX_STREAMS_PER_PEER),
                    SyncLimits.MAX_FRAME);
            if (!(reply.getFirst() instanceof SyncMessage.HelloAck ack) || ack.version() != SyncLimits.VERSION) {
                throw new MalformedException("greeting was not answered with one of this version");
            }
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    public PeerId peer() {
        return stream.connection().peer();
    }

    /** The connection under it. */
    public ConnectionInfo connection() {
        return stream.connection();
    }

    /** Told, on the reading thread, whenever bytes come in; must return at once. */
    public void onBytes(Runnable listener) {
        heard = listener;
    }

    /** Whether requests may still be answered. */
    public boolean isOpen() {
        lock.lock();
        try {
            return ended == null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The records of a repository, in the parts in which they came.
     *
     * @throws PeerRefusedException if the peer answers with an error
     */
    public List<SyncMessage.Refs> refs(RepositoryId repository, long revisions, Map<PublicKey, Long> since)
            throws IOException {
        List<SyncMessage.Refs> parts = new ArrayList<>();
        for (SyncMessage.Content part :
                ask(new SyncMessage.GetRefs(repository, revisions, since), SyncLimits.MAX_REFS_REPLY)) {
            parts.add(expect(SyncMessage.Refs.class, part));
        }
        return parts;
    }

    /**
     * A body; its hash has been compared.
     *
     * @throws PeerRefusedException if the peer answers with an error
     * @throws MalformedException if the peer sends other bytes
     */
    public byte[] body(RepositoryId repository, Bytes hash) throws IOException {
        Pieces pieces = new Pieces();
        for (SyncMessage.Content part :
                ask(new SyncMessage.GetBody(repository, hash, 0, 0), SyncLimits.MAX_BODY + SyncLimits.MAX_FRAME)) {
            SyncMessage.Body body = expect(SyncMessage.Body.class, part);
            pieces.add(body.total(), body.offset(), body.data());
        }
        byte[] whole = pieces.whole();
        if (!Bytes.sha256(whole).equals(hash)) {
            throw new MalformedException("sent another body than was asked for");
        }
        return whole;
    }

    /**
     * Descriptors, whose hashes have been compared, and what is held. A pack that the peer does not know is left out.
     *
     * @param heldOnly no descriptors: they are empty then
     * @throws PeerRefusedException if the peer answers with an error
     */
    public List<PackAnswer> packs(RepositoryId repository, List<PackId> packs, boolean heldOnly) throws IOException {
        List<PackAnswer> answers = new ArrayList<>();
        for (PackId pack : packs) {
            Pieces pieces = new Pieces();
            Optional<Bytes> held = Optional.empty();
            try {
                for (SyncMessage.Content part : ask(
                        new SyncMessage.GetPacks(repository, List.of(pack), heldOnly), 2 * SyncLimits.MAX_DESCRIPTOR)) {
                    SyncMessage.Packs answer = expect(SyncMessage.Packs.class, part);
                    if (!answer.pack().equals(pack)) {
                        throw new MalformedException("sent another pack's descriptor");
                    }
                    if (answer.offset() == 0) {
                        held = answer.held();
                    }
                    if (!heldOnly) {
                        pieces.add(answer.total(), answer.offset(), answer.data());
                    }
                }
            } catch (PeerRefusedException e) {
                if (e.failure().code() == SyncMessage.Failure.Code.NOT_HELD) {
                    continue;
                }
                throw e;
            }
            byte[] descriptor = heldOnly ? new byte[0] : pieces.whole();
            if (!heldOnly && !Bytes.sha256(descriptor).equals(pack.hash())) {
                throw new MalformedException("sent another descriptor than was asked for");
            }
            answers.add(new PackAnswer(pack, Bytes.of(descriptor), held));
        }
        return answers;
    }

    /**
     * A page of what the peer seeds.
     *
     * @throws PeerRefusedException if the peer answers with an error
     */
    public List<RepositoryId> inventory(Optional<RepositoryId> after) throws IOException {
        List<RepositoryId> ids = new ArrayList<>();
        for (SyncMessage.Content part : ask(new SyncMessage.GetInventory(after), SyncLimits.MAX_FRAME)) {
            ids.addAll(expect(SyncMessage.Inventory.class, part).repositories());
        }
        return ids;
    }

    /** Asks for one chunk and returns; waits only while too many requests are open. */
    public void chunk(RepositoryId repository, PackId pack, int index, ChunkListener listener) throws IOException {
        SyncMessage.GetChunks request =
                new SyncMessage.GetChunks(repository, pack, List.of(new SyncMessage.GetChunks.Range(index, 1)));
        send(request, new Listener() {
            @Override
            public void part(SyncMessage.Content content, boolean last) throws IOException {
                switch (content) {
                    case SyncMessage.Chunk chunk when chunk.index() == index && last -> listener.chunk(chunk.data());
                    case SyncMessage.Failure failure -> listener.refused(failure);
                    default -> throw new MalformedException("answered a request for a chunk with something else");
                }
            }

            @Override
            public void failed(IOException reason) {
                listener.failed(reason);
            }
        });
    }

    private static <T extends SyncMessage.Content> T expect(Class<T> kind, SyncMessage.Content part)
            throws MalformedException {
        if (!kind.isInstance(part)) {
            throw new MalformedException("answered with " + part.getClass().getSimpleName() + " where "
                    + kind.getSimpleName() + " was asked for");
        }
        return kind.cast(part);
    }

    private List<SyncMessage.Content> ask(SyncMessage.Request request, int maxBytes) throws IOException {
        Collected collected = new Collected(maxBytes);
        send(request, collected);
        List<SyncMessage.Content> parts = collected.await();
        if (parts.getLast() instanceof SyncMessage.Failure failure) {
            throw new PeerRefusedException(peer(), failure);
        }
        return parts;
    }

    private void send(SyncMessage.Request request, Listener listener) throws IOException {
        acquireSlot();
        lock.lock();
        try {
            if (ended != null) {
                slots.release();
                throw new IOException("the stream to " + peer().abbreviated() + " ended", ended);
            }
            long id = ++lastId;
            open.put(id, new Open(listener, System.nanoTime()));
            try {
                Frames.write(stream, SyncCodec.encode(new SyncMessage(id, true, request)));
            } catch (IOException e) {
                open.remove(id);
                slots.release();
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    private void acquireSlot() throws IOException {
        try {
            if (!slots.tryAcquire(silence.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new SocketTimeoutException(
                        "no answer of " + peer().abbreviated() + " to " + SyncLimits.MAX_OPEN_REQUESTS + " requests");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private void run() {
        IOException reason = new IOException("the peer closed the stream");
        try {
            for (SyncMessage message = frames.read(); message != null; message = frames.read()) {
                dispatch(message);
            }
        } catch (SyncFrames.TooLargeException e) {
            reason = new MalformedException("sent a " + e.getMessage(), e);
        } catch (IOException e) {
            reason = e;
        } finally {
            end(reason);
        }
    }

    private void dispatch(SyncMessage message) throws IOException {
        Open request;
        boolean last = message.last() || message.content() instanceof SyncMessage.Failure;
        lock.lock();
        try {
            request = last ? open.remove(message.request()) : open.get(message.request());
        } finally {
            lock.unlock();
        }
        if (request == null || !(message.content() instanceof SyncMessage.Reply)) {
            throw new MalformedException("a reply to nothing that was asked");
        }
        if (last) {
            slots.release();
        }
        try {
            request.listener().part(message.content(), last);
        } catch (IOException e) {
            request.listener().failed(e);
            throw e;
        }
        if (message.content() instanceof SyncMessage.Failure failure
                && failure.code().endsStream()) {
            throw new PeerRefusedException(peer(), failure);
        }
    }

    private void silent(Duration quiet, boolean withinFrame) throws IOException {
        long since = System.nanoTime() - quiet.toNanos();
        lock.lock();
        try {
            if (ended != null) {
                throw ended;
            }
            if (open.isEmpty()) {
                if (quiet.compareTo(SyncLimits.IDLE) > 0) {
                    throw new SocketTimeoutException("idle");
                }
                return;
            }
            long asked = open.values().iterator().next().since();
            long waited = System.nanoTime() - Math.max(since, asked);
            if (waited > silence.toNanos()) {
                throw new SocketTimeoutException("silent for " + silence.toSeconds() + " s on an open request");
            }
        } finally {
            lock.unlock();
        }
    }

    private void end(IOException reason) {
        List<Open> failed;
        lock.lock();
        try {
            if (ended != null) {
                return;
            }
            ended = reason;
            failed = List.copyOf(open.values());
            open.clear();
        } finally {
            lock.unlock();
        }
        stream.reset();
        slots.release(failed.size());
        failed.forEach(request -> request.listener().failed(reason));
    }

    /** Resets the stream; open requests fail. */
    @Override
    public void close() {
        end(new IOException("closed"));
    }
}
