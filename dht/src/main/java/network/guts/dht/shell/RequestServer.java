package network.guts.dht.shell;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.dht.core.AddressScope;
import network.guts.dht.core.DhtEffect;
import network.guts.dht.core.DhtInput;
import network.guts.dht.core.ProviderRecord;
import network.guts.dht.core.Request;
import network.guts.dht.core.Response;
import network.guts.dht.wire.Messages;
import network.guts.runtime.Frames;
import network.guts.runtime.ProtocolLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves inbound streams: one request after another on each, until the remote ends it. What is wrong, or cannot be stored,
 * resets the stream by an exception.
 */
final class RequestServer implements StreamHandler {
    /** An idle stream ends after this, as with the public network's servers. */
    private static final Duration IDLE = Duration.ofMinutes(1);

    /** How long the core and the database may take, and the remote to read its answer. */
    private static final Duration WORK = Duration.ofSeconds(10);

    /** Streams that are served at once, beside the host's own limits: a stream may hold a request of 16 KiB. */
    private static final int MAX_STREAMS = 1_024;

    private static final Logger LOG = LoggerFactory.getLogger(RequestServer.class);

    private final ProviderStore store;
    private final AtomicLong refs = new AtomicLong();
    private final Semaphore streams = new Semaphore(MAX_STREAMS);
    private final Map<Long, CompletableFuture<DhtEffect>> waiting = new ConcurrentHashMap<>();
    private final ProtocolLoop<DhtInput, DhtEffect> loop;
    private final DhtMetrics metrics;

    RequestServer(ProviderStore store, ProtocolLoop<DhtInput, DhtEffect> loop, DhtMetrics metrics) {
        this.store = store;
        this.loop = loop;
        this.metrics = metrics;
    }

    /** Hands over what the core says about a request. */
    void decided(long ref, DhtEffect effect) {
        CompletableFuture<DhtEffect> request = waiting.remove(ref);
        if (request != null) {
            request.complete(effect);
        }
    }

    @Override
    public void handle(Stream stream) throws IOException {
        if (!streams.tryAcquire()) {
            throw new IOException("too many Kademlia streams are open");
        }
        try {
            stream.writeTimeout(WORK);
            while (true) {
                stream.readTimeout(IDLE);
                byte[] frame = Frames.read(stream, Messages.MAX_REQUEST);
                if (frame == null) {
                    return;
                }
                counted(stream, Messages.decodeRequest(frame));
            }
        } finally {
            streams.release();
        }
    }

    private void counted(Stream stream, Request request) throws IOException {
        boolean served = false;
        try {
            serve(stream, request);
            served = true;
        } finally {
            metrics.received(request, served);
        }
    }

    private void serve(Stream stream, Request request) throws IOException {
        long ref = refs.incrementAndGet();
        AddressScope scope = AddressScope.of(stream.connection().address());
        DhtEffect decision =
                decision(ref, new DhtInput.Inbound(ref, stream.connection().peer(), scope, request));
        switch (decision) {
            case DhtEffect.Reply(long to, Response response) -> reply(stream, request, response);
            case DhtEffect.Load load -> {
                List<ProviderRecord> records = ours(() -> store.records(load.key()));
                if (decision(ref, new DhtInput.Loaded(load, records))
                        instanceof DhtEffect.Reply(var to, var response)) {
                    reply(stream, request, response);
                }
            }
            case DhtEffect.Store(long to, ProviderRecord record) -> {
                String refusal = ours(() -> store.put(record));
                if (!refusal.isEmpty()) {
                    throw new IOException("provider record refused: " + refusal);
                }
            }
            case DhtEffect.Refuse(long to, String reason) -> throw new IOException("request refused: " + reason);
            default -> throw new IllegalStateException("no decision about a request: " + decision);
        }
    }

    private static void reply(Stream stream, Request request, Response response) throws IOException {
        Frames.write(stream, Messages.encode(request, response));
    }

    /** Asks the core, and waits for what it says. */
    private DhtEffect decision(long ref, DhtInput input) throws IOException {
        CompletableFuture<DhtEffect> decision = new CompletableFuture<>();
        waiting.put(ref, decision);
        try {
            if (!loop.submit(input)) {
                throw new IOException("the node is closing");
            }
            return decision.get(WORK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the node is too busy or closing", e);
        } finally {
            waiting.remove(ref);
        }
    }

    private interface StoreWork<T> {
        T run() throws IOException;
    }

    /** A failing database is our fault, not the remote's: that request fails, and our log says why. */
    private static <T> T ours(StoreWork<T> work) throws IOException {
        try {
            return work.run();
        } catch (IOException e) {
            LOG.error("a provider record could not be stored or read: {}", e.getMessage());
            throw e;
        }
    }
}
