package network.guts.sync.via;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.runtime.Frames;
import network.guts.sync.SyncException;
import network.guts.sync.model.Signed;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.protocol.Printable;
import network.guts.sync.wire.SignedRecords;
import network.guts.sync.wire.ViaCodec;
import network.guts.sync.wire.ViaReply;
import network.guts.sync.wire.ViaReply.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the via protocol: one ask on a stream, and what becomes of it. */
public final class ViaServer implements StreamHandler {
    /** Repositories that are taken at once: each parses a pack. */
    static final int MAX_STREAMS = 8;

    /** Of them, for one peer. */
    static final int MAX_STREAMS_PER_PEER = 2;

    /** For the ask to come, and for a reply to be read. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(ViaServer.class);

    private final ViaTaking taking;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PeerId, Integer> streams = new LinkedHashMap<>();
    private int allStreams;

    public ViaServer(ViaTaking taking) {
        this.taking = taking;
    }

    @Override
    public void handle(Stream stream) throws IOException {
        PeerId peer = stream.connection().peer();
        stream.readTimeout(TIMEOUT);
        stream.writeTimeout(TIMEOUT);
        if (!enter(peer)) {
            send(stream, busy("too many repositories are being taken"));
            return;
        }
        try {
            serve(stream);
        } finally {
            leave(peer);
        }
    }

    private boolean enter(PeerId peer) {
        lock.lock();
        try {
            int own = streams.getOrDefault(peer, 0);
            if (own >= MAX_STREAMS_PER_PEER || allStreams >= MAX_STREAMS) {
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

    private void serve(Stream stream) throws IOException {
        Signed<ViaAsk> ask;
        try {
            byte[] frame = Frames.readRequired(stream, ViaCodec.MAX_REQUEST);
            ask = SignedRecords.openViaAsk(SignedEnvelope.parse(frame));
        } catch (MalformedException e) {
            send(stream, new Failure(Failure.Code.MALFORMED, String.valueOf(e.getMessage())));
            throw e;
        }
        if (!taking.begin(ask.value().repository())) {
            send(stream, busy("it is being taken already"));
            return;
        }
        try {
            send(stream, answer(stream, ask));
        } finally {
            taking.end(ask.value().repository());
        }
    }

    private static Failure busy(String why) {
        return new Failure(Failure.Code.BUSY, why, RETRY_AFTER);
    }

    private ViaReply answer(Stream stream, Signed<ViaAsk> ask) throws InterruptedIOException {
        PeerId publisher = stream.connection().peer();
        try {
            taking.judge(ask, publisher);
            OptionalLong held = taking.held(ask);
            if (held.isPresent()) {
                return new ViaReply.Kept(held.getAsLong());
            }
            taking.checkDelegate(ask, publisher);
            // What is refused by its size was never agreed to: the publisher remembers who has agreed.
            ViaTaking.Opened opened = taking.open(ask, stream.connection());
            long here;
            try (WorkingReplies working = new WorkingReplies(stream)) {
                here = taking.take(ask, opened, publisher, working);
            }
            return new ViaReply.Kept(here);
        } catch (SyncException e) {
            LOG.info(
                    "{} is not kept for {}: {}",
                    ask.value().repository(),
                    publisher,
                    Printable.of(String.valueOf(e.getMessage())));
            return new Failure(
                    e.kind() == SyncException.Kind.REFUSED ? Failure.Code.REFUSED : Failure.Code.FAILED,
                    String.valueOf(e.getMessage()));
        } catch (MalformedException e) {
            return new Failure(Failure.Code.FAILED, "what you serve does not hold: " + e.getMessage());
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted");
            }
            // A failure of this node's own disk must not look like the remote's.
            LOG.error("cannot keep {} for {}", ask.value().repository(), publisher, e);
            return new Failure(Failure.Code.INTERNAL, "it is not you");
        }
    }

    private static void send(Stream stream, ViaReply reply) throws IOException {
        Frames.write(stream, ViaCodec.encode(reply));
    }
}
