package network.guts.sync.pack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.pack.PackException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Parses a pack while its chunks arrive, in any order. {@link #chunkArrived} for each, {@link #finish} when all are
 * there (it waits for the rest of the work), {@link #close} in any case; closing early abandons the work.
 */
public final class PackIndexer implements AutoCloseable {
    private final MappedPack pack;
    private final PackLimits limits;
    private final @Nullable PackDescriptor descriptor;
    private final @Nullable Segments segments;
    private @Nullable PieceScan pieces;
    private final Workers workers;
    private final long end;
    private final AtomicLong inflated = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<SegmentScanner> scanners = new ArrayDeque<>();
    private final List<SegmentScanner> allScanners = new ArrayList<>();
    private final List<References> references = new ArrayList<>();
    private final List<Future<?>> scans = new ArrayList<>();
    private final EntryTable[] tables;
    private boolean handedOut;

    private PackIndexer(
            MappedPack pack, PackLimits limits, @Nullable PackDescriptor descriptor, @Nullable Segments segments) {
        this.pack = pack;
        this.limits = limits;
        this.descriptor = descriptor;
        this.segments = segments;
        this.workers = new Workers(limits.threads());
        this.end = pack.size() - PackFormat.TRAILER_BYTES;
        this.tables = new EntryTable[segments == null ? 0 : segments.count()];
        long objects = pack.size() / PackFormat.MIN_ENTRY_BYTES;
        for (int i = 0; i < limits.threads(); i++) {
            References own = new References(ThreadLocalRandom.current().nextLong(), 2 * objects + References.SPARE);
            references.add(own);
            SegmentScanner scanner = new SegmentScanner(pack, limits, inflated, done, own);
            allScanners.add(scanner);
            scanners.add(scanner);
        }
    }

    /**
     * Starts its threads. The file is as long as the descriptor says (sparse where chunks are missing).
     *
     * @throws PackException if the descriptor contradicts itself
     */
    public static PackIndexer open(Path file, PackDescriptor descriptor, PackLimits limits) throws IOException {
        Segments segments = new Segments(descriptor);
        MappedPack pack = MappedPack.open(file);
        if (pack.size() != descriptor.size()) {
            long size = pack.size();
            pack.close();
            throw new PackException(
                    Kind.DESCRIPTOR, "the file has " + size + " bytes, the descriptor says " + descriptor.size());
        }
        return new PackIndexer(pack, limits, descriptor, segments);
    }

    /**
     * The same for a whole file of which nothing is known; see {@link PieceScan}.
     *
     * @param minPiece bytes; a shorter piece is not worth a guess
     */
    static PackIndexer openWhole(Path file, PackLimits limits, long minPiece) throws IOException {
        MappedPack pack = MappedPack.open(file);
        if (pack.size() < PackFormat.HEADER_BYTES + PackFormat.TRAILER_BYTES) {
            pack.close();
            throw new PackException(Kind.MALFORMED, "a file of " + pack.size() + " bytes is no pack");
        }
        PackIndexer indexer = new PackIndexer(pack, limits, null, null);
        indexer.startPieces(minPiece);
        return indexer;
    }

    /** Chunk {@code index} is in the file, and its hash was right. Thread-safe, returns at once, counts once. */
    public void chunkArrived(int index) {
        if (segments == null || descriptor == null) {
            throw new IllegalStateException("the whole file is there");
        }
        lock.lock();
        try {
            segments.arrived(
                    index,
                    segment -> scan(segment, segments.start(segment), segments.end(segment), descriptor.chunkSize()));
        } finally {
            lock.unlock();
        }
    }

    private void scan(int segment, long from, long to, long chunkSize) {
        scans.add(workers.start(() -> {
            if (failure.get() != null) {
                return;
            }
            SegmentScanner scanner = borrow();
            try {
                tables[segment] = scanner.scan(from, to, chunkSize);
            } catch (IOException e) {
                failure.compareAndSet(null, e);
            } finally {
                giveBack(scanner);
            }
        }));
    }

    private void startPieces(long minPiece) {
        PieceScan scan = new PieceScan(limits, end, minPiece);
        pieces = scan;
        PieceScan.Scanners lent = new PieceScan.Scanners() {
            @Override
            public SegmentScanner borrow() {
                return PackIndexer.this.borrow();
            }

            @Override
            public void giveBack(SegmentScanner scanner) {
                PackIndexer.this.giveBack(scanner);
            }
        };
        for (Workers.Job job : scan.jobs(lent)) {
            scans.add(workers.start(job));
        }
    }

    /** What the pieces found; the whole in order, where they do not fit together. */
    private EntryTable joinPieces(PieceScan scan) throws IOException {
        EntryTable joined = scan.joined();
        if (joined != null) {
            return joined;
        }
        references.forEach(References::clear);
        inflated.set(0);
        done.set(0);
        return scan.inOrder(allScanners.getFirst());
    }

    private SegmentScanner borrow() {
        lock.lock();
        try {
            return scanners.pop();
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(SegmentScanner scanner) {
        lock.lock();
        try {
            scanners.push(scanner);
        } finally {
            lock.unlock();
        }
    }

    /** Objects whose ids are known so far; never more than the descriptor's objects. */
    public long objectsDone() {
        return done.get();
    }

    /** Whether the work has failed already: {@link #finish} will say why, more chunks need not be fetched. */
    public boolean failed() {
        return failure.get() != null;
    }

    /**
     * Waits until what has arrived is parsed, then resolves the deltas. All chunks must have arrived, unless it has
     * failed already.
     *
     * @param before where the bases of a thin pack are: the packs before it in the list
     * @throws PackException if the pack is not what it says
     * @throws java.io.InterruptedIOException if the thread is interrupted
     */
    public ParsedPack finish(ObjectSource before) throws IOException {
        awaitScans();
        IOException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
        if (segments != null && !segments.isComplete()) {
            throw new IllegalStateException("chunks are missing");
        }
        checkHeader();
        EntryTable entries = pieces == null ? EntryTable.join(Arrays.asList(tables)) : joinPieces(pieces);
        Arrays.fill(tables, null);
        long declared = pack.intAt(8) & 0xffffffffL;
        if (entries.count() != declared) {
            throw new PackException(
                    Kind.MALFORMED, "its header says " + declared + " objects, there are " + entries.count());
        }
        Future<?> trailer = workers.start(this::checkTrailer);
        DeltaTrees trees = new DeltaTrees(pack, entries, end);
        DeltaResolver resolver = new DeltaResolver(trees, limits, end, done, before);
        resolver.resolveInside(references, workers);
        OutsideBases outside = new OutsideBases(trees, resolver, before);
        outside.resolve(descriptor == null ? null : descriptor.bases(), references, workers);
        Workers.await(trailer);
        ParsedPack parsed = ParsedPack.of(pack, entries, trees, references, inflated.get(), before);
        handedOut = true;
        try {
            if (descriptor != null && !parsed.bases().equals(descriptor.bases())) {
                throw new PackException(
                        Kind.DESCRIPTOR,
                        "the descriptor names " + descriptor.bases().size() + " bases, the pack needs "
                                + parsed.bases().size() + " or others");
            }
            outside.checkNotInside(parsed);
            return parsed;
        } catch (IOException e) {
            parsed.close();
            throw e;
        }
    }

    private void awaitScans() throws IOException {
        List<Future<?>> all;
        lock.lock();
        try {
            all = List.copyOf(scans);
        } finally {
            lock.unlock();
        }
        for (Future<?> scan : all) {
            Workers.await(scan);
        }
    }

    private void checkHeader() throws PackException {
        if (pack.intAt(0) != PackFormat.SIGNATURE || pack.intAt(4) != PackFormat.VERSION) {
            throw new PackException(Kind.MALFORMED, "it does not begin as a pack of version 2");
        }
        long declared = pack.intAt(8) & 0xffffffffL;
        if (descriptor != null && declared != descriptor.objects()) {
            throw new PackException(
                    Kind.DESCRIPTOR,
                    "its header says " + declared + " objects, the descriptor " + descriptor.objects());
        }
    }

    private void checkTrailer() throws PackException {
        MessageDigest sha1 = PackFormat.sha1();
        for (long at = 0; at < end; ) {
            ByteBuffer view = pack.view(at, end);
            at += view.remaining();
            sha1.update(view);
        }
        if (!Arrays.equals(sha1.digest(), pack.id(end))) {
            throw new PackException(Kind.MALFORMED, "its trailer is not the SHA-1 of what is before");
        }
    }

    @Override
    public void close() {
        failure.compareAndSet(null, new IOException("abandoned"));
        workers.close();
        allScanners.forEach(SegmentScanner::close);
        if (!handedOut) {
            pack.close();
        }
    }
}
