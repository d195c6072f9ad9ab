package network.guts.sync.pack;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;

/**
 * The first phase, on one thread: goes from entry to entry of a segment, inflates each, computes the ids of those that
 * are no deltas and checks them.
 */
final class SegmentScanner implements AutoCloseable {
    private final MappedPack pack;
    private final PackLimits limits;
    private final AtomicLong inflated;
    private final AtomicLong done;
    private final EntryInflater inflater;
    private final EntryFinder finder;
    private final EntryHeader header = new EntryHeader();
    private final ObjectCheck objects;
    private final TreeCheck trees;
    private final CRC32 crc = new CRC32();
    private final byte[] deltaHeader = new byte[Delta.MAX_HEADER];
    private int deltaHeaderLength;
    private byte[] buffer = new byte[1 << 16];
    private long position;

    /**
     * @param inflated bytes of all objects so far, over all threads
     * @param done objects whose ids are known, over all threads
     */
    SegmentScanner(MappedPack pack, PackLimits limits, AtomicLong inflated, AtomicLong done, References references) {
        this.pack = pack;
        this.limits = limits;
        this.inflated = inflated;
        this.done = done;
        this.inflater = new EntryInflater(pack);
        this.finder = new EntryFinder(pack, inflater);
        this.objects = new ObjectCheck(references);
        this.trees = new TreeCheck(references);
    }

    /**
     * Reads the entries from {@code start} to {@code end}, which must be where one ends; all must begin in the chunk
     * of {@code chunkSize} bytes that {@code start} lies in.
     */
    EntryTable scan(long start, long end, long chunkSize) throws IOException {
        long chunkEnd = (start / chunkSize + 1) * chunkSize;
        EntryTable table = scanPiece(start, Math.min(end, chunkEnd), end);
        if (position < end) {
            throw new PackException(
                    Kind.DESCRIPTOR, "an entry begins at offset " + position + ", the descriptor knows none there");
        }
        return table;
    }

    /** Reads the entries that begin from {@code start} to before {@code until}; the last ends at {@code end} at most. */
    EntryTable scanPiece(long start, long until, long end) throws IOException {
        EntryTable table = new EntryTable(4096);
        position = start;
        while (position < until) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("abandoned");
            }
            entry(table, position, end);
            long next = inflater.end();
            table.crc(table.count() - 1, crc(position, next));
            position = next;
        }
        return table;
    }

    /** Where the entry that was read last ends. */
    long position() {
        return position;
    }

    /** Guesses where the first entry begins; see {@link EntryFinder#find}. */
    long firstEntry(long from, long until, long end) {
        return finder.find(from, until, end);
    }

    private void entry(EntryTable table, long offset, long end) throws PackException {
        header.read(pack, offset, end);
        long size = header.size();
        if (size > limits.maxObjectBytes()) {
            throw new PackException(
                    Kind.TOO_LARGE, "entry at offset " + offset + " inflates to " + size + " bytes, more than allowed");
        }
        if (size / PackFormat.MAX_DEFLATE_RATIO > end - header.dataAt()) {
            throw EntryHeader.malformed(offset, "nothing so short inflates to " + size + " bytes");
        }
        if (header.isDelta()) {
            delta(table, offset, end, size);
            return;
        }
        spend(offset, size);
        int entry = table.add(offset, header.type(), (int) size, EntryTable.ROOT);
        inflater.beginId(header.type(), size);
        if (ObjectCheck.isStructured(header.type())) {
            structured(table, entry, offset, end, (int) size);
        } else {
            inflater.stream(offset, header.dataAt(), end, size, inflater::updateId);
            inflater.endId(table.ids(), entry * ObjectId.BYTES);
        }
        done.incrementAndGet();
    }

    private void structured(EntryTable table, int entry, long offset, long end, int size) throws PackException {
        if (size > limits.memoryBytes() / limits.threads()) {
            throw new PackException(
                    Kind.TOO_LARGE,
                    "entry at offset " + offset + " needs " + size + " bytes of memory, more than the setting allows");
        }
        if (buffer.length <= size) {
            buffer = new byte[Math.max(size + 1, buffer.length * 2)];
        }
        inflater.inflate(offset, header.dataAt(), end, buffer, size);
        inflater.updateId(buffer, size);
        inflater.endId(table.ids(), entry * ObjectId.BYTES);
        String wrong = header.type() == ObjectType.TREE.code()
                ? trees.check(buffer, size)
                : objects.check(header.type(), buffer, size);
        if (wrong != null) {
            throw badObject(header.type(), table.hex(entry), wrong);
        }
    }

    static PackException badObject(int type, String hex, String wrong) {
        return new PackException(Kind.BAD_OBJECT, ObjectType.of(type) + " " + hex + ": " + wrong);
    }

    private void delta(EntryTable table, long offset, long end, long size) throws PackException {
        deltaHeaderLength = 0;
        inflater.stream(offset, header.dataAt(), end, size, this::keepHeader);
        long result = Delta.resultSize(deltaHeader, deltaHeaderLength);
        if (result < 0) {
            throw EntryHeader.malformed(offset, "its delta has no valid size");
        }
        spend(offset, result);
        table.add(offset, header.type(), (int) result, header.baseIdAt() < 0 ? header.baseOffset() : EntryTable.REF);
    }

    private void keepHeader(byte[] bytes, int length) {
        int count = Math.min(length, deltaHeader.length - deltaHeaderLength);
        System.arraycopy(bytes, 0, deltaHeader, deltaHeaderLength, count);
        deltaHeaderLength += count;
    }

    private void spend(long offset, long size) throws PackException {
        if (size > limits.maxObjectBytes()) {
            throw new PackException(
                    Kind.TOO_LARGE, "the object at offset " + offset + " has " + size + " bytes, more than allowed");
        }
        if (inflated.addAndGet(size) > limits.allowance(pack.size())) {
            throw new PackException(
                    Kind.TOO_LARGE,
                    "its objects have more than " + limits.allowance(pack.size()) + " bytes together; the pack has "
                            + pack.size());
        }
    }

    private int crc(long from, long to) {
        crc.reset();
        for (long at = from; at < to; ) {
            ByteBuffer view = pack.view(at, to);
            at += view.remaining();
            crc.update(view);
        }
        return (int) crc.getValue();
    }

    @Override
    public void close() {
        inflater.close();
    }
}
