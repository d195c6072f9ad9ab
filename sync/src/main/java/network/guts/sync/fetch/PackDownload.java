package network.guts.sync.fetch;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.runtime.ProtocolLoop;
import network.guts.sync.core.ChunkSet;
import network.guts.sync.core.FetchScheduler;
import network.guts.sync.core.FetchScheduler.ChunkId;
import network.guts.sync.metrics.SyncMetrics;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.pack.PackIndexer;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.wire.SyncMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the missing chunks of some packs here, from all providers that join: the scheduler decides, this asks,
 * verifies, writes, and hands each chunk to the parser.
 */
final class PackDownload implements AutoCloseable {
    /** Inputs of the scheduler that wait: every provider's requests answered at once. */
    private static final int MAILBOX = FetchScheduler.MAX_PROVIDERS * FetchScheduler.MAX_IN_FLIGHT;

    /** The scheduler need not hear of every packet. */
    private static final Duration WORD_EVERY = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(PackDownload.class);

    /**
     * What one provider brought.
     *
     * @param bytes verified
     * @param took from when it could be asked to its last chunk
     */
    record Delivery(long bytes, Duration took) {}

    private static final class Delivering {
        final long since = System.nanoTime();
        final AtomicLong bytes = new AtomicLong();
        volatile long last = since;

        void add(int count) {
            bytes.addAndGet(count);
            last = System.nanoTime();
        }
    }

    /** A pack on its way. */
    record Coming(PartialPack pack, PackIndexer indexer) {}

    private final RepositoryId repository;
    private final Map<PackId, Coming> packs = new LinkedHashMap<>();
    private final FetchScheduler scheduler;
    private final ProtocolLoop<FetchScheduler.Input, FetchScheduler.Effect> loop;
    private final Map<PeerId, SyncClient> clients = new ConcurrentHashMap<>();
    private final Map<PeerId, Delivering> delivering = new ConcurrentHashMap<>();
    private final Blame blame;
    private final SyncMetrics metrics;
    private final AtomicLong bytes = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean complete;
    private @Nullable IOException failure;

    PackDownload(RepositoryId repository, List<Coming> coming, Blame blame, SyncMetrics metrics, InstantSource clock) {
        this.repository = repository;
        this.blame = blame;
        this.metrics = metrics;
        for (Coming one : coming) {
            packs.put(one.pack().id(), one);
        }
        this.scheduler = new FetchScheduler(coming.stream()
                .map(one -> new FetchScheduler.Wanted(
                        one.pack().id(),
                        one.pack().descriptor().size(),
                        one.pack().descriptor().chunkSize(),
                        one.pack().verified()))
                .toList());
        this.loop = new ProtocolLoop<>("fetch of " + repository, scheduler, this::perform, clock, MAILBOX);
        for (Coming one : coming) {
            ChunkSet here = one.pack().verified();
            for (int chunk = 0; chunk < here.size(); chunk++) {
                if (here.has(chunk)) {
                    one.indexer().chunkArrived(chunk);
                }
            }
        }
        loop.start();
    }

    /** A provider can be asked. */
    void join(SyncClient client, List<SyncClient.PackAnswer> held) {
        Map<PackId, ChunkSet> holds = new LinkedHashMap<>();
        for (SyncClient.PackAnswer answer : held) {
            Coming coming = packs.get(answer.pack());
            if (coming != null) {
                int size = coming.pack().descriptor().chunks().size();
                holds.put(
                        answer.pack(),
                        answer.held()
                                .map(bitmap -> ChunkSet.ofBitmap(size, bitmap))
                                .orElseGet(() -> ChunkSet.all(size)));
            }
        }
        clients.put(client.peer(), client);
        delivering.computeIfAbsent(client.peer(), id -> new Delivering());
        AtomicLong lastWord = new AtomicLong(System.nanoTime());
        client.onBytes(() -> {
            long now = System.nanoTime();
            long last = lastWord.get();
            if (now - last > WORD_EVERY.toNanos() && lastWord.compareAndSet(last, now)) {
                // May be lost: the next one comes in a second.
                loop.offer(new FetchScheduler.Heard(client.peer()));
            }
        });
        loop.submit(new FetchScheduler.Joined(client.peer(), holds));
    }

    /** A provider is gone. */
    void leave(PeerId provider) {
        clients.remove(provider);
        loop.submit(new FetchScheduler.Left(provider));
    }

    private void perform(FetchScheduler.Effect effect) {
        switch (effect) {
            case FetchScheduler.Request request ->
                Thread.ofVirtual().name("ask for a chunk").start(() -> ask(request));
            case FetchScheduler.Drop drop -> drop(drop);
            case FetchScheduler.Complete _ -> finished();
        }
    }

    private void ask(FetchScheduler.Request request) {
        PeerId provider = request.provider();
        SyncClient client = clients.get(provider);
        if (client == null) {
            loop.submit(new FetchScheduler.Left(provider));
            return;
        }
        ChunkId chunk = request.chunk();
        try {
            client.chunk(repository, chunk.pack(), chunk.index(), new SyncClient.ChunkListener() {
                @Override
                public void chunk(ByteString data) {
                    arrived(provider, chunk, data);
                }

                @Override
                public void refused(SyncMessage.Failure refusal) {
                    metrics.errorReceived(refusal.code());
                    loop.submit(
                            refusal.code() == SyncMessage.Failure.Code.BUSY
                                    ? new FetchScheduler.Busy(provider, chunk, refusal.retryAfter())
                                    : new FetchScheduler.NotHeld(provider, chunk));
                }

                @Override
                public void failed(IOException reason) {
                    LOG.debug("provider {}: {}", provider, reason.getMessage());
                    if (reason instanceof MalformedException) {
                        blame.wrongAnswer(provider, String.valueOf(reason.getMessage()));
                    }
                    leave(provider);
                }
            });
        } catch (IOException e) {
            LOG.debug("provider {}: {}", provider, e.getMessage());
            leave(provider);
        }
    }

    private void arrived(PeerId provider, ChunkId chunk, ByteString data) {
        Coming coming = packs.get(chunk.pack());
        if (coming == null) {
            throw new IllegalStateException("a chunk of a pack that was not asked for");
        }
        boolean right;
        try {
            boolean known = coming.pack().verified().has(chunk.index());
            right = coming.pack().write(chunk.index(), data.asReadOnlyByteBuffer());
            SyncMetrics.Chunk result = known ? SyncMetrics.Chunk.KNOWN : SyncMetrics.Chunk.VERIFIED;
            metrics.chunk(right ? result : SyncMetrics.Chunk.WRONG, data.size());
            if (right && !known) {
                bytes.addAndGet(data.size());
                delivering.computeIfAbsent(provider, id -> new Delivering()).add(data.size());
                coming.indexer().chunkArrived(chunk.index());
            }
        } catch (IOException e) {
            fail(e);
            return;
        }
        loop.submit(right ? new FetchScheduler.Verified(provider, chunk) : new FetchScheduler.Wrong(provider, chunk));
    }

    private void drop(FetchScheduler.Drop drop) {
        PeerId provider = drop.provider();
        switch (drop.reason()) {
            case WRONG_CHUNK -> blame.wrongChunk(provider, drop.chunk());
            case SILENT -> blame.silent(provider, drop.chunk());
        }
        SyncClient client = clients.remove(provider);
        // Closing tells the listeners, who tell the scheduler, and the disk may be slow: not on the scheduler's thread.
        Thread.ofVirtual().name("drop of a provider").start(() -> {
            if (client != null) {
                client.close();
            }
            blame.remember();
        });
        signal();
    }

    private void finished() {
        lock.lock();
        try {
            complete = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(IOException reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits a moment for the end.
     *
     * @return true if every chunk is here
     * @throws IOException if this node's disk failed, or a pack has turned out to be malformed
     */
    boolean await(Duration atMost) throws IOException {
        lock.lock();
        try {
            long left = atMost.toNanos();
            while (!complete && failure == null && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (failure != null) {
                throw failure;
            }
            // A pack that cannot be parsed any more says why when it is finished: nothing more of it is wanted.
            return complete
                    || packs.values().stream().anyMatch(one -> one.indexer().failed());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            lock.unlock();
        }
    }

    /** Providers with open streams. */
    int providers() {
        return clients.size();
    }

    /** Verified bytes that came in this run. */
    long bytes() {
        return bytes.get();
    }

    long objects() {
        return packs.values().stream()
                .mapToLong(one -> one.indexer().objectsDone())
                .sum();
    }

    /** Of those who brought something. */
    Map<PeerId, Delivery> deliveries() {
        Map<PeerId, Delivery> all = new TreeMap<>();
        delivering.forEach((peer, one) -> {
            if (one.bytes.get() > 0) {
                all.put(peer, new Delivery(one.bytes.get(), Duration.ofNanos(one.last - one.since)));
            }
        });
        return all;
    }

    @Override
    public void close() {
        loop.close();
    }
}
